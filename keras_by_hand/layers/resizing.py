"""Resizing: where a new pixel lies, and what it takes of the old."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    as_array,
    as_option,
    check_flags,
    check_rank,
    check_sizes,
)

Interpolation = Literal[
    "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"
]


def pixel_distances(length: int, new_length: int) -> np.ndarray:
    """Distances from the centers of old pixels to those of new ones.

    Returns (new_length, length), in old pixels: the new minus the old.

    Raises ValueError for a length below 1.

    >>> pixel_distances(2, 4)[:, 0]  # to the first of two pixels
    array([-0.25,  0.25,  0.75,  1.25])
    """
    check_sizes(pixel_distances, length=length, new_length=new_length)
    centers = (np.arange(new_length) + 0.5) * length / new_length - 0.5
    return centers[:, np.newaxis] - np.arange(length)


def resize(
    x: ArrayLike,
    height: int,
    width: int,
    interpolation: Interpolation = "bilinear",
    antialias: bool = False,
) -> np.ndarray:
    """x: (..., old height, old width, channels). Returns (..., height, width,
    channels), in the dtype of x, or in float64 for integers.

    Raises ValueError for other shapes, sizes and interpolations.

    >>> resize([[[0], [4]]], 1, 4)[0, :, 0]
    array([0., 1., 3., 4.])
    """
    x = as_array(resize, x=x)
    interpolation = as_option(resize, interpolation=interpolation)
    check_flags(resize, antialias=antialias)
    check_rank(resize, 3, 4, x=x)
    check_sizes(resize, height=height, width=width)
    dtype = np.result_type(x, 0.0)
    for axis, new_length in ((-3, height), (-2, width)):
        distance = pixel_distances(x.shape[axis], new_length)
        if antialias and interpolation != "nearest":
            distance = distance / max(1, x.shape[axis] / new_length)
        weights = interpolation_kernel(distance, interpolation)
        weights = weights / weights.sum(axis=1, keepdims=True)  # (new, old)
        weights = weights.astype(dtype)
        x = np.moveaxis(np.tensordot(weights, x, (1, axis)), 0, axis)
    return x


def interpolation_kernel(
    distance: ArrayLike, interpolation: Interpolation
) -> np.ndarray:
    """The weight of an old pixel at this distance from a new one (Keys, 1981,
    for "bicubic"; Lanczos' windowed sinc). Returns the shape of distance.

    Raises ValueError for another interpolation.

    >>> interpolation_kernel([-0.25, 0.75, 1.5], "bilinear")
    array([0.75, 0.25, 0.  ])
    """
    distance = as_array(interpolation_kernel, distance=distance)
    interpolation = as_option(interpolation_kernel, interpolation=interpolation)
    d = np.abs(distance)
    if interpolation == "nearest":
        return ((-0.5 <= distance) & (distance < 0.5)).astype(float)
    if interpolation == "bilinear":
        return np.maximum(0, 1 - d)
    if interpolation == "bicubic":
        near = 1.5 * d**3 - 2.5 * d**2 + 1
        far = -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
        return np.where(d < 1, near, np.where(d < 2, far, 0))
    radius = {"lanczos3": 3, "lanczos5": 5}[interpolation]
    return np.where(d < radius, np.sinc(d) * np.sinc(d / radius), 0)
