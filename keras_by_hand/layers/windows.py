"""Windows: what padding adds for convolution and pooling; how they are cut."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    as_option,
    as_raw_array,
    check_fits,
    check_numbers,
    check_rank,
    check_sizes,
    check_steps,
)


def patches(
    x: ArrayLike,
    size: Sequence[int],
    strides: ArrayLike = 1,
    padding: Literal["valid", "same", "causal"] = "valid",
    dilation_rate: ArrayLike = 1,
    value: float = 0,
) -> np.ndarray:
    """The patches of x, (batch, *space, channels), that a kernel meets.

    size: of the kernel, an entry for each axis of space; value: what x is
    padded with. Returns (batch, *positions, *size, channels).

    Raises ValueError for other options, and an x of another rank or shorter
    than the kernel.

    >>> patches([[[1], [2], [3]]], size=(2,))[0, :, :, 0]  # positions, size
    array([[1, 2],
           [2, 3]])
    """
    x = as_raw_array(patches, x=x)
    padding = as_option(patches, padding=padding)
    check_numbers(patches, value=value)
    _check_patches(patches, x, size, strides, padding, dilation_rate)
    rank = len(size)
    strides = np.broadcast_to(strides, rank)
    dilation_rate = np.broadcast_to(dilation_rate, rank)
    span = (np.array(size) - 1) * dilation_rate + 1  # first to last
    x = _pad_space(x, span, strides, padding, value)
    axes = tuple(range(1, rank + 1))
    windows = np.lib.stride_tricks.sliding_window_view(x, span, axes)
    windows = np.moveaxis(windows, rank + 1, -1)  # channels last
    steps = [slice(None, None, step) for step in (*strides, *dilation_rate)]
    return windows[:, *steps]


def _pad_space(x, span, strides, padding, value):
    """x with what padding adds for windows of this span."""
    before = after = np.zeros(len(span), int)
    if padding == "same":
        positions = -(-np.array(x.shape[1:-1]) // strides)  # rounded up
        needed = (positions - 1) * strides + span - x.shape[1:-1]
        before = np.maximum(needed, 0) // 2
        after = np.maximum(needed, 0) - before
    elif padding == "causal":
        before = span - 1
    widths = [(0, 0), *zip(before, after), (0, 0)]
    if not np.any(widths):  # x need not be copied
        return x
    return np.pad(x, widths, constant_values=value)


def _check_patches(function, x, size, strides, padding, dilation_rate=1):
    """Windows must fit into images of their rank."""
    if np.ndim(size) != 1:
        raise TypeError(
            f"{function.__name__}: size must have a whole number for each axis "
            f"of space, not be {size!r}"
        )
    rank = len(size)
    check_rank(function, rank + 2, rank + 2, x=x)
    check_sizes(function, rank, size=size)
    check_steps(function, rank, strides, dilation_rate)
    check_fits(function, x, size, padding, None, dilation_rate)


def window_entries(
    x: ArrayLike,
    size: Sequence[int],
    strides: ArrayLike = 1,
    padding: Literal["valid", "same", "causal"] = "valid",
    value: float = 0,
) -> list[np.ndarray]:
    """What the first entry of all windows meets, what the second, and so on.

    As patches, in a list of arrays, (batch, *positions, channels).

    Raises ValueError for other options, and an x of another rank or shorter
    than a window.

    >>> first, second = window_entries([[[1], [2], [3]]], size=(2,))
    >>> first[0, :, 0], second[0, :, 0]
    (array([1, 2]), array([2, 3]))
    """
    x = as_raw_array(window_entries, x=x)
    padding = as_option(window_entries, padding=padding)
    check_numbers(window_entries, value=value)
    _check_patches(window_entries, x, size, strides, padding)
    strides = np.broadcast_to(strides, len(size))
    padded = _pad_space(x, np.array(size), strides, padding, value)
    last = np.array(padded.shape[1:-1]) - size  # where the last window begins
    places = [
        [slice(*ends) for ends in zip(entry, last + entry + 1, strides)]
        for entry in np.ndindex(*size)
    ]
    return [padded[:, *place] for place in places]


def same_padding(length: int, size: int, stride: int) -> tuple[int, int]:
    """The zeros, (before, after), that padding="same" adds along one axis.

    length: of the image; size: of the kernel. (With a dilation_rate, size is
    (size - 1) * dilation_rate + 1.) Source: tf.nn, notes on padding.

    Raises ValueError for numbers below 1, and TypeError for fractions.

    >>> same_padding(5, size=4, stride=1)
    (1, 2)
    """
    check_sizes(same_padding, length=length, size=size, stride=stride)
    positions = -(-length // stride)  # rounded up
    zeros = max(0, (positions - 1) * stride + size - length)
    return zeros // 2, zeros - zeros // 2
