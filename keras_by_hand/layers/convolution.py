"""Convolution: plain, depthwise, separable and transposed."""

import numpy as np

from keras_by_hand.layers.windows import patches
from keras_by_hand.shapes import check_shapes


def conv(
    x,
    kernel,
    bias=None,
    *,
    strides=1,
    padding="valid",
    data_format="channels_last",
    dilation_rate=1,
    groups=1,
):
    """Conv1D, Conv2D or Conv3D without activation (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; kernel: (*size, channels // groups, filters); bias:
    (filters,), or one number. Returns (batch, *positions, filters), or with
    filters first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    check_shapes(
        "conv",
        kernel=(kernel, (*[None] * (x.ndim - 2), x.shape[-1] // groups, None)),
        bias=(bias, np.shape(bias) and kernel.shape[-1:]),  # or one number
    )
    *size, _, _ = kernel.shape
    cut = patches(x, size, strides, padding, dilation_rate)
    pairs = zip(np.split(cut, groups, -1), np.split(kernel, groups, -1))
    axes = len(size) + 1  # the last axes of a patch and the first of the kernel
    parts = [np.tensordot(*pair, axes) for pair in pairs]
    y = parts[0] if groups == 1 else np.concatenate(parts, -1)
    y = y if bias is None else y + bias
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


conv1d = conv2d = conv3d = conv  # by the names of the layers


def depthwise_conv(
    x,
    kernel,
    bias=None,
    *,
    strides=1,
    padding="valid",
    data_format="channels_last",
    dilation_rate=1,
):
    """DepthwiseConv1D or DepthwiseConv2D, no activation (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; kernel: (*size, channels, multiplier), bias: (channels *
    multiplier,). Returns (batch, *positions, channels * multiplier), or with
    channels first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    rank, channels = x.ndim - 2, x.shape[-1]
    check_shapes(
        "depthwise_conv",
        kernel=(kernel, (*[None] * rank, channels, None)),
        bias=(bias, (channels * kernel.shape[-1],)),
    )
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


depthwise_conv1d = depthwise_conv2d = depthwise_conv


def separable_conv(
    x,
    depthwise_kernel,
    pointwise_kernel,
    bias=None,
    *,
    strides=1,
    padding="valid",
    data_format="channels_last",
    dilation_rate=1,
):
    """SeparableConv1D or SeparableConv2D, no activation (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; depthwise_kernel: (*size, channels, multiplier),
    pointwise_kernel: (1, ..., channels * multiplier, filters), bias:
    (filters,). Returns (batch, *positions, filters), or with filters first.
    """
    channels = x.shape[1 if data_format == "channels_first" else -1]
    size = [None] * (x.ndim - 2)
    between = channels * depthwise_kernel.shape[-1]
    check_shapes(
        "separable_conv",
        depthwise_kernel=(depthwise_kernel, (*size, channels, None)),
        pointwise_kernel=(pointwise_kernel, (*[1] * len(size), between, None)),
        bias=(bias, pointwise_kernel.shape[-1:]),
    )
    h = depthwise_conv(
        x,
        depthwise_kernel,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
    )
    return conv(h, pointwise_kernel, bias, data_format=data_format)


separable_conv1d = separable_conv2d = separable_conv


def conv_transpose(
    x,
    kernel,
    bias=None,
    *,
    strides=1,
    padding="valid",
    output_padding=None,
    data_format="channels_last",
    dilation_rate=1,
):
    """Conv1DTranspose to Conv3DTranspose, no activation (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; kernel: (*size, filters, channels); bias: (filters,).
    Returns (batch, *larger, filters), or with filters first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    check_shapes(
        "conv_transpose",
        kernel=(kernel, (*[None] * (x.ndim - 1), x.shape[-1])),
        bias=(bias, kernel.shape[-2:-1]),
    )
    *size, filters, _ = kernel.shape
    strides = np.broadcast_to(strides, len(size))
    length = np.array(x.shape[1:-1])
    span = (np.array(size) - 1) * dilation_rate + 1  # first to last
    full = (length - 1) * strides + span  # all copies, not cropped
    kept = transposed_size(length, span, strides, padding, output_padding)
    shape = len(x), *np.maximum(full, kept), filters
    y = np.zeros(shape, np.result_type(x, kernel, 0.0))
    for entry in np.ndindex(*size):
        start = np.array(entry) * dilation_rate
        stop = start + length * strides
        places = [slice(*ends) for ends in zip(start, stop, strides)]
        y[:, *places] += x @ kernel[entry].T
    first = np.maximum(full - kept, 0) // 2  # an odd pixel is cropped last
    places = [slice(*ends) for ends in zip(first, first + kept)]
    y = y[:, *places]
    y = y if bias is None else y + bias
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


conv1d_transpose = conv2d_transpose = conv3d_transpose = conv_transpose


def transposed_size(length, span, strides, padding, output_padding):
    """The length of a transposed convolution's output along an axis.

    length: of the input; span: of the kernel, (size - 1) * dilation_rate + 1.
    Numbers, or arrays with a number for each axis (Keras' source code).
    """
    last = (length - 1) * strides  # where the last copy of the kernel begins
    if padding == "valid" and output_padding is None:
        return last + np.maximum(span, strides)
    if padding == "valid":
        return last + span + output_padding
    if output_padding is None:
        return length * strides
    return last + span % 2 + output_padding
