"""Reshaping: layers that move, repeat, add or remove entries."""

import numpy as np

from keras_by_hand.layers.resizing import resize


def flatten(x, *, data_format="channels_last"):
    """Flatten (Keras documentation).

    x: (batch, ..., channels), or (batch, channels, ...) if data_format is
    "channels_first". Returns (batch, features); (batch, 1) if x is (batch,).
    """
    if data_format == "channels_first" and x.ndim > 1:
        x = np.moveaxis(x, 1, -1)
    return x.reshape(len(x), np.prod(x.shape[1:], dtype=int))


def reshape(x, *, target_shape):
    """Reshape (Keras documentation).

    x: (batch, ...), target_shape: of one sample; one entry may be -1, which
    follows from the others. Returns (batch, *target_shape).
    """
    return x.reshape(len(x), *target_shape)


def permute(x, *, dims):
    """Permute (Keras documentation).

    x: (batch, ...), dims: its other axes, counted from 1, in their new order.
    """
    return x.transpose(0, *dims)


def repeat_vector(x, *, n):
    """RepeatVector (Keras documentation).

    x: (batch, features). Returns (batch, n, features).
    """
    return np.repeat(x[:, np.newaxis], n, axis=1)


def before_and_after(amount, rank):
    """An int, tuple or pairs, as Keras has it for padding and cropping, as a
    pair (before, after) for each of rank axes."""
    if rank == 1 or isinstance(amount, int):
        amount = [amount] * rank
    return [tuple(np.broadcast_to(pair, 2)) for pair in amount]


def zero_padding(x, *, padding=1, data_format="channels_last"):
    """ZeroPadding1D, ZeroPadding2D or ZeroPadding3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; padding: for all sides, or one entry for each axis of
    space, an int or (before, after). In 1D it is an int or (before, after).
    """
    pairs = before_and_after(padding, x.ndim - 2)
    if data_format == "channels_first":
        return np.pad(x, [(0, 0), (0, 0), *pairs])
    return np.pad(x, [(0, 0), *pairs, (0, 0)])


zero_padding1d = zero_padding2d = zero_padding3d = zero_padding


def crop(x, *, cropping=1, data_format="channels_last"):
    """Cropping1D, Cropping2D or Cropping3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; cropping: for all sides, or one entry for each axis of
    space, an int or (before, after). In 1D it is an int or (before, after).
    Raises ValueError where nothing would be left.
    """
    pairs = before_and_after(cropping, x.ndim - 2)
    first = 2 if data_format == "channels_first" else 1  # axis of space
    slices = [slice(None)] * first
    for (before, after), length in zip(pairs, x.shape[first:]):
        if before + after >= length:
            raise ValueError(f"{before} and {after} leave nothing of {length}")
        slices.append(slice(before, length - after))
    return x[tuple(slices)]


def cropping2d(x, *, cropping=0, data_format="channels_last"):
    """Cropping2D: crop, which drops nothing by default."""
    return crop(x, cropping=cropping, data_format=data_format)


cropping1d = cropping3d = crop


def repeat_entries(x, *, size=2, data_format=None):
    """UpSampling1D and 3D, and 2D with "nearest" (Keras documentation).

    x: (batch, length, ..., channels), or (batch, channels, length, ...) if
    data_format is "channels_first"; size: an integer, or one for each length.
    Returns x with each length multiplied by its size.
    """
    if isinstance(size, int):
        size = (size,) * (x.ndim - 2)
    first = 2 if data_format == "channels_first" else 1
    for axis, times in enumerate(size, first):
        x = np.repeat(x, times, axis)
    return x


up_sampling1d = up_sampling3d = repeat_entries


def up_sampling2d(x, *, size=(2, 2), data_format=None, interpolation="nearest"):
    """UpSampling2D (Keras documentation), of float numbers.

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; size: an integer or two; interpolation:
    "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5". Returns x with
    height and width multiplied by size.
    """
    rows, columns = (size, size) if isinstance(size, int) else size
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    y = resize(x, rows * x.shape[1], columns * x.shape[2], interpolation)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y
