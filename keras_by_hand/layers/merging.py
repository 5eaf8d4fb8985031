"""Merging: layers of several inputs."""

import functools

import numpy as np


def add(inputs):
    """Add (Keras documentation, Add). inputs: a list of (batch, ...)."""
    return functools.reduce(np.add, aligned(inputs))


def subtract(inputs):
    """Subtract: the first of two inputs minus the second."""
    first, second = aligned(inputs)
    return first - second


def multiply(inputs):
    """Multiply, for inputs without masks."""
    return functools.reduce(np.multiply, aligned(inputs))


def average(inputs):
    """Average: the sum divided by the number of inputs."""
    return np.mean(aligned(inputs), axis=0)


def maximum(inputs):
    """Maximum, for inputs without masks."""
    return functools.reduce(np.maximum, aligned(inputs))


def minimum(inputs):
    """Minimum, for inputs without masks."""
    return functools.reduce(np.minimum, aligned(inputs))


def aligned(inputs):
    """Arrays (batch, ...) of any ranks, repeated to have one shape."""
    return np.broadcast_arrays(*aligned_ranks(inputs))


def aligned_ranks(inputs):
    """Arrays (batch, ...) of any ranks, with axes of length 1 behind the batch
    to have one rank."""
    rank = max(np.ndim(x) for x in inputs)
    shapes = [np.shape(x) for x in inputs]
    shapes = [(s[0], *[1] * (rank - len(s)), *s[1:]) for s in shapes]
    return list(map(np.reshape, inputs, shapes))


def concatenate(inputs, *, axis=-1):
    """Concatenate (Keras documentation, Concatenate).

    inputs: arrays whose shapes differ in this axis only; axis 0 is the batch.
    """
    return np.concatenate(inputs, axis=axis)


def dot(inputs, *, axes, normalize=False):
    """Dot (Keras documentation, Dot).

    inputs: two arrays (batch, ...); axes: one number, or one for each input.
    Returns (batch, other axes of the first input, those of the second), or
    (batch, 1) for two vectors. Raises ValueError for axis 0, the batch.
    """
    pair = []
    for x, axis in zip(inputs, np.broadcast_to(axes, 2)):
        if axis % np.ndim(x) == 0:
            raise ValueError("Dot cannot sum over the batch")
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
