"""Give the inputs of a model to a port, which may name and lay them out
otherwise, and take so many samples at a time."""

import contextlib

import numpy as np

from keras_by_hand.models.errors import CannotRun


def run_with(run, path, inputs, x):
    """Return the tensors that a port makes of x, {name: array}: what run makes
    of arrays by the port's names, for so many samples at a time as it takes.

    inputs: {name: shape, with None for any length}; x: an array, or several in
    a dict by their names or in a list in the port's order; images in NCHW where
    only that fits. Raises CannotRun where one is missing or has another shape.
    """
    arrays = feed(path, inputs, x)
    samples = {len(array) for array in arrays.values()}
    sizes = {shape[0] for shape in inputs.values()} - {None}
    if len(sizes) != 1 or len(samples) != 1 or sizes == samples:
        return run(arrays)
    (size,), (count,) = sizes, samples
    if count % size:
        raise CannotRun(
            f"{path} takes {size} samples at a time, and {count} are no "
            "multiple of that"
        )
    parts = [
        run({name: x[start : start + size] for name, x in arrays.items()})
        for start in range(0, count, size)
    ]
    joined = {}
    for name in parts[0]:
        with contextlib.suppress(ValueError):  # of lengths that data decide
            joined[name] = join_parts([part[name] for part in parts], size)
    return joined


def join_parts(arrays, size):
    """Return what was made of so many samples at a time as of all of them."""
    first = arrays[0]
    if first.ndim == 0:
        return first
    is_second = first.ndim > 1 and first.shape[0] != size == first.shape[1]
    return np.concatenate(arrays, axis=int(is_second))


def feed(path, inputs, x):
    """Return the arrays for the inputs of a port, {name: array}."""
    if not isinstance(x, dict | list | tuple):
        x = [x]
    if len(x) != len(inputs):
        raise CannotRun(
            f"{path} has {len(inputs)} inputs, {', '.join(inputs)}; given are "
            f"{len(x)}"
        )
    if not (isinstance(x, dict) and x.keys() == inputs.keys()):
        x = dict(zip(inputs, x.values() if isinstance(x, dict) else x))
    return {
        name: lay_out(path, name, np.asarray(x[name]), shape)
        for name, shape in inputs.items()
    }


def lay_out(path, name, array, shape):
    """Return an array as an input of a port takes it."""
    first, *others = range(array.ndim)
    for order in ((first, *others), (first, *others[-1:], *others[:-1])):
        if fits(array.shape, shape, order):
            return np.ascontiguousarray(array.transpose(order))
    wanted = ["any", *("any" if n is None else str(n) for n in shape[1:])]
    raise CannotRun(
        f"{path}: input {name} takes shape ({', '.join(wanted)}), not "
        f"{array.shape}"
    )


def fits(shape, wanted, order):
    """Whether a shape with its axes in an order is wanted, for some samples."""
    lengths = [shape[axis] for axis in order]
    return len(lengths) == len(wanted) and all(
        b in (a, None) for a, b in zip(lengths[1:], wanted[1:])
    )
