"""Pooling: over windows, over all positions, and to a given size."""

import functools

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.layers.windows import window_entries
from keras_by_hand.shapes import (
    DataFormat,
    OneOrMore,
    Padding,
    as_array,
    as_option,
    as_raw_array,
    check_fits,
    check_flags,
    check_images,
    check_shapes,
    check_sizes,
)


def _check_windows(function, rank, x, pool_size, strides, padding, data_format):
    """Images, windows and the steps between them must fit."""
    check_images(function, rank, x, data_format)
    check_sizes(function, rank, pool_size=pool_size)
    if strides is not None:
        check_sizes(function, rank, strides=strides)
    size = np.broadcast_to(pool_size, rank)
    check_fits(function, x, size, padding, data_format)


# -- MaxPooling1D, MaxPooling2D, MaxPooling3D


def max_pooling1d(
    x: ArrayLike,
    *,
    pool_size: OneOrMore = 2,
    strides: OneOrMore | None = None,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """MaxPooling1D (Keras documentation, MaxPooling1D).

    x: (batch, length, channels), or (batch, channels, length) if data_format is
    "channels_first"; strides: pool_size by default. Returns (batch, positions,
    channels), or with channels first.

    Raises ValueError for other shapes and options, and for windows longer than
    x.

    >>> x = [[[1], [4], [2], [3]]]  # (batch, length, channels)
    >>> max_pooling1d(x, pool_size=3, strides=1)[0, :, 0]
    array([4., 4.])
    """
    x = as_array(max_pooling1d, x=x)
    padding = as_option(max_pooling1d, padding=padding)
    data_format = as_option(max_pooling1d, data_format=data_format)
    _check_windows(
        max_pooling1d, 1, x, pool_size, strides, padding, data_format
    )
    return _max_pooling(x, pool_size, strides, padding, data_format)


def max_pooling2d(
    x: ArrayLike,
    *,
    pool_size: OneOrMore = 2,
    strides: OneOrMore | None = None,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """MaxPooling2D (Keras documentation, MaxPooling2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; strides: pool_size by default. Returns
    (batch, rows, columns, channels), or with channels first.

    Raises ValueError for other shapes and options, and for windows longer than
    x.

    >>> x = np.arange(16).reshape(1, 4, 4, 1)
    >>> max_pooling2d(x)[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    x = as_array(max_pooling2d, x=x)
    padding = as_option(max_pooling2d, padding=padding)
    data_format = as_option(max_pooling2d, data_format=data_format)
    _check_windows(
        max_pooling2d, 2, x, pool_size, strides, padding, data_format
    )
    return _max_pooling(x, pool_size, strides, padding, data_format)


def max_pooling3d(
    x: ArrayLike,
    *,
    pool_size: OneOrMore = 2,
    strides: OneOrMore | None = None,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """MaxPooling3D (Keras documentation, MaxPooling3D).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first"; strides: pool_size by
    default. Returns (batch, slices, rows, columns, channels), or with channels
    first.

    Raises ValueError for other shapes and options, and for windows longer than
    x.

    >>> x = np.arange(8).reshape(1, 2, 2, 2, 1)
    >>> max_pooling3d(x, pool_size=(2, 2, 1))[0, :, :, :, 0]
    array([[[6., 7.]]])
    """
    x = as_array(max_pooling3d, x=x)
    padding = as_option(max_pooling3d, padding=padding)
    data_format = as_option(max_pooling3d, data_format=data_format)
    _check_windows(
        max_pooling3d, 3, x, pool_size, strides, padding, data_format
    )
    return _max_pooling(x, pool_size, strides, padding, data_format)


def _max_pooling(x, pool_size, strides, padding, data_format):
    """Max pooling of any rank, as max_pooling2d has two axes of space."""
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    size = np.broadcast_to(pool_size, x.ndim - 2)
    strides = size if strides is None else strides
    x = x.astype(np.result_type(x, 0.0))  # whole numbers have no infinity
    entries = window_entries(x, size, strides, padding, value=-np.inf)
    y = functools.reduce(np.maximum, entries)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


# -- AveragePooling1D, AveragePooling2D, AveragePooling3D


def average_pooling1d(
    x: ArrayLike,
    *,
    pool_size: OneOrMore,
    strides: OneOrMore | None = None,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """AveragePooling1D (Keras documentation, AveragePooling1D).

    x: (batch, length, channels), or (batch, channels, length) if data_format is
    "channels_first"; strides: pool_size by default. Returns (batch, positions,
    channels), or with channels first. What padding adds is not counted.

    Raises ValueError for other shapes and options, and for windows longer than
    x.

    >>> x = [[[2], [4], [9]]]  # (batch, length, channels)
    >>> average_pooling1d(x, pool_size=2, padding="same")[0, :, 0]
    array([3., 9.])
    """
    x = as_array(average_pooling1d, x=x)
    padding = as_option(average_pooling1d, padding=padding)
    data_format = as_option(average_pooling1d, data_format=data_format)
    _check_windows(
        average_pooling1d, 1, x, pool_size, strides, padding, data_format
    )
    return _average_pooling(x, pool_size, strides, padding, data_format)


def average_pooling2d(
    x: ArrayLike,
    *,
    pool_size: OneOrMore,
    strides: OneOrMore | None = None,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """AveragePooling2D (Keras documentation, AveragePooling2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; strides: pool_size by default. Returns
    (batch, rows, columns, channels), or with channels first. What padding adds
    is not counted.

    Raises ValueError for other shapes and options, and for windows longer than
    x.

    >>> x = np.arange(16).reshape(1, 4, 4, 1)
    >>> average_pooling2d(x, pool_size=2)[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    x = as_array(average_pooling2d, x=x)
    padding = as_option(average_pooling2d, padding=padding)
    data_format = as_option(average_pooling2d, data_format=data_format)
    _check_windows(
        average_pooling2d, 2, x, pool_size, strides, padding, data_format
    )
    return _average_pooling(x, pool_size, strides, padding, data_format)


def average_pooling3d(
    x: ArrayLike,
    *,
    pool_size: OneOrMore,
    strides: OneOrMore | None = None,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """AveragePooling3D (Keras documentation, AveragePooling3D).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first"; strides: pool_size by
    default. Returns (batch, slices, rows, columns, channels), or with channels
    first. What padding adds is not counted.

    Raises ValueError for other shapes and options, and for windows longer than
    x.

    >>> x = np.arange(8).reshape(1, 2, 2, 2, 1)
    >>> average_pooling3d(x, pool_size=(2, 2, 1))[0, :, :, :, 0]
    array([[[3., 4.]]])
    """
    x = as_array(average_pooling3d, x=x)
    padding = as_option(average_pooling3d, padding=padding)
    data_format = as_option(average_pooling3d, data_format=data_format)
    _check_windows(
        average_pooling3d, 3, x, pool_size, strides, padding, data_format
    )
    return _average_pooling(x, pool_size, strides, padding, data_format)


def _average_pooling(x, pool_size, strides, padding, data_format):
    """Average pooling of any rank, as average_pooling2d."""
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    size = np.broadcast_to(pool_size, x.ndim - 2)
    strides = size if strides is None else strides
    ones = np.ones((1, *x.shape[1:-1], 1), x.dtype)
    total = sum(window_entries(x, size, strides, padding))
    count = sum(window_entries(ones, size, strides, padding))
    y = total / count
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


# -- GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D


def global_max_pooling1d(
    x: ArrayLike,
    *,
    data_format: DataFormat | None = None,
    keepdims: bool = False,
) -> np.ndarray:
    """GlobalMaxPooling1D (Keras documentation, GlobalMaxPooling1D).

    x: (batch, length, channels), or (batch, channels, length) if data_format is
    "channels_first". Returns (batch, channels), or with axes of length 1.

    Raises ValueError for other shapes and options.

    >>> global_max_pooling1d([[[1, 9], [4, 8], [2, 7]]])
    array([[4, 9]])
    """
    x = as_array(global_max_pooling1d, x=x)
    data_format = as_option(global_max_pooling1d, data_format=data_format)
    check_flags(global_max_pooling1d, keepdims=keepdims)
    check_images(global_max_pooling1d, 1, x, data_format)
    return np.max(x, _axes_of_space(x, data_format), keepdims=keepdims)


def global_max_pooling2d(
    x: ArrayLike,
    *,
    data_format: DataFormat | None = None,
    keepdims: bool = False,
) -> np.ndarray:
    """GlobalMaxPooling2D (Keras documentation, GlobalMaxPooling2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first". Returns (batch, channels), or with axes of
    length 1.

    Raises ValueError for other shapes and options.

    >>> x = np.arange(8).reshape(1, 2, 2, 2)
    >>> global_max_pooling2d(x)
    array([[6, 7]])
    """
    x = as_array(global_max_pooling2d, x=x)
    data_format = as_option(global_max_pooling2d, data_format=data_format)
    check_flags(global_max_pooling2d, keepdims=keepdims)
    check_images(global_max_pooling2d, 2, x, data_format)
    return np.max(x, _axes_of_space(x, data_format), keepdims=keepdims)


def global_max_pooling3d(
    x: ArrayLike,
    *,
    data_format: DataFormat | None = None,
    keepdims: bool = False,
) -> np.ndarray:
    """GlobalMaxPooling3D (Keras documentation, GlobalMaxPooling3D).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first". Returns (batch,
    channels), or with axes of length 1.

    Raises ValueError for other shapes and options.

    >>> x = np.arange(16).reshape(1, 2, 2, 2, 2)
    >>> global_max_pooling3d(x)
    array([[14, 15]])
    """
    x = as_array(global_max_pooling3d, x=x)
    data_format = as_option(global_max_pooling3d, data_format=data_format)
    check_flags(global_max_pooling3d, keepdims=keepdims)
    check_images(global_max_pooling3d, 3, x, data_format)
    return np.max(x, _axes_of_space(x, data_format), keepdims=keepdims)


def _axes_of_space(x, data_format):
    """The axes of x that are neither the batch nor the channels."""
    first = 2 if data_format == "channels_first" else 1
    return tuple(range(first, first + x.ndim - 2))


# -- GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D


def global_average_pooling1d(
    x: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    data_format: DataFormat | None = None,
    keepdims: bool = False,
) -> np.ndarray:
    """GlobalAveragePooling1D (Keras documentation, GlobalAveragePooling1D).

    x: (batch, steps, channels), or (batch, channels, steps) if data_format is
    "channels_first"; mask: (batch, steps), true for the steps to keep. Returns
    (batch, channels), or with axes of length 1: nan where all steps are masked.

    Raises ValueError for other shapes and options.

    >>> x = [[[1], [3], [8]]]  # (batch, steps, channels)
    >>> global_average_pooling1d(x, mask=[[True, True, False]])
    array([[2.]])
    """
    x = as_array(global_average_pooling1d, x=x)
    mask = as_raw_array(global_average_pooling1d, mask=mask)
    data_format = as_option(global_average_pooling1d, data_format=data_format)
    check_flags(global_average_pooling1d, keepdims=keepdims)
    check_images(global_average_pooling1d, 1, x, data_format)
    _check_mask(mask, x, data_format)
    steps, channels = (2, 1) if data_format == "channels_first" else (1, 2)
    if mask is None:
        return np.mean(x, steps, keepdims=keepdims)
    kept = np.expand_dims(mask, channels).astype(bool)
    total = np.sum(np.where(kept, x, 0), steps, keepdims=keepdims)
    return total / np.sum(kept, steps, keepdims=keepdims, dtype=total.dtype)


def _check_mask(mask, x, data_format):
    """A mask must have all steps of all samples."""
    steps = x.shape[2 if data_format == "channels_first" else 1]
    check_shapes(global_average_pooling1d, mask=(mask, (len(x), steps)))


def global_average_pooling2d(
    x: ArrayLike,
    *,
    data_format: DataFormat | None = None,
    keepdims: bool = False,
) -> np.ndarray:
    """GlobalAveragePooling2D (Keras documentation, GlobalAveragePooling2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first". Returns (batch, channels), or with axes of
    length 1.

    Raises ValueError for other shapes and options.

    >>> x = np.arange(8).reshape(1, 2, 2, 2)
    >>> global_average_pooling2d(x)
    array([[3., 4.]])
    """
    x = as_array(global_average_pooling2d, x=x)
    data_format = as_option(global_average_pooling2d, data_format=data_format)
    check_flags(global_average_pooling2d, keepdims=keepdims)
    check_images(global_average_pooling2d, 2, x, data_format)
    return np.mean(x, _axes_of_space(x, data_format), keepdims=keepdims)


def global_average_pooling3d(
    x: ArrayLike,
    *,
    data_format: DataFormat | None = None,
    keepdims: bool = False,
) -> np.ndarray:
    """GlobalAveragePooling3D (Keras documentation, GlobalAveragePooling3D).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first". Returns (batch,
    channels), or with axes of length 1.

    Raises ValueError for other shapes and options.

    >>> x = np.arange(16).reshape(1, 2, 2, 2, 2)
    >>> global_average_pooling3d(x)
    array([[7., 8.]])
    """
    x = as_array(global_average_pooling3d, x=x)
    data_format = as_option(global_average_pooling3d, data_format=data_format)
    check_flags(global_average_pooling3d, keepdims=keepdims)
    check_images(global_average_pooling3d, 3, x, data_format)
    return np.mean(x, _axes_of_space(x, data_format), keepdims=keepdims)


# -- AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, ...3D


def _check_adaptive(function, rank, x, output_size, data_format):
    check_images(function, rank, x, data_format)
    check_sizes(function, rank, output_size=output_size)


def adaptive_average_pooling1d(
    x: ArrayLike,
    *,
    output_size: OneOrMore,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """AdaptiveAveragePooling1D (Keras documentation, AdaptiveAveragePooling1D).

    x: (batch, length, channels), or (batch, channels, length) if data_format is
    "channels_first". Returns (batch, output_size, channels), or with channels
    first.

    Raises ValueError for other shapes and options.

    >>> x = [[[1], [2], [3], [4], [5]]]  # (batch, length, channels)
    >>> adaptive_average_pooling1d(x, output_size=2)[0, :, 0]
    array([2., 4.])
    """
    x = as_array(adaptive_average_pooling1d, x=x)
    data_format = as_option(adaptive_average_pooling1d, data_format=data_format)
    _check_adaptive(adaptive_average_pooling1d, 1, x, output_size, data_format)
    return _adaptive_pooling(np.mean, x, output_size, data_format)


def adaptive_average_pooling2d(
    x: ArrayLike,
    *,
    output_size: OneOrMore,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """AdaptiveAveragePooling2D (Keras documentation, AdaptiveAveragePooling2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; output_size: one number, or one for each
    axis of space. Returns (batch, *output_size, channels), or with channels
    first.

    Raises ValueError for other shapes and options.

    >>> x = np.arange(6).reshape(1, 2, 3, 1)
    >>> adaptive_average_pooling2d(x, output_size=(1, 2))[0, :, :, 0]
    array([[2., 3.]])
    """
    x = as_array(adaptive_average_pooling2d, x=x)
    data_format = as_option(adaptive_average_pooling2d, data_format=data_format)
    _check_adaptive(adaptive_average_pooling2d, 2, x, output_size, data_format)
    return _adaptive_pooling(np.mean, x, output_size, data_format)


def adaptive_average_pooling3d(
    x: ArrayLike,
    *,
    output_size: OneOrMore,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """AdaptiveAveragePooling3D (Keras documentation, AdaptiveAveragePooling3D).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first"; output_size: one number,
    or one for each axis of space. Returns (batch, *output_size, channels), or
    with channels first.

    Raises ValueError for other shapes and options.

    >>> x = np.arange(12).reshape(1, 2, 2, 3, 1)
    >>> adaptive_average_pooling3d(x, output_size=(1, 1, 2))[0, :, :, :, 0]
    array([[[5., 6.]]])
    """
    x = as_array(adaptive_average_pooling3d, x=x)
    data_format = as_option(adaptive_average_pooling3d, data_format=data_format)
    _check_adaptive(adaptive_average_pooling3d, 3, x, output_size, data_format)
    return _adaptive_pooling(np.mean, x, output_size, data_format)


# -- AdaptiveMaxPooling1D, AdaptiveMaxPooling2D, AdaptiveMaxPooling3D


def adaptive_max_pooling1d(
    x: ArrayLike,
    *,
    output_size: OneOrMore,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """AdaptiveMaxPooling1D (Keras documentation, AdaptiveMaxPooling1D).

    x: (batch, length, channels), or (batch, channels, length) if data_format is
    "channels_first". Returns (batch, output_size, channels), or with channels
    first.

    Raises ValueError for other shapes and options.

    >>> x = [[[1], [2], [3], [4], [5]]]  # (batch, length, channels)
    >>> adaptive_max_pooling1d(x, output_size=2)[0, :, 0]
    array([3, 5])
    """
    x = as_array(adaptive_max_pooling1d, x=x)
    data_format = as_option(adaptive_max_pooling1d, data_format=data_format)
    _check_adaptive(adaptive_max_pooling1d, 1, x, output_size, data_format)
    return _adaptive_pooling(np.max, x, output_size, data_format)


def adaptive_max_pooling2d(
    x: ArrayLike,
    *,
    output_size: OneOrMore,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """AdaptiveMaxPooling2D (Keras documentation, AdaptiveMaxPooling2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; output_size: one number, or one for each
    axis of space. Returns (batch, *output_size, channels), or with channels
    first.

    Raises ValueError for other shapes and options.

    >>> x = np.arange(6).reshape(1, 2, 3, 1)
    >>> adaptive_max_pooling2d(x, output_size=(1, 2))[0, :, :, 0]
    array([[4, 5]])
    """
    x = as_array(adaptive_max_pooling2d, x=x)
    data_format = as_option(adaptive_max_pooling2d, data_format=data_format)
    _check_adaptive(adaptive_max_pooling2d, 2, x, output_size, data_format)
    return _adaptive_pooling(np.max, x, output_size, data_format)


def adaptive_max_pooling3d(
    x: ArrayLike,
    *,
    output_size: OneOrMore,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """AdaptiveMaxPooling3D (Keras documentation, AdaptiveMaxPooling3D).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first"; output_size: one number,
    or one for each axis of space. Returns (batch, *output_size, channels), or
    with channels first.

    Raises ValueError for other shapes and options.

    >>> x = np.arange(12).reshape(1, 2, 2, 3, 1)
    >>> adaptive_max_pooling3d(x, output_size=(1, 1, 2))[0, :, :, :, 0]
    array([[[10, 11]]])
    """
    x = as_array(adaptive_max_pooling3d, x=x)
    data_format = as_option(adaptive_max_pooling3d, data_format=data_format)
    _check_adaptive(adaptive_max_pooling3d, 3, x, output_size, data_format)
    return _adaptive_pooling(np.max, x, output_size, data_format)


def _adaptive_pooling(pool, x, output_size, data_format):
    """Apply pool, np.mean or np.max, to the windows, axis by axis."""
    first = 2 if data_format == "channels_first" else 1
    sizes = np.broadcast_to(output_size, x.ndim - 2)
    for axis, size in enumerate(sizes, first):
        windows = adaptive_windows(x.shape[axis], size)
        pooled = [pool(x.take(steps, axis), axis) for steps in windows]
        x = np.stack(pooled, axis)
    return x


def adaptive_windows(length: int, positions: int) -> list[np.ndarray]:
    """The steps that each window has, in a list of arrays, one a position.

    length: of the axis; positions: how many windows there are.

    Raises ValueError for numbers below 1.

    >>> [steps.tolist() for steps in adaptive_windows(5, 2)]
    [[0, 1, 2], [2, 3, 4]]
    """
    check_sizes(adaptive_windows, length=length, positions=positions)
    first = np.arange(positions) * length // positions
    end = -(-np.arange(1, positions + 1) * length // positions)  # rounded up
    return [np.arange(*pair) for pair in zip(first, end)]
