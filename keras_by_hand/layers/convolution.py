"""Convolution: plain, depthwise, separable and transposed."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.layers.windows import patches
from keras_by_hand.names import Activation, as_function
from keras_by_hand.shapes import (
    DataFormat,
    OneOrMore,
    Padding,
    as_arrays,
    as_option,
    check_fits,
    check_images,
    check_shapes,
    check_sizes,
    check_steps,
)


def _channels(x, data_format):
    return x.shape[1 if data_format == "channels_first" else -1]


# -- Conv1D, Conv2D, Conv3D


def conv1d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: OneOrMore = 1,
    padding: Literal["valid", "same", "causal"] = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    groups: int = 1,
    activation: Activation = None,
) -> np.ndarray:
    """Conv1D (Keras documentation, Conv1D).

    x: (batch, length, channels), or (batch, channels, length) if data_format is
    "channels_first"; kernel: (length, channels // groups, filters); bias:
    (filters,). Returns (batch, positions, filters), or with filters first.

    Raises ValueError for other shapes and options, for strides beside a
    dilation_rate, and for groups that do not divide the channels and the
    filters.

    >>> x = [[[1], [2], [3], [4]]]  # (batch, length, channels)
    >>> conv1d(x, kernel=[[[-1]], [[1]]], padding="causal")[0, :, 0]
    array([1, 1, 1, 1])
    """
    x, kernel, bias = as_arrays(conv1d, x=x, kernel=kernel, bias=bias)
    padding = as_option(conv1d, padding=padding)
    data_format = as_option(conv1d, data_format=data_format)
    activation = as_function(conv1d, activation=activation)
    check_steps(conv1d, 1, strides, dilation_rate)
    _check_conv(conv1d, 1, x, kernel, bias, data_format, groups)
    check_fits(conv1d, x, kernel.shape[:1], padding, data_format, dilation_rate)
    y = conv(
        x, kernel, bias, strides, padding, data_format, dilation_rate, groups
    )
    return y if activation is None else activation(y)


def conv2d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    groups: int = 1,
    activation: Activation = None,
) -> np.ndarray:
    """Conv2D (Keras documentation, Conv2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; kernel: (height, width, channels // groups,
    filters); bias: (filters,). Returns (batch, rows, columns, filters), or with
    filters first.

    Raises ValueError for other shapes and options, for strides beside a
    dilation_rate, and for groups that do not divide the channels and the
    filters.

    >>> x = np.arange(9).reshape(1, 3, 3, 1)
    >>> kernel = np.ones((2, 2, 1, 1), int)
    >>> conv2d(x, kernel, bias=[100])[0, :, :, 0]
    array([[108, 112],
           [120, 124]])
    """
    x, kernel, bias = as_arrays(conv2d, x=x, kernel=kernel, bias=bias)
    padding = as_option(conv2d, padding=padding)
    data_format = as_option(conv2d, data_format=data_format)
    activation = as_function(conv2d, activation=activation)
    check_steps(conv2d, 2, strides, dilation_rate)
    _check_conv(conv2d, 2, x, kernel, bias, data_format, groups)
    check_fits(conv2d, x, kernel.shape[:2], padding, data_format, dilation_rate)
    y = conv(
        x, kernel, bias, strides, padding, data_format, dilation_rate, groups
    )
    return y if activation is None else activation(y)


def conv3d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    groups: int = 1,
    activation: Activation = None,
) -> np.ndarray:
    """Conv3D (Keras documentation, Conv3D).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first"; kernel: (depth, height,
    width, channels // groups, filters); bias: (filters,). Returns (batch,
    slices, rows, columns, filters), or with filters first.

    Raises ValueError for other shapes and options, for strides beside a
    dilation_rate, and for groups that do not divide the channels and the
    filters.

    >>> x, kernel = np.ones((1, 3, 3, 3, 1)), np.ones((2, 2, 2, 1, 1))
    >>> conv3d(x, kernel, strides=2)[0, 0, 0, 0]
    array([8.])
    """
    x, kernel, bias = as_arrays(conv3d, x=x, kernel=kernel, bias=bias)
    padding = as_option(conv3d, padding=padding)
    data_format = as_option(conv3d, data_format=data_format)
    activation = as_function(conv3d, activation=activation)
    check_steps(conv3d, 3, strides, dilation_rate)
    _check_conv(conv3d, 3, x, kernel, bias, data_format, groups)
    check_fits(conv3d, x, kernel.shape[:3], padding, data_format, dilation_rate)
    y = conv(
        x, kernel, bias, strides, padding, data_format, dilation_rate, groups
    )
    return y if activation is None else activation(y)


def _check_conv(function, rank, x, kernel, bias, data_format, groups):
    """Images, kernel and bias must fit, and groups divide both channels."""
    check_images(function, rank, x, data_format)
    check_sizes(function, groups=groups)
    channels, filters = _channels(x, data_format), np.shape(kernel)[-1:]
    if channels % groups or any(n % groups for n in filters):
        raise ValueError(
            f"{function.__name__}: groups must divide {channels} channels and "
            f"{filters} filters, not {groups}"
        )
    shape = *[None] * rank, channels // groups, "filters"
    check_shapes(function, kernel=(kernel, shape), bias=(bias, filters))


def conv(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None = None,
    strides: OneOrMore = 1,
    padding: Literal["valid", "same", "causal"] = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    groups: int = 1,
) -> np.ndarray:
    """A convolution of any rank, as conv2d is one of two axes of space.

    Raises nothing of its own: conv2d and its like check what they are given.

    >>> conv(np.array([[[1], [2], [4]]]), np.array([[[1]], [[1]]]))[0, :, 0]
    array([3, 6])
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    *size, _, _ = kernel.shape
    cut = patches(x, size, strides, padding, dilation_rate)
    pairs = zip(np.split(cut, groups, -1), np.split(kernel, groups, -1))
    axes = len(size) + 1  # the last axes of a patch and the first of the kernel
    parts = [np.tensordot(*pair, axes) for pair in pairs]
    y = parts[0] if groups == 1 else np.concatenate(parts, -1)
    y = y if bias is None else y + bias
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


# -- DepthwiseConv1D, DepthwiseConv2D


def depthwise_conv1d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    activation: Activation = None,
) -> np.ndarray:
    """DepthwiseConv1D (Keras documentation, DepthwiseConv1D).

    x: (batch, length, channels), or (batch, channels, length) if data_format is
    "channels_first"; kernel: (length, channels, multiplier), bias: (channels *
    multiplier,). Returns (batch, positions, channels * multiplier), or with
    channels first.

    Raises ValueError for other shapes and options, and for strides beside a
    dilation_rate.

    >>> x = [[[1, 10], [2, 20], [3, 30]]]  # (batch, length, channels)
    >>> depthwise_conv1d(x, kernel=np.ones((2, 2, 1), int))
    array([[[ 3, 30],
            [ 5, 50]]])
    """
    x, kernel, bias = as_arrays(depthwise_conv1d, x=x, kernel=kernel, bias=bias)
    padding = as_option(depthwise_conv1d, padding=padding)
    data_format = as_option(depthwise_conv1d, data_format=data_format)
    activation = as_function(depthwise_conv1d, activation=activation)
    check_steps(depthwise_conv1d, 1, strides, dilation_rate)
    _check_depthwise(depthwise_conv1d, 1, x, kernel, bias, data_format)
    check_fits(
        depthwise_conv1d,
        x,
        kernel.shape[:1],
        padding,
        data_format,
        dilation_rate,
    )
    y = depthwise_conv(
        x, kernel, bias, strides, padding, data_format, dilation_rate
    )
    return y if activation is None else activation(y)


def depthwise_conv2d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    activation: Activation = None,
) -> np.ndarray:
    """DepthwiseConv2D (Keras documentation, DepthwiseConv2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; kernel: (height, width, channels,
    multiplier), bias: (channels * multiplier,). Returns (batch, rows, columns,
    channels * multiplier), or with channels first.

    Raises ValueError for other shapes and options, and for strides beside a
    dilation_rate.

    >>> x = np.arange(8).reshape(1, 2, 2, 2)
    >>> depthwise_conv2d(x, np.ones((2, 2, 2, 1), int), bias=[0, 100])
    array([[[[ 12, 116]]]])
    """
    x, kernel, bias = as_arrays(depthwise_conv2d, x=x, kernel=kernel, bias=bias)
    padding = as_option(depthwise_conv2d, padding=padding)
    data_format = as_option(depthwise_conv2d, data_format=data_format)
    activation = as_function(depthwise_conv2d, activation=activation)
    check_steps(depthwise_conv2d, 2, strides, dilation_rate)
    _check_depthwise(depthwise_conv2d, 2, x, kernel, bias, data_format)
    check_fits(
        depthwise_conv2d,
        x,
        kernel.shape[:2],
        padding,
        data_format,
        dilation_rate,
    )
    y = depthwise_conv(
        x, kernel, bias, strides, padding, data_format, dilation_rate
    )
    return y if activation is None else activation(y)


def _check_depthwise(function, rank, x, kernel, bias, data_format):
    """Images, kernel and bias must fit."""
    check_images(function, rank, x, data_format)
    shape = *[None] * rank, _channels(x, data_format), "multiplier"
    check_shapes(function, kernel=(kernel, shape))
    copies = kernel.shape[-2] * kernel.shape[-1]
    check_shapes(function, bias=(bias, (copies,)))


def depthwise_conv(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None = None,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
) -> np.ndarray:
    """A depthwise convolution of any rank, as depthwise_conv2d.

    Raises nothing of its own: depthwise_conv2d and its like check what they
    are given.

    >>> x = np.array([[[1, 10], [2, 20]]])  # (batch, length, channels)
    >>> depthwise_conv(x, np.ones((2, 2, 1)))
    array([[[ 3., 30.]]])
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    rank = x.ndim - 2
    cut = patches(x, kernel.shape[:rank], strides, padding, dilation_rate)
    window, channel, copy = list(range(rank)), rank, rank + 1  # einsum's axes
    y = np.einsum(
        cut,
        [..., *window, channel],
        kernel,
        [*window, channel, copy],
        [..., channel, copy],
    )
    y = y.reshape(*y.shape[:-2], -1)  # a channel's copies side by side
    y = y if bias is None else y + bias
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


# -- SeparableConv1D, SeparableConv2D


def separable_conv1d(
    x: ArrayLike,
    depthwise_kernel: ArrayLike,
    pointwise_kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    activation: Activation = None,
) -> np.ndarray:
    """SeparableConv1D (Keras documentation, SeparableConv1D).

    x: (batch, length, channels), or (batch, channels, length) if data_format is
    "channels_first"; depthwise_kernel: (length, channels, multiplier),
    pointwise_kernel: (1, channels * multiplier, filters), bias: (filters,).
    Returns (batch, positions, filters), or with filters first.

    Raises ValueError for other shapes and options, and for strides beside a
    dilation_rate.

    >>> x, depthwise = [[[1, 10], [2, 20], [3, 30]]], np.ones((2, 2, 1), int)
    >>> separable_conv1d(x, depthwise, pointwise_kernel=[[[1], [1]]])
    array([[[33],
            [55]]])
    """
    x, depthwise_kernel, pointwise_kernel, bias = as_arrays(
        separable_conv1d,
        x=x,
        depthwise_kernel=depthwise_kernel,
        pointwise_kernel=pointwise_kernel,
        bias=bias,
    )
    padding = as_option(separable_conv1d, padding=padding)
    data_format = as_option(separable_conv1d, data_format=data_format)
    activation = as_function(separable_conv1d, activation=activation)
    check_steps(separable_conv1d, 1, strides, dilation_rate)
    _check_separable(
        separable_conv1d,
        1,
        x,
        depthwise_kernel,
        pointwise_kernel,
        bias,
        data_format,
    )
    check_fits(
        separable_conv1d,
        x,
        depthwise_kernel.shape[:1],
        padding,
        data_format,
        dilation_rate,
    )
    h = depthwise_conv(
        x, depthwise_kernel, None, strides, padding, data_format, dilation_rate
    )
    y = conv(h, pointwise_kernel, bias, data_format=data_format)
    return y if activation is None else activation(y)


def separable_conv2d(
    x: ArrayLike,
    depthwise_kernel: ArrayLike,
    pointwise_kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    activation: Activation = None,
) -> np.ndarray:
    """SeparableConv2D (Keras documentation, SeparableConv2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; depthwise_kernel: (height, width, channels,
    multiplier), pointwise_kernel: (1, 1, channels * multiplier, filters), bias:
    (filters,). Returns (batch, rows, columns, filters), or with filters first.

    Raises ValueError for other shapes and options, and for strides beside a
    dilation_rate.

    >>> x = np.arange(8).reshape(1, 2, 2, 2)
    >>> ones = np.ones((2, 2, 2, 1), int)
    >>> separable_conv2d(x, ones, pointwise_kernel=[[[[1], [2]]]])
    array([[[[44]]]])
    """
    x, depthwise_kernel, pointwise_kernel, bias = as_arrays(
        separable_conv2d,
        x=x,
        depthwise_kernel=depthwise_kernel,
        pointwise_kernel=pointwise_kernel,
        bias=bias,
    )
    padding = as_option(separable_conv2d, padding=padding)
    data_format = as_option(separable_conv2d, data_format=data_format)
    activation = as_function(separable_conv2d, activation=activation)
    check_steps(separable_conv2d, 2, strides, dilation_rate)
    _check_separable(
        separable_conv2d,
        2,
        x,
        depthwise_kernel,
        pointwise_kernel,
        bias,
        data_format,
    )
    check_fits(
        separable_conv2d,
        x,
        depthwise_kernel.shape[:2],
        padding,
        data_format,
        dilation_rate,
    )
    h = depthwise_conv(
        x, depthwise_kernel, None, strides, padding, data_format, dilation_rate
    )
    y = conv(h, pointwise_kernel, bias, data_format=data_format)
    return y if activation is None else activation(y)


def _check_separable(
    function, rank, x, depthwise_kernel, pointwise_kernel, bias, data_format
):
    """Images, kernels and bias must fit."""
    check_images(function, rank, x, data_format)
    shape = *[None] * rank, _channels(x, data_format), "multiplier"
    check_shapes(function, depthwise_kernel=(depthwise_kernel, shape))
    copies = depthwise_kernel.shape[-2] * depthwise_kernel.shape[-1]
    shape = *[1] * rank, copies, "filters"
    check_shapes(function, pointwise_kernel=(pointwise_kernel, shape))
    check_shapes(function, bias=(bias, pointwise_kernel.shape[-1:]))


# -- Conv1DTranspose, Conv2DTranspose, Conv3DTranspose


def conv1d_transpose(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    output_padding: OneOrMore | None = None,
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    activation: Activation = None,
) -> np.ndarray:
    """Conv1DTranspose (Keras documentation, Conv1DTranspose).

    x: (batch, length, channels), or (batch, channels, length) if data_format is
    "channels_first"; kernel: (length, filters, channels); bias: (filters,).
    Returns (batch, positions, filters), or with filters first.

    Raises ValueError for other shapes and options, and for an output_padding
    that is not below the strides.

    >>> conv1d_transpose([[[1], [2]]], kernel=[[[1]], [[10]]])[0, :, 0]
    array([ 1., 12., 20.])
    """
    x, kernel, bias = as_arrays(conv1d_transpose, x=x, kernel=kernel, bias=bias)
    padding = as_option(conv1d_transpose, padding=padding)
    data_format = as_option(conv1d_transpose, data_format=data_format)
    activation = as_function(conv1d_transpose, activation=activation)
    check_steps(conv1d_transpose, 1, strides, dilation_rate)
    _check_output_padding(conv1d_transpose, 1, output_padding, strides)
    _check_transpose(conv1d_transpose, 1, x, kernel, bias, data_format)
    y = conv_transpose(
        x,
        kernel,
        bias,
        strides,
        padding,
        output_padding,
        data_format,
        dilation_rate,
    )
    return y if activation is None else activation(y)


def conv2d_transpose(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    output_padding: OneOrMore | None = None,
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    activation: Activation = None,
) -> np.ndarray:
    """Conv2DTranspose (Keras documentation, Conv2DTranspose).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; kernel: (height, width, filters, channels);
    bias: (filters,). Returns (batch, rows, columns, filters), or with filters
    first.

    Raises ValueError for other shapes and options, and for an output_padding
    that is not below the strides.

    >>> x, kernel = np.ones((1, 2, 2, 1)), np.ones((2, 2, 1, 1))
    >>> conv2d_transpose(x, kernel)[0, :, :, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    x, kernel, bias = as_arrays(conv2d_transpose, x=x, kernel=kernel, bias=bias)
    padding = as_option(conv2d_transpose, padding=padding)
    data_format = as_option(conv2d_transpose, data_format=data_format)
    activation = as_function(conv2d_transpose, activation=activation)
    check_steps(conv2d_transpose, 2, strides, dilation_rate)
    _check_output_padding(conv2d_transpose, 2, output_padding, strides)
    _check_transpose(conv2d_transpose, 2, x, kernel, bias, data_format)
    y = conv_transpose(
        x,
        kernel,
        bias,
        strides,
        padding,
        output_padding,
        data_format,
        dilation_rate,
    )
    return y if activation is None else activation(y)


def conv3d_transpose(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    output_padding: OneOrMore | None = None,
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    activation: Activation = None,
) -> np.ndarray:
    """Conv3DTranspose (Keras documentation, Conv3DTranspose).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first"; kernel: (depth, height,
    width, filters, channels); bias: (filters,). Returns (batch, slices, rows,
    columns, filters), or with filters first.

    Raises ValueError for other shapes and options, and for an output_padding
    that is not below the strides.

    >>> x, kernel = np.ones((1, 2, 2, 2, 1)), np.ones((2, 2, 2, 1, 1))
    >>> conv3d_transpose(x, kernel)[0, 1, 1, :, 0]
    array([4., 8., 4.])
    """
    x, kernel, bias = as_arrays(conv3d_transpose, x=x, kernel=kernel, bias=bias)
    padding = as_option(conv3d_transpose, padding=padding)
    data_format = as_option(conv3d_transpose, data_format=data_format)
    activation = as_function(conv3d_transpose, activation=activation)
    check_steps(conv3d_transpose, 3, strides, dilation_rate)
    _check_output_padding(conv3d_transpose, 3, output_padding, strides)
    _check_transpose(conv3d_transpose, 3, x, kernel, bias, data_format)
    y = conv_transpose(
        x,
        kernel,
        bias,
        strides,
        padding,
        output_padding,
        data_format,
        dilation_rate,
    )
    return y if activation is None else activation(y)


def _check_transpose(function, rank, x, kernel, bias, data_format):
    """Images, kernel and bias must fit."""
    check_images(function, rank, x, data_format)
    shape = *[None] * rank, "filters", _channels(x, data_format)
    check_shapes(function, kernel=(kernel, shape))
    check_shapes(function, bias=(bias, kernel.shape[-2:-1]))


def _check_output_padding(function, rank, output_padding, strides):
    """output_padding must be less than the strides, for each axis."""
    if output_padding is None:
        return
    check_sizes(function, rank, 0, output_padding=output_padding)
    if np.any(np.array(output_padding) >= strides):
        raise ValueError(
            f"{function.__name__}: output_padding must be less than the "
            f"strides, {strides!r}, not {output_padding!r}"
        )


def conv_transpose(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None = None,
    strides: Any = 1,
    padding: Padding = "valid",
    output_padding: Any = None,
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
) -> np.ndarray:
    """A transposed convolution of any rank, as conv2d_transpose.

    Raises nothing of its own: conv2d_transpose and its like check what they
    are given.

    >>> x = np.array([[[1], [2]]])  # (batch, length, channels)
    >>> conv_transpose(x, np.ones((2, 1, 1)), strides=2)[0, :, 0]
    array([1., 1., 2., 2.])
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    *size, filters, _ = kernel.shape
    strides = np.broadcast_to(strides, len(size))
    length = np.array(x.shape[1:-1])
    span = (np.array(size) - 1) * dilation_rate + 1  # first to last
    full = (length - 1) * strides + span  # all copies, not cropped
    kept = transposed_size(length, span, strides, padding, output_padding)
    copies = {entry: x @ kernel[entry].T for entry in np.ndindex(*size)}
    shape = len(x), *np.maximum(full, kept), filters
    first_copy = next(iter(copies.values()))
    y = np.zeros(shape, np.result_type(first_copy, 0.0), like=first_copy)
    for entry, copy in copies.items():
        start = np.array(entry) * dilation_rate
        stop = start + length * strides
        places = [slice(*ends) for ends in zip(start, stop, strides)]
        y[:, *places] += copy
    first = np.maximum(full - kept, 0) // 2  # an odd pixel is cropped last
    places = [slice(*ends) for ends in zip(first, first + kept)]
    y = y[:, *places]
    y = y if bias is None else y + bias
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def transposed_size(
    length: Any,
    span: Any,
    strides: Any,
    padding: Padding,
    output_padding: Any,
) -> Any:
    """The length of a transposed convolution's output along an axis.

    length: of the input; span: of the kernel, (size - 1) * dilation_rate + 1.
    Numbers, or arrays with a number for each axis (Keras' source code).

    Raises nothing of its own: conv2d_transpose checks what it is given.

    >>> transposed_size(3, 2, 2, "same", None)
    6
    """
    last = (length - 1) * strides  # where the last copy of the kernel begins
    if padding == "valid" and output_padding is None:
        return last + np.maximum(span, strides)
    if padding == "valid":
        return last + span + output_padding
    if output_padding is None:
        return length * strides
    return last + span % 2 + output_padding
