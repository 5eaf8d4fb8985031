"""Pooling: over windows, over all positions, and to a given size."""

import functools

import numpy as np

from keras_by_hand.layers.windows import window_entries
from keras_by_hand.shapes import check_shapes


def max_pooling(
    x,
    *,
    pool_size=2,
    strides=None,
    padding="valid",
    data_format="channels_last",
):
    """MaxPooling1D, MaxPooling2D or MaxPooling3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first". Returns (batch, *positions, channels), or channels first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    rank = x.ndim - 2
    size = np.broadcast_to(pool_size, rank)
    strides = size if strides is None else strides
    x = x.astype(np.result_type(x, 0.0))  # whole numbers have no infinity
    entries = window_entries(x, size, strides, padding, value=-np.inf)
    y = functools.reduce(np.maximum, entries)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


max_pooling1d = max_pooling2d = max_pooling3d = max_pooling


def average_pooling(
    x, *, pool_size, strides=None, padding="valid", data_format="channels_last"
):
    """AveragePooling1D, 2D or 3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; strides: pool_size by default. Returns (batch, *positions,
    channels), or channels first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    rank = x.ndim - 2
    size = np.broadcast_to(pool_size, rank)
    strides = size if strides is None else strides
    ones = np.ones((1, *x.shape[1:-1], 1), x.dtype)
    total = sum(window_entries(x, size, strides, padding))
    count = sum(window_entries(ones, size, strides, padding))
    y = total / count
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


average_pooling1d = average_pooling2d = average_pooling3d = average_pooling


def axes_of_space(x, data_format):
    """The axes of x that are neither the batch nor the channels."""
    first = 1 if data_format == "channels_last" else 2
    return tuple(range(first, first + x.ndim - 2))


def global_max_pooling(x, *, data_format="channels_last", keepdims=False):
    """GlobalMaxPooling1D, 2D or 3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first". Returns (batch, channels), or with axes of length 1.
    """
    return np.max(x, axes_of_space(x, data_format), keepdims=keepdims)


global_max_pooling1d = global_max_pooling2d = global_max_pooling


global_max_pooling3d = global_max_pooling


def global_average_pooling(x, *, data_format="channels_last", keepdims=False):
    """GlobalAveragePooling1D, 2D or 3D; as global_max_pooling."""
    return np.mean(x, axes_of_space(x, data_format), keepdims=keepdims)


global_average_pooling2d = global_average_pooling3d = global_average_pooling


def global_average_pooling1d(
    x, mask=None, *, data_format="channels_last", keepdims=False
):
    """GlobalAveragePooling1D, with a mask or without (Keras documentation).

    x: (batch, steps, channels), or (batch, channels, steps) if data_format is
    "channels_first"; mask: (batch, steps), true for the steps to keep. Returns
    (batch, channels): nan where all steps are masked.
    """
    steps, channels = (1, 2) if data_format == "channels_last" else (2, 1)
    if mask is None:
        return np.mean(x, steps, keepdims=keepdims)
    shape = len(x), x.shape[steps]
    check_shapes("global_average_pooling1d", mask=(mask, shape))
    kept = np.expand_dims(mask, channels).astype(bool)
    total = np.sum(np.where(kept, x, 0), steps, keepdims=keepdims)
    return total / np.sum(kept, steps, keepdims=keepdims, dtype=total.dtype)


def adaptive_windows(length, positions):
    """The steps that each window has, in a list of arrays, one a position."""
    first = np.arange(positions) * length // positions
    end = -(-np.arange(1, positions + 1) * length // positions)  # rounded up
    return [np.arange(*pair) for pair in zip(first, end)]


def adaptive_pooling(pool, x, output_size, data_format):
    """Apply pool, np.mean or np.max, to the windows, axis by axis."""
    first = 1 if data_format == "channels_last" else 2
    sizes = np.broadcast_to(output_size, x.ndim - 2)
    for axis, size in enumerate(sizes, first):
        windows = adaptive_windows(x.shape[axis], size)
        pooled = [pool(x.take(steps, axis), axis) for steps in windows]
        x = np.stack(pooled, axis)
    return x


def adaptive_average_pooling(x, *, output_size, data_format="channels_last"):
    """AdaptiveAveragePooling1D, 2D or 3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; output_size: one number, or one for each axis of space.
    Returns (batch, *output_size, channels), or channels first.
    """
    return adaptive_pooling(np.mean, x, output_size, data_format)


adaptive_average_pooling1d = adaptive_average_pooling


adaptive_average_pooling2d = adaptive_average_pooling


adaptive_average_pooling3d = adaptive_average_pooling


def adaptive_max_pooling(x, *, output_size, data_format="channels_last"):
    """AdaptiveMaxPooling1D, 2D or 3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; output_size: one number, or one for each axis of space.
    Returns (batch, *output_size, channels), or channels first.
    """
    return adaptive_pooling(np.max, x, output_size, data_format)


adaptive_max_pooling1d = adaptive_max_pooling2d = adaptive_max_pooling


adaptive_max_pooling3d = adaptive_max_pooling
