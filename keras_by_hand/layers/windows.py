"""Windows: what padding adds for convolution and pooling; how they are cut."""

import numpy as np

from keras_by_hand.shapes import Padding, check_fits, check_images


def patches(x, size, strides=1, padding="valid", dilation_rate=1, value=0):
    """The patches of x, (batch, *space, channels), that a kernel meets.

    size: of the kernel, an entry for each axis of space; value: what x is
    padded with. Returns (batch, *positions, *size, channels).
    """
    rank = len(size)
    strides = np.broadcast_to(strides, rank)
    dilation_rate = np.broadcast_to(dilation_rate, rank)
    span = (np.array(size) - 1) * dilation_rate + 1  # first to last
    before = after = np.zeros(rank, int)
    if padding == "same":
        positions = -(-np.array(x.shape[1:-1]) // strides)  # rounded up
        needed = (positions - 1) * strides + span - x.shape[1:-1]
        before = np.maximum(needed, 0) // 2
        after = np.maximum(needed, 0) - before
    elif padding == "causal":
        before = span - 1
    widths = [(0, 0), *zip(before, after), (0, 0)]
    if np.any(widths):  # else x need not be copied
        x = np.pad(x, widths, constant_values=value)
    axes = tuple(range(1, rank + 1))
    windows = np.lib.stride_tricks.sliding_window_view(x, span, axes)
    windows = np.moveaxis(windows, rank + 1, -1)  # channels last
    steps = [slice(None, None, step) for step in (*strides, *dilation_rate)]
    return windows[:, *steps]


def window_entries(x, size, strides=1, padding="valid", value=0):
    """What the first entry of all windows meets, what the second, and so on.

    As patches, in a list of arrays, (batch, *positions, channels).
    """
    cut = patches(x, size, strides, padding, value=value)
    return [cut[..., *entry, :] for entry in np.ndindex(*size)]


def same_padding(length, size, stride):
    """The zeros, (before, after), that padding="same" adds along one axis.

    length: of the image; size: of the kernel. (With a dilation_rate, size is
    (size - 1) * dilation_rate + 1.) Source: tf.nn, notes on padding.
    """
    positions = -(-length // stride)  # rounded up
    zeros = max(0, (positions - 1) * stride + size - length)
    return zeros // 2, zeros - zeros // 2
