"""Weights of the wrong number or shape are refused, by their names."""

import numpy as np


def check_shapes(function, **arrays):
    """Raise ValueError for an array that has not the shape which it must have.

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


def name_weights(function, names, weights):
    """The weights by their names; ValueError where there are more or fewer."""
    if len(weights) != len(names):
        listed = f" ({', '.join(names)})" if names else ""
        raise ValueError(
            f"{function}: the number of weights must be {len(names)}{listed}, "
            f"not {len(weights)}"
        )
    return dict(zip(names, weights))
