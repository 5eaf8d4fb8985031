"""Reshaping: layers that move, repeat, add or remove entries."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.layers.resizing import Interpolation, resize
from keras_by_hand.shapes import (
    DataFormat,
    OneOrMore,
    are_whole,
    as_option,
    as_raw_array,
    check_images,
    check_rank,
    check_sizes,
    entries_of,
    quoted,
)

# For all sides, or for each axis, one number or (before, after).
Sides = int | Sequence[int | Sequence[int]]


# -- Flatten, Reshape, Permute, RepeatVector


def flatten(
    x: ArrayLike, *, data_format: DataFormat | None = None
) -> np.ndarray:
    """Flatten (Keras documentation, Flatten).

    x: (batch, ..., channels), or (batch, channels, ...) if data_format is
    "channels_first". Returns (batch, features); (batch, 1) if x is (batch,).

    Raises ValueError for x without axes, and another data_format.

    >>> x = [[[1, 2], [3, 4]]]
    >>> flatten(x), flatten(x, data_format="channels_first")
    (array([[1, 2, 3, 4]]), array([[1, 3, 2, 4]]))
    """
    x = as_raw_array(flatten, x=x)
    data_format = as_option(flatten, data_format=data_format)
    check_rank(flatten, 1, x=x)
    if data_format == "channels_first" and x.ndim > 1:
        x = np.moveaxis(x, 1, -1)
    return x.reshape(len(x), np.prod(x.shape[1:], dtype=int))


def reshape(x: ArrayLike, *, target_shape: Sequence[int]) -> np.ndarray:
    """Reshape (Keras documentation, Reshape).

    x: (batch, ...), target_shape: of one sample; one entry may be -1, which
    follows from the others. Returns (batch, *target_shape).

    Raises ValueError for a target_shape of another number of entries.

    >>> reshape([[1, 2, 3, 4, 5, 6]], target_shape=(-1, 3))
    array([[[1, 2, 3],
            [4, 5, 6]]])
    """
    x = as_raw_array(reshape, x=x)
    check_rank(reshape, 1, x=x)
    _check_target_shape(x, target_shape)
    return x.reshape(len(x), *target_shape)


def _check_target_shape(x, target_shape):
    """The lengths must be those of all entries of a sample, but for one -1."""
    size = math.prod(x.shape[1:])
    said = (
        f"reshape: target_shape must have the product {size}, where one entry "
        f"may be -1, not be {quoted(target_shape)}"
    )
    lengths = entries_of(target_shape)
    if lengths is None or not are_whole(lengths):
        raise TypeError(said)
    known = math.prod(n for n in lengths if n != -1)
    missing = lengths.count(-1)
    fits = known and size % known == 0 if missing else size == known
    if missing > 1 or min(lengths, default=0) < -1 or not fits:
        raise ValueError(said)


def permute(x: ArrayLike, *, dims: Sequence[int]) -> np.ndarray:
    """Permute (Keras documentation, Permute).

    x: (batch, ...), dims: its other axes, counted from 1, in their new order.

    Raises ValueError for dims that have not each axis of x once.

    >>> permute([[[1, 2, 3], [4, 5, 6]]], dims=(2, 1))
    array([[[1, 4],
            [2, 5],
            [3, 6]]])
    """
    x = as_raw_array(permute, x=x)
    _check_dims(x, dims)
    return x.transpose(0, *dims)


def _check_dims(x, dims):
    """dims must have each axis but the first once."""
    check_rank(permute, 1, x=x)
    axes, found = [*range(1, x.ndim)], entries_of(dims)
    if found is None or not are_whole(found) or sorted(found) != axes:
        raise ValueError(
            f"permute: dims must be the axes 1 to {x.ndim - 1} of x in any "
            f"order, not {quoted(dims)}"
        )


def repeat_vector(x: ArrayLike, *, n: int) -> np.ndarray:
    """RepeatVector (Keras documentation, RepeatVector).

    x: (batch, features). Returns (batch, n, features).

    Raises ValueError for x of other axes, and for n below 1.

    >>> repeat_vector([[1, 2]], n=3)
    array([[[1, 2],
            [1, 2],
            [1, 2]]])
    """
    x = as_raw_array(repeat_vector, x=x)
    check_rank(repeat_vector, 2, 2, x=x)
    check_sizes(repeat_vector, n=n)
    return np.repeat(x[:, np.newaxis], n, axis=1)


# -- ZeroPadding1D, ZeroPadding2D, ZeroPadding3D


def before_and_after(amount: Sides, rank: int) -> list[tuple]:
    """An int, tuple or pairs, as Keras has it for padding and cropping, as a
    pair (before, after) for each of rank axes.

    Raises ValueError for more than two numbers in the place of a pair.

    >>> before_and_after((1, (2, 0)), 2)
    [(1, 1), (2, 0)]
    """
    if rank > 1 and not isinstance(amount, int | np.integer):
        return [before_and_after(pair, 1)[0] for pair in amount]
    return [tuple(np.broadcast_to(np.array(amount), 2).tolist())] * rank


def _check_sides(function, rank, **sides):
    """There must be a number for all sides, or for each axis one, or a pair of
    them; with one axis, a pair is of its ends."""
    [(name, amount)] = sides.items()
    several = isinstance(amount, list | tuple) or np.ndim(amount) > 0
    several = several and rank > 1
    parts = list(amount) if several else [amount]
    if several and len(parts) != rank:
        raise ValueError(
            f"{function.__name__}: {name} must be a number for all sides, "
            f"or {rank} numbers or pairs, not {quoted(amount)}"
        )
    for part in parts:
        check_sizes(function, 2, 0, **{name: part})


def zero_padding1d(
    x: ArrayLike,
    *,
    padding: int | Sequence[int] = 1,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """ZeroPadding1D (Keras documentation, ZeroPadding1D).

    x: (batch, length, channels), or (batch, channels, length) if data_format is
    "channels_first"; padding: a number of zeros for both ends, or (before,
    after). Returns x with a length of so many more.

    Raises ValueError for other shapes and options, and for padding below 0.

    >>> zero_padding1d([[[1], [2]]], padding=(0, 3))[0, :, 0]
    array([1, 2, 0, 0, 0])
    """
    x = as_raw_array(zero_padding1d, x=x)
    data_format = as_option(zero_padding1d, data_format=data_format)
    check_images(zero_padding1d, 1, x, data_format)
    _check_sides(zero_padding1d, 1, padding=padding)
    return _zero_padding(x, padding, data_format)


def zero_padding2d(
    x: ArrayLike, *, padding: Sides = 1, data_format: DataFormat | None = None
) -> np.ndarray:
    """ZeroPadding2D (Keras documentation, ZeroPadding2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; padding: a number of zeros for all sides,
    or for each axis of space one, or (before, after). Returns x with height and
    width of so many more.

    Raises ValueError for other shapes and options, and for padding below 0.

    >>> x = np.ones((1, 1, 2, 1), int)
    >>> zero_padding2d(x, padding=(1, (0, 2)))[0, :, :, 0]
    array([[0, 0, 0, 0],
           [1, 1, 0, 0],
           [0, 0, 0, 0]])
    """
    x = as_raw_array(zero_padding2d, x=x)
    data_format = as_option(zero_padding2d, data_format=data_format)
    check_images(zero_padding2d, 2, x, data_format)
    _check_sides(zero_padding2d, 2, padding=padding)
    return _zero_padding(x, padding, data_format)


def zero_padding3d(
    x: ArrayLike, *, padding: Sides = 1, data_format: DataFormat | None = None
) -> np.ndarray:
    """ZeroPadding3D (Keras documentation, ZeroPadding3D).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first"; padding: a number of
    zeros for all sides, or for each axis of space one, or (before, after).
    Returns x with depth, height and width of so many more.

    Raises ValueError for other shapes and options, and for padding below 0.

    >>> x = np.ones((1, 1, 1, 2, 1), int)
    >>> zero_padding3d(x, padding=(0, 1, 0))[0, :, :, :, 0]
    array([[[0, 0],
            [1, 1],
            [0, 0]]])
    """
    x = as_raw_array(zero_padding3d, x=x)
    data_format = as_option(zero_padding3d, data_format=data_format)
    check_images(zero_padding3d, 3, x, data_format)
    _check_sides(zero_padding3d, 3, padding=padding)
    return _zero_padding(x, padding, data_format)


def _zero_padding(x, padding, data_format):
    """Zeros around images of any rank, as zero_padding2d."""
    pairs = before_and_after(padding, x.ndim - 2)
    if data_format == "channels_first":
        return np.pad(x, [(0, 0), (0, 0), *pairs])
    return np.pad(x, [(0, 0), *pairs, (0, 0)])


# -- Cropping1D, Cropping2D, Cropping3D


def _check_cropping(function, rank, x, cropping, data_format):
    """Something must be left of the images."""
    check_images(function, rank, x, data_format)
    _check_sides(function, rank, cropping=cropping)
    space = x.shape[2:] if data_format == "channels_first" else x.shape[1:-1]
    for length, pair in zip(space, before_and_after(cropping, rank)):
        if sum(pair) >= length:
            raise ValueError(
                f"{function.__name__}: cropping must leave something of "
                f"{tuple(space)}, not drop {cropping!r}"
            )


def cropping1d(
    x: ArrayLike, *, cropping: int | Sequence[int] = 1
) -> np.ndarray:
    """Cropping1D (Keras documentation, Cropping1D).

    x: (batch, length, channels); cropping: how many entries to drop at both
    ends, or (before, after). Returns x with a length of so many less.

    Raises ValueError for other shapes, and where nothing would be left.

    >>> cropping1d([[[1], [2], [3], [4]]], cropping=(0, 1))[0, :, 0]
    array([1, 2, 3])
    """
    x = as_raw_array(cropping1d, x=x)
    _check_cropping(cropping1d, 1, x, cropping, None)
    return _crop(x, cropping, None)


def cropping2d(
    x: ArrayLike, *, cropping: Sides = 0, data_format: DataFormat | None = None
) -> np.ndarray:
    """Cropping2D (Keras documentation, Cropping2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; cropping: how many entries to drop on all
    sides, or for each axis of space one, or (before, after). It drops nothing
    by default. Returns x with height and width of so many less.

    Raises ValueError for other shapes and options, and where nothing would be
    left.

    >>> x = np.arange(9).reshape(1, 3, 3, 1)
    >>> cropping2d(x, cropping=((1, 0), (0, 2)))[0, :, :, 0]
    array([[3],
           [6]])
    """
    x = as_raw_array(cropping2d, x=x)
    data_format = as_option(cropping2d, data_format=data_format)
    _check_cropping(cropping2d, 2, x, cropping, data_format)
    return _crop(x, cropping, data_format)


def cropping3d(
    x: ArrayLike, *, cropping: Sides = 1, data_format: DataFormat | None = None
) -> np.ndarray:
    """Cropping3D (Keras documentation, Cropping3D).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first"; cropping: how many
    entries to drop on all sides, or for each axis of space one, or (before,
    after). Returns x with depth, height and width of so many less.

    Raises ValueError for other shapes and options, and where nothing would be
    left.

    >>> x = np.arange(27).reshape(1, 3, 3, 3, 1)
    >>> cropping3d(x, cropping=(1, 1, (0, 1)))[0, :, :, :, 0]
    array([[[12, 13]]])
    """
    x = as_raw_array(cropping3d, x=x)
    data_format = as_option(cropping3d, data_format=data_format)
    _check_cropping(cropping3d, 3, x, cropping, data_format)
    return _crop(x, cropping, data_format)


def _crop(x, cropping, data_format):
    """What is left of images of any rank, as cropping2d."""
    pairs = before_and_after(cropping, x.ndim - 2)
    first = 2 if data_format == "channels_first" else 1  # axis of space
    slices = [slice(None)] * first
    for (before, after), length in zip(pairs, x.shape[first:]):
        slices.append(slice(before, length - after))
    return x[tuple(slices)]


# -- UpSampling1D, UpSampling2D, UpSampling3D


def up_sampling1d(x: ArrayLike, *, size: int = 2) -> np.ndarray:
    """UpSampling1D (Keras documentation, UpSampling1D).

    x: (batch, length, channels). Returns (batch, length * size, channels).

    Raises ValueError for other shapes and sizes.

    >>> up_sampling1d([[[1], [2]]], size=3)[0, :, 0]
    array([1, 1, 1, 2, 2, 2])
    """
    x = as_raw_array(up_sampling1d, x=x)
    check_images(up_sampling1d, 1, x, None)
    check_sizes(up_sampling1d, size=size)
    return repeat_entries(x, size, None)


def up_sampling2d(
    x: ArrayLike,
    *,
    size: OneOrMore = 2,
    data_format: DataFormat | None = None,
    interpolation: Interpolation = "nearest",
) -> np.ndarray:
    """UpSampling2D (Keras documentation, UpSampling2D).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; size: an integer or two; interpolation:
    "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5". Returns x with
    height and width multiplied by size; all but "nearest" make fractions, as
    predict does: where its layer is called on whole numbers, Keras rounds.
    On TensorFlow, Keras rounds the distances of "bicubic" to 1/1024 pixel: it
    is off by up to 1e-3 of the largest entry, unless size is a power of two.

    Raises ValueError for other shapes and options.

    >>> x = [[[[1], [3]]]]  # (batch, height, width, channels)
    >>> up_sampling2d(x, size=(1, 2))[0, :, :, 0]
    array([[1, 1, 3, 3]])
    >>> up_sampling2d(x, size=(1, 2), interpolation="bilinear")[0, :, :, 0]
    array([[1. , 1.5, 2.5, 3. ]])
    """
    x = as_raw_array(up_sampling2d, x=x)
    data_format = as_option(up_sampling2d, data_format=data_format)
    interpolation = as_option(  # unlike Resizing, with capitals, too
        up_sampling2d, ["interpolation"], interpolation=interpolation
    )
    check_images(up_sampling2d, 2, x, data_format)
    check_sizes(up_sampling2d, 2, size=size)
    if interpolation == "nearest":
        return repeat_entries(x, size, data_format)
    rows, columns = np.broadcast_to(size, 2)
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    y = resize(x, rows * x.shape[1], columns * x.shape[2], interpolation)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def up_sampling3d(
    x: ArrayLike,
    *,
    size: OneOrMore = 2,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """UpSampling3D (Keras documentation, UpSampling3D).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first"; size: an integer or
    three. Returns x with depth, height and width multiplied by size.

    Raises ValueError for other shapes and options.

    >>> x = np.array([1, 2]).reshape(1, 1, 1, 2, 1)
    >>> up_sampling3d(x, size=(1, 2, 2))[0, :, :, :, 0]
    array([[[1, 1, 2, 2],
            [1, 1, 2, 2]]])
    """
    x = as_raw_array(up_sampling3d, x=x)
    data_format = as_option(up_sampling3d, data_format=data_format)
    check_images(up_sampling3d, 3, x, data_format)
    check_sizes(up_sampling3d, 3, size=size)
    return repeat_entries(x, size, data_format)


def repeat_entries(
    x: ArrayLike, size: OneOrMore = 2, data_format: DataFormat | None = None
) -> np.ndarray:
    """Each entry several times in a row, on all axes of space, as UpSampling.

    x: (batch, ..., channels), or (batch, channels, ...) if data_format is
    "channels_first"; size: how often, one number or one for each axis of space.

    Raises ValueError for other shapes and options.

    >>> repeat_entries([[[1], [2]]], size=3)[0, :, 0]
    array([1, 1, 1, 2, 2, 2])
    """
    x = as_raw_array(repeat_entries, x=x)
    data_format = as_option(repeat_entries, data_format=data_format)
    check_rank(repeat_entries, 3, x=x)
    check_sizes(repeat_entries, x.ndim - 2, size=size)
    first = 2 if data_format == "channels_first" else 1
    for axis, times in enumerate(np.broadcast_to(size, x.ndim - 2), first):
        x = np.repeat(x, times, axis)
    return x
