"""Preprocessing: numbers, categories and images."""

import numpy as np

from keras_by_hand.layers.resizing import resize
from keras_by_hand.shapes import check_broadcasts, check_shapes


def rescaling(x, *, scale, offset=0.0):
    """Rescaling (Keras documentation, Rescaling).

    x: any shape, also of bytes; scale, offset: from the layer's config, numbers
    or a list of one for each channel, on the last axis. There are no weights.
    Returns the shape of x, in its dtype, or in float64 for integers.
    """
    dtype = np.result_type(x, 0.0)
    scale, offset = np.float32(scale), np.float32(offset)  # as Keras rounds
    return np.asarray(x, dtype) * scale.astype(dtype) + offset.astype(dtype)


def normalization(
    x, mean=None, variance=None, count=0, *, axis=-1, invert=False
):
    """Normalization (Keras documentation, Normalization).

    x: any shape; mean, variance: from the layer's config, or, where they are
    None there, its first two weights; in the shape of the axes that are kept,
    in the order of x, or broadcast to it. count: the third weight, not used.
    axis, invert: from the config. Returns the shape of x.
    """
    if mean is None or variance is None:
        raise ValueError("normalization: mean and variance must be given")
    if not hasattr(mean, "dtype"):  # Keras rounds numbers and lists
        mean, variance = np.float32(mean), np.float32(variance)
    kept = [] if axis is None else sorted(np.atleast_1d(axis) % x.ndim)
    others = [a for a in range(x.ndim) if a not in kept]
    shape = [x.shape[a] for a in kept]
    check_broadcasts(
        "normalization", mean=(mean, shape), variance=(variance, shape)
    )
    mean, variance = [
        np.expand_dims(np.broadcast_to(array, shape), others)
        for array in (mean, variance)
    ]
    dtype = np.result_type(x, 0.0)
    mean = mean.astype(dtype)
    deviation = np.maximum(np.sqrt(variance.astype(dtype)), 1e-7)
    return x * deviation + mean if invert else (x - mean) / deviation


def category_encoding(
    x, count_weights=None, *, num_tokens, output_mode="multi_hot", sparse=False
):
    """CategoryEncoding (Keras documentation, CategoryEncoding).

    x: (length,) or (batch, length), numbers, whose whole parts are taken;
    count_weights: the shape of x, for "count" only. The other arguments stand
    in the layer's config; it has no weights. Returns (..., length, num_tokens)
    for "one_hot", where a last axis of length 1 is dropped, else (...,
    num_tokens). Never sparse, and in float64: zeros, ones and counts are exact
    in any dtype.
    """
    check_shapes(
        "category_encoding", count_weights=(count_weights, np.shape(x))
    )
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
    return np.float64(rows)


def discretization(
    x,
    *,
    bin_boundaries,
    num_bins=None,
    epsilon=0.01,
    output_mode="int",
    sparse=False,
):
    """Discretization (Keras documentation, Discretization).

    x: any shape; bin_boundaries: (bins - 1,), rising. All arguments stand in
    the layer's config, also the boundaries that adapt has found; there are no
    weights. num_bins and epsilon are for adapt. Returns the shape of x for
    "int", else what category_encoding makes of the bins. Never sparse.
    """
    boundaries = np.float32(bin_boundaries)
    bins = np.searchsorted(boundaries, np.float32(x), side="right")
    if output_mode == "int":
        return bins
    tokens = len(boundaries) + 1
    return category_encoding(bins, num_tokens=tokens, output_mode=output_mode)


def resizing(
    x,
    *,
    height,
    width,
    interpolation="bilinear",
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    antialias=False,
    data_format=None,
):
    """Resizing (Keras documentation), of float numbers.

    x: (..., old height, old width, channels), or (..., channels, old height,
    old width) if data_format is "channels_first"; interpolation: "nearest",
    "bilinear", "bicubic", "lanczos3" or "lanczos5"; fill_mode: "constant" only.
    Returns x with the new height and width.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, -3, -1)
    if crop_to_aspect_ratio:
        x = crop_to_ratio(x, height, width)
    if pad_to_aspect_ratio:
        x = pad_to_ratio(x, height, width, fill_value)
    y = resize(x, height, width, interpolation, antialias)
    return np.moveaxis(y, -1, -3) if data_format == "channels_first" else y


def crop_to_ratio(x, height, width):
    """Cuts x: (..., old height, old width, channels) to the ratio of height and
    width, around the middle: if an odd number goes, one more at the end."""
    h, w = x.shape[-3:-1]
    rows = max(1, min(h, w * height // width))
    columns = max(1, min(w, h * width // height))
    top, left = (h - rows) // 2, (w - columns) // 2
    return x[..., top : top + rows, left : left + columns, :]


def pad_to_ratio(x, height, width, fill_value=0.0):
    """Pads x: (..., old height, old width, channels) to the ratio of height and
    width, equally at both ends: if an odd number is needed, one too few."""
    h, w = x.shape[-3:-1]
    rows = max(0, w * height // width - h) // 2
    columns = max(0, h * width // height - w) // 2
    widths = [(0, 0)] * (x.ndim - 3) + [(rows, rows), (columns, columns)]
    return np.pad(x, [*widths, (0, 0)], constant_values=fill_value)


def as_whole_numbers(y, dtype):
    """Float numbers y, rounded and clipped to an integer dtype."""
    limits = np.iinfo(dtype)
    return np.clip(np.round(y), limits.min, limits.max).astype(dtype)


def center_crop(x, *, height, width, data_format=None):
    """CenterCrop (Keras documentation).

    x: (..., old height, old width, channels), or (..., channels, old height,
    old width) if data_format is "channels_first". Returns x with the new height
    and width.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, -3, -1)
    rows, columns = x.shape[-3:-1]
    if rows >= height and columns >= width:
        top, left = (rows - height) // 2, (columns - width) // 2
        y = x[..., top : top + height, left : left + width, :]
    else:
        y = resize(crop_to_ratio(x, height, width), height, width)
    return np.moveaxis(y, -1, -3) if data_format == "channels_first" else y


def unchanged(images, **arguments):
    """Return the images, as each of these layers does in model.predict.

    images: any shape; arguments: any of the layer's config. There are no
    weights. Source: the layers' documentation in Keras.
    """
    return images


aug_mix = cut_mix = mix_up = rand_augment = random_brightness = unchanged


random_color_degeneration = random_color_jitter = random_contrast = unchanged


random_elastic_transform = random_erasing = random_flip = unchanged


random_gaussian_blur = random_grayscale = random_hue = random_invert = unchanged


random_perspective = random_posterization = random_rotation = unchanged


random_saturation = random_sharpness = random_shear = unchanged


random_translation = random_zoom = unchanged
