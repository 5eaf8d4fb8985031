"""Merging: layers of several inputs."""

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    OneOrMore,
    as_list,
    check_axes,
    check_count,
    check_flags,
    check_rank,
    check_shapes,
    check_sizes,
)


def add(inputs: Sequence[ArrayLike]) -> np.ndarray:
    """Add (Keras documentation, Add). inputs: a list of (batch, ...).

    Raises ValueError for what does not broadcast behind the batch.

    >>> add([[[1, 2]], [[10, 20]], [[100, 200]]])
    array([[111, 222]])
    """
    inputs = as_list(add, inputs=inputs)
    _check_merging(add, inputs)
    return functools.reduce(np.add, aligned(inputs))


def subtract(inputs: Sequence[ArrayLike]) -> np.ndarray:
    """Subtract: the first of two inputs minus the second.

    Raises ValueError unless inputs are two arrays (batch, ...) that broadcast
    behind the batch (Keras documentation, Subtract).

    >>> subtract([[[10, 20]], [[1, 2]]])
    array([[ 9, 18]])
    """
    inputs = as_list(subtract, inputs=inputs)
    check_count(subtract, "inputs", ["first", "second"], inputs)
    _check_merging(subtract, inputs)
    first, second = aligned(inputs)
    return first - second


def multiply(inputs: Sequence[ArrayLike]) -> np.ndarray:
    """Multiply, for inputs without masks.

    Raises ValueError unless inputs are arrays (batch, ...) that broadcast
    behind the batch (Keras documentation, Multiply).

    >>> multiply([[[[1, 2], [3, 4]]], [[10, 100]]])  # steps, and one vector
    array([[[ 10, 200],
            [ 30, 400]]])
    """
    inputs = as_list(multiply, inputs=inputs)
    _check_merging(multiply, inputs)
    return functools.reduce(np.multiply, aligned(inputs))


def average(inputs: Sequence[ArrayLike]) -> np.ndarray:
    """Average: the sum divided by the number of inputs.

    Raises ValueError unless inputs are arrays (batch, ...) that broadcast
    behind the batch (Keras documentation, Average).

    >>> average([[[1, 2]], [[3, 6]]])
    array([[2., 4.]])
    """
    inputs = as_list(average, inputs=inputs)
    _check_merging(average, inputs)
    return functools.reduce(np.add, aligned(inputs)) / len(inputs)


def maximum(inputs: Sequence[ArrayLike]) -> np.ndarray:
    """Maximum, for inputs without masks.

    Raises ValueError unless inputs are arrays (batch, ...) that broadcast
    behind the batch (Keras documentation, Maximum).

    >>> maximum([[[1, 9]], [[5, 5]]])
    array([[5, 9]])
    """
    inputs = as_list(maximum, inputs=inputs)
    _check_merging(maximum, inputs)
    return functools.reduce(np.maximum, aligned(inputs))


def minimum(inputs: Sequence[ArrayLike]) -> np.ndarray:
    """Minimum, for inputs without masks.

    Raises ValueError unless inputs are arrays (batch, ...) that broadcast
    behind the batch (Keras documentation, Minimum).

    >>> minimum([[[1, 9]], [[5, 5]]])
    array([[1, 5]])
    """
    inputs = as_list(minimum, inputs=inputs)
    _check_merging(minimum, inputs)
    return functools.reduce(np.minimum, aligned(inputs))


def aligned(inputs: Sequence[ArrayLike]) -> list[np.ndarray]:
    """Arrays (batch, ...) of any ranks, with axes of length 1 behind the batch
    to have one rank.

    Raises IndexError for an array without axes.

    >>> aligned([[[[1, 2], [3, 4]]], [[10, 100]]])[1]
    array([[[ 10, 100]]])
    """
    rank = max(np.ndim(x) for x in inputs)
    shapes = [np.shape(x) for x in inputs]
    shapes = [(s[0], *[1] * (rank - len(s)), *s[1:]) for s in shapes]
    return list(map(np.reshape, inputs, shapes))


def _by_place(function, inputs):
    """Inputs by what messages call them; ValueError where there are none."""
    if not inputs:
        raise ValueError(
            f"{function.__name__}: inputs must be a list of one or more arrays"
        )
    return {f"inputs[{n}]": x for n, x in enumerate(inputs)}


def _check_merging(function, inputs):
    """Inputs must be of as many samples, and broadcast behind these."""
    check_rank(function, 1, **_by_place(function, inputs))
    if len({x.shape for x in inputs}) == 1:
        return
    samples, *lengths = zip(*(x.shape for x in aligned(inputs)))
    if len({*samples}) > 1 or any(len({*n} - {1}) > 1 for n in lengths):
        shapes = " and ".join(str(np.shape(x)) for x in inputs)
        raise ValueError(
            f"{function.__name__}: inputs must have as many samples, and "
            f"broadcast behind these, which {shapes} do not"
        )


def concatenate(inputs: Sequence[ArrayLike], *, axis: int = -1) -> np.ndarray:
    """Concatenate (Keras documentation, Concatenate).

    inputs: arrays whose shapes differ in this axis only; axis 0 is the batch.

    Raises ValueError for other shapes.

    >>> concatenate([[[1, 2]], [[10]]])
    array([[ 1,  2, 10]])
    """
    inputs = as_list(concatenate, inputs=inputs)
    _check_concatenation(inputs, axis)
    return np.concatenate(inputs, axis=axis)


def _check_concatenation(inputs, axis):
    """Inputs must have one shape, but for the axis."""
    named = _by_place(concatenate, inputs)
    check_axes(concatenate, inputs[0].ndim, one=True, axis=axis)
    shape = list(inputs[0].shape)
    shape[axis] = None
    check_shapes(concatenate, **{name: (x, shape) for name, x in named.items()})


def dot(
    inputs: Sequence[ArrayLike], *, axes: OneOrMore, normalize: bool = False
) -> np.ndarray:
    """Dot (Keras documentation, Dot).

    inputs: two arrays (batch, ...); axes: one number, or one for each input.
    Returns (batch, other axes of the first input, those of the second), or
    (batch, 1) for two vectors.

    Raises ValueError for axis 0, the batch, and for axes of other lengths.

    >>> dot([[[1, 2, 3]], [[10, 20, 30]]], axes=1)
    array([[140]])
    >>> dot([[[3, 4]], [[6, 8]]], axes=1, normalize=True)  # their cosine
    array([[1.]])
    """
    inputs = as_list(dot, inputs=inputs)
    check_flags(dot, normalize=normalize)
    _check_dot(inputs, axes)
    pair = []
    for x, axis in zip(inputs, np.broadcast_to(axes, 2)):
        x = np.moveaxis(x, axis, -1)
        if normalize:
            length = np.linalg.norm(x, axis=-1, keepdims=True)
            x = x / np.maximum(length, 1e-7)
        pair.append(x)
    a, b = pair
    shape = (*a.shape[:-1], *b.shape[1:-1])
    a = a.reshape(len(a), -1, a.shape[-1])
    b = b.reshape(len(b), -1, b.shape[-1])
    y = a @ b.transpose(0, 2, 1)
    return y.reshape(shape if len(shape) > 1 else (*shape, 1))


def _check_dot(inputs, axes):
    """There must be two inputs, of as many samples, and as long along the
    axes."""
    check_count(dot, "inputs", ["first", "second"], inputs)
    check_rank(dot, 2, **_by_place(dot, inputs))
    check_sizes(dot, 2, -min(x.ndim for x in inputs), axes=axes)
    lengths = []
    for x, axis in zip(inputs, np.broadcast_to(axes, 2).tolist()):
        check_axes(dot, x.ndim, one=True, axes=axis)
        if axis % x.ndim == 0:
            raise ValueError(f"dot: axes must not be 0, the batch, as {axes!r}")
        lengths.append((len(x), x.shape[axis]))
    if lengths[0] != lengths[1]:
        first, second = (x.shape for x in inputs)
        raise ValueError(
            "dot: inputs must have as many samples, and lengths along the axes "
            f"{axes!r}, which {first} and {second} have not"
        )
