"""Shapes: arrays of the wrong number or shape are refused, by their names."""

import numpy as np


def check_shapes(function, **arrays):
    """Raise ValueError for an array of the wrong shape.

    function: the name of the one that asks; arrays: by its name, each array,
    or None, and its shape, where None stands for any length.
    """
    for name, (array, shape) in arrays.items():
        found = shape if array is None else tuple(np.shape(array))
        allowed = [n in (None, m) for n, m in zip(shape, found)]
        if len(found) != len(shape) or not all(allowed):
            wanted = str(tuple(shape)).replace("None", "any")
            raise ValueError(
                f"{function}: {name} must have the shape {wanted}, not {found}"
            )


def check_broadcasts(function, **arrays):
    """Raise ValueError for an array that does not broadcast to a shape.

    function: the name of the one that asks; arrays: by its name, each array,
    or None, and the shape, which it may not enlarge.
    """
    for name, (array, shape) in arrays.items():
        found = () if array is None else tuple(np.shape(array))
        pairs = zip(found[::-1], shape[::-1])
        if len(found) > len(shape) or any(n not in (1, m) for n, m in pairs):
            raise ValueError(
                f"{function}: {name} must broadcast to the shape "
                f"{tuple(shape)}, which {found} does not"
            )


def name_arrays(function, kind, names, arrays):
    """The arrays by their names; ValueError where there are more or fewer.

    kind: what they are, such as "weights".
    """
    if len(arrays) != len(names):
        listed = f" ({', '.join(names)})" if names else ""
        raise ValueError(
            f"{function}: the number of {kind} must be {len(names)}{listed}, "
            f"not {len(arrays)}"
        )
    return dict(zip(names, arrays))
