"""Preprocessing: numbers, categories and images."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from keras_by_hand.layers.resizing import Interpolation, resize
from keras_by_hand.shapes import (
    DataFormat,
    as_array,
    as_arrays,
    as_option,
    check_axes,
    check_broadcasts,
    check_flags,
    check_numbers,
    check_rank,
    check_shapes,
    check_sizes,
    check_sparse,
    entries_of,
)


def rescaling(
    x: ArrayLike, *, scale: ArrayLike, offset: ArrayLike = 0.0
) -> np.ndarray:
    """Rescaling (Keras documentation, Rescaling).

    x: any shape, also of bytes; scale, offset: from the layer's config, numbers
    or a list of one for each channel, on the last axis. There are no weights.
    Returns the shape of x, in its dtype, or in float64 for integers.

    Raises ValueError for a scale or an offset that does not broadcast to x.

    >>> rescaling([0, 64, 256], scale=1 / 128, offset=-1)
    array([-1. , -0.5,  1. ])
    """
    x, scale, offset = as_arrays(rescaling, x=x, scale=scale, offset=offset)
    check_broadcasts(
        rescaling, scale=(scale, x.shape), offset=(offset, x.shape)
    )
    dtype = np.result_type(x, 0.0)
    scale, offset = np.float32(scale), np.float32(offset)  # as Keras rounds
    x = x.astype(dtype, copy=False)
    return x * scale.astype(dtype) + offset.astype(dtype)


def normalization(
    x: ArrayLike,
    mean: ArrayLike | None = None,
    variance: ArrayLike | None = None,
    count: ArrayLike = 0,
    *,
    axis: int | Sequence[int] | None = -1,
    invert: bool = False,
) -> np.ndarray:
    """Normalization (Keras documentation, Normalization).

    x: any shape; mean, variance: from the layer's config, or, where they are
    None there, its first two weights; in the shape of the axes that are kept,
    in the order of x, or broadcast to it. Numbers and lists are rounded to
    float32, as Keras does. count: the third weight, not used. axis, invert:
    from the config. Returns the shape of x.

    Raises ValueError where mean or variance is missing, for other shapes, and
    for axes that x has not.

    >>> normalization([[1, 10], [3, 30]], mean=[2, 20], variance=[1, 25])
    array([[-1., -2.],
           [ 1.,  2.]])
    """
    x, count = as_arrays(normalization, x=x, count=count)
    check_flags(normalization, invert=invert)
    _check_moments(x, mean, variance, axis)
    check_shapes(normalization, count=(count, ()))
    if not hasattr(mean, "dtype"):
        mean, variance = np.asarray([mean, variance], "float32")
    mean, variance = as_arrays(normalization, mean=mean, variance=variance)
    kept = [] if axis is None else sorted(np.atleast_1d(axis) % x.ndim)
    others = [a for a in range(x.ndim) if a not in kept]
    shape = [x.shape[a] for a in kept]
    mean, variance = [
        np.expand_dims(np.broadcast_to(array, shape), others)
        for array in (mean, variance)
    ]
    dtype = np.result_type(x, 0.0)
    mean = mean.astype(dtype)
    deviation = np.maximum(np.sqrt(variance.astype(dtype)), 1e-7)
    return x * deviation + mean if invert else (x - mean) / deviation


def _check_moments(x, mean, variance, axis):
    """Both must be there, in one shape, for the axes that are kept."""
    if mean is None or variance is None:
        raise ValueError("normalization: mean and variance must be given")
    mean, variance = as_arrays(normalization, mean=mean, variance=variance)
    kept = ()
    if axis is not None and entries_of(axis) != []:  # configs have () for None
        check_axes(normalization, x.ndim, axis=axis)
        kept = sorted(np.atleast_1d(axis) % x.ndim)
    shape = [x.shape[a] for a in kept]
    check_broadcasts(normalization, mean=(mean, shape))
    check_shapes(normalization, variance=(variance, mean.shape))


def category_encoding(
    x: ArrayLike,
    count_weights: ArrayLike | None = None,
    *,
    num_tokens: int,
    output_mode: Literal["multi_hot", "one_hot", "count"] = "multi_hot",
    sparse: Literal[False] = False,
) -> np.ndarray:
    """CategoryEncoding (Keras documentation, CategoryEncoding).

    x: (length,) or (batch, length), numbers, whose whole parts are taken; there
    is no column for num_tokens and more. count_weights: the shape of x, for
    "count" only. The other arguments stand in the layer's config; it has no
    weights. Returns (..., length, num_tokens) for "one_hot", where a last axis
    of length 1 is dropped, else (..., num_tokens). They are in float64: zeros,
    ones and counts are exact in any dtype.

    Raises ValueError for other shapes and options, for sparse=True, for
    count_weights beside another output_mode, and for numbers below 0 where
    Keras refuses them: not for "one_hot", nor with three axes or more.

    >>> category_encoding([[0, 2, 2], [1, 1, 1]], num_tokens=3)
    array([[1., 0., 1.],
           [0., 1., 0.]])
    """
    x, count_weights = as_arrays(
        category_encoding, x=x, count_weights=count_weights
    )
    output_mode = as_option(category_encoding, output_mode=output_mode)
    check_sizes(category_encoding, num_tokens=num_tokens)
    check_sparse(category_encoding, sparse)
    _check_categories(x, count_weights, output_mode)
    x = np.atleast_1d(x)
    if output_mode == "one_hot" and x.ndim > 1 and x.shape[-1] == 1:
        x = x[..., 0]
    rows = np.trunc(x)[..., None] == np.arange(num_tokens)
    axis = min(x.ndim - 1, 1)  # also where x has more than two axes
    if output_mode == "multi_hot":
        rows = rows.any(axis)
    elif output_mode == "count":
        weights = 1 if count_weights is None else np.float64(count_weights)
        rows = (rows * np.expand_dims(weights, -1)).sum(axis)
    return rows.astype("float64")


def _check_categories(x, count_weights, output_mode):
    """None may be below 0, where Keras refuses it; a weight for each of them if
    these are counted."""
    if output_mode != "one_hot" and x.ndim < 3 and not np.all(x > -1):
        raise ValueError(
            f"category_encoding: x must not be below 0 for {output_mode!r}, "
            f"as {np.min(x)} is"
        )
    if count_weights is not None and output_mode != "count":
        raise ValueError(
            "category_encoding: count_weights must be None for "
            f"output_mode={output_mode!r}, as 'count' alone takes it"
        )
    check_shapes(category_encoding, count_weights=(count_weights, x.shape))


def discretization(
    x: ArrayLike,
    *,
    bin_boundaries: ArrayLike,
    num_bins: int | None = None,
    epsilon: float = 0.01,
    output_mode: Literal["int", "one_hot", "multi_hot", "count"] = "int",
    sparse: Literal[False] = False,
) -> np.ndarray:
    """Discretization (Keras documentation, Discretization).

    x: any shape; bin_boundaries: (bins - 1,), rising. All arguments stand in
    the layer's config, also the boundaries that adapt has found; there are no
    weights. num_bins and epsilon are for adapt. Returns the shape of x for
    "int", else what category_encoding makes of the bins.

    Raises ValueError for boundaries that fall, another output_mode, and
    sparse=True.

    >>> discretization([-5, 0, 1, 9], bin_boundaries=[0, 2])
    array([0, 1, 1, 2])
    """
    x = as_array(discretization, x=x)
    output_mode = as_option(discretization, output_mode=output_mode)
    _check_boundaries(bin_boundaries)
    _check_adaption(num_bins, epsilon)
    check_sparse(discretization, sparse)
    boundaries = np.asarray(bin_boundaries, "float32")
    bins = np.searchsorted(boundaries, x.astype("float32"), side="right")
    if output_mode == "int":
        return bins
    tokens = len(boundaries) + 1
    return category_encoding(bins, num_tokens=tokens, output_mode=output_mode)


def _check_adaption(num_bins, epsilon):
    """What adapt was told must be numbers."""
    check_numbers(discretization, epsilon=epsilon)
    if num_bins is not None:
        check_sizes(discretization, least=0, num_bins=num_bins)


def _check_boundaries(bin_boundaries):
    """They must be numbers in a row that do not fall."""
    boundaries = as_array(discretization, bin_boundaries=bin_boundaries)
    check_shapes(discretization, bin_boundaries=(boundaries, ("bins - 1",)))
    if not np.all(boundaries[1:] >= boundaries[:-1]):
        raise ValueError(
            "discretization: bin_boundaries must rise, not be "
            f"{bin_boundaries!r}"
        )


def resizing(
    x: ArrayLike,
    *,
    height: int,
    width: int,
    interpolation: Interpolation = "bilinear",
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: Literal["constant"] = "constant",
    fill_value: float = 0.0,
    antialias: bool = False,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """Resizing (Keras documentation, Resizing), of float numbers.

    x: (..., old height, old width, channels), or (..., channels, old height,
    old width) if data_format is "channels_first"; interpolation: "nearest",
    "bilinear", "bicubic", "lanczos3" or "lanczos5"; fill_mode: "constant" only.
    Returns x with the new height and width, in fractions, as predict does:
    where its layer is called on whole numbers, Keras rounds. On TensorFlow,
    Keras rounds the distances of "bicubic" without antialias to 1/1024 pixel:
    it is off by up to 1e-3 of the largest entry.

    Raises ValueError for other shapes, sizes and options, and for an image that
    is to be cropped and padded.

    >>> x = [[[0], [8], [4], [4]]]  # (height, width, channels)
    >>> resizing(x, height=1, width=2)[0, :, 0]
    array([4., 4.])
    """
    x = as_array(resizing, x=x)
    interpolation = as_option(resizing, interpolation=interpolation)
    fill_mode = as_option(resizing, fill_mode=fill_mode)
    data_format = as_option(resizing, data_format=data_format)
    check_flags(
        resizing,
        crop_to_aspect_ratio=crop_to_aspect_ratio,
        pad_to_aspect_ratio=pad_to_aspect_ratio,
        antialias=antialias,
    )
    check_rank(resizing, 3, 4, x=x)
    check_sizes(resizing, height=height, width=width)
    check_numbers(resizing, fill_value=fill_value)
    _check_ratios(crop_to_aspect_ratio, pad_to_aspect_ratio)
    if data_format == "channels_first":
        x = np.moveaxis(x, -3, -1)
    if crop_to_aspect_ratio:
        x = crop_to_ratio(x, height, width)
    if pad_to_aspect_ratio:
        x = pad_to_ratio(x, height, width, fill_value)
    y = resize(x, height, width, interpolation, antialias)
    return np.moveaxis(y, -1, -3) if data_format == "channels_first" else y


def _check_ratios(crop_to_aspect_ratio, pad_to_aspect_ratio):
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "resizing: crop_to_aspect_ratio or pad_to_aspect_ratio must be "
            "False, not both True"
        )


def crop_to_ratio(x: ArrayLike, height: int, width: int) -> np.ndarray:
    """Cuts x: (..., old height, old width, channels) to the ratio of height and
    width, around the middle: if an odd number goes, one more at the end.

    Raises ValueError for other shapes and sizes.

    >>> crop_to_ratio([[[1], [2], [3], [4]]], 1, 2)[0, :, 0]
    array([2, 3])
    """
    x = as_array(crop_to_ratio, x=x)
    check_rank(crop_to_ratio, 3, x=x)
    check_sizes(crop_to_ratio, height=height, width=width)
    h, w = x.shape[-3:-1]
    rows = max(1, min(h, w * height // width))
    columns = max(1, min(w, h * width // height))
    top, left = (h - rows) // 2, (w - columns) // 2
    return x[..., top : top + rows, left : left + columns, :]


def pad_to_ratio(
    x: ArrayLike, height: int, width: int, fill_value: float = 0.0
) -> np.ndarray:
    """Pads x: (..., old height, old width, channels) to the ratio of height and
    width, equally at both ends: if an odd number is needed, one too few.

    Raises ValueError for other shapes and sizes.

    >>> pad_to_ratio([[[1], [2]]], 1, 4, fill_value=9)[0, :, 0]
    array([9, 1, 2, 9])
    """
    x = as_array(pad_to_ratio, x=x)
    check_rank(pad_to_ratio, 3, x=x)
    check_sizes(pad_to_ratio, height=height, width=width)
    h, w = x.shape[-3:-1]
    rows = max(0, w * height // width - h) // 2
    columns = max(0, h * width // height - w) // 2
    widths = [(0, 0)] * (x.ndim - 3) + [(rows, rows), (columns, columns)]
    return np.pad(x, [*widths, (0, 0)], constant_values=fill_value)


def as_whole_numbers(y: ArrayLike, dtype: DTypeLike) -> np.ndarray:
    """Float numbers y, rounded and clipped to an integer dtype.

    Raises TypeError for another dtype.

    >>> as_whole_numbers([-3.2, 1.7, 300.0], "uint8")
    array([  0,   2, 255], dtype=uint8)
    """
    y = as_array(as_whole_numbers, y=y)
    _check_integers(dtype)
    limits = np.iinfo(dtype)
    return np.clip(np.round(y), limits.min, limits.max).astype(dtype)


def _check_integers(dtype):
    if not any(dtype == np.dtype(code) for code in np.typecodes["AllInteger"]):
        raise TypeError(
            f"as_whole_numbers: dtype must be one of integers, not {dtype!r}"
        )


def center_crop(
    x: ArrayLike,
    *,
    height: int,
    width: int,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """CenterCrop (Keras documentation, CenterCrop).

    x: (..., old height, old width, channels), or (..., channels, old height,
    old width) if data_format is "channels_first". Returns x with the new height
    and width.

    Raises ValueError for other shapes, sizes and options.

    >>> x = np.arange(15).reshape(3, 5, 1)
    >>> center_crop(x, height=1, width=3)[:, :, 0]
    array([[6, 7, 8]])
    """
    x = as_array(center_crop, x=x)
    data_format = as_option(center_crop, data_format=data_format)
    check_rank(center_crop, 3, 4, x=x)
    check_sizes(center_crop, height=height, width=width)
    if data_format == "channels_first":
        x = np.moveaxis(x, -3, -1)
    rows, columns = x.shape[-3:-1]
    if rows >= height and columns >= width:
        top, left = (rows - height) // 2, (columns - width) // 2
        y = x[..., top : top + height, left : left + width, :]
    else:
        y = resize(crop_to_ratio(x, height, width), height, width)
    return np.moveaxis(y, -1, -3) if data_format == "channels_first" else y
