"""Regularization layers: dropout, noise and penalties in training."""

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    LARGEST,
    DataFormat,
    as_array,
    as_arrays,
    as_option,
    as_raw_array,
    check_booleans,
    check_broadcasts,
    check_images,
    check_numbers,
    check_rank,
    check_shapes,
)


def dropout(x: ArrayLike, kept: ArrayLike, *, rate: float) -> np.ndarray:
    """A Dropout layer in training (Srivastava et al., 2014).

    x: any shape, kept: False for entries to drop, in the shape of x or one that
    broadcasts to it. Returns an array in the shape of x.

    Raises ValueError for a rate that is not from 0 to 1, and for other shapes.

    >>> dropout([[1, 2, 3, 4]], [[True, False, True, False]], rate=0.5)
    array([[2., 0., 6., 0.]])
    """
    x = as_array(dropout, x=x)
    kept = as_raw_array(dropout, kept=kept)
    check_numbers(dropout, 0, 1, rate=rate)
    check_broadcasts(dropout, kept=(kept, x.shape))
    check_booleans(dropout, kept=kept)
    return np.where(kept, x / (1 - rate), 0)


def spatial_dropout1d(
    x: ArrayLike, kept: ArrayLike, *, rate: float
) -> np.ndarray:
    """SpatialDropout1D in training (Tompson et al., 2014).

    x: (batch, steps, channels), kept: (batch, channels), False for channels to
    drop. Returns an array in the shape of x.

    Raises ValueError for a rate that is not from 0 to 1, and for other shapes.

    >>> x, kept = [[[1, 2], [3, 4]]], [[False, True]]
    >>> spatial_dropout1d(x, kept, rate=0.5)
    array([[[0., 4.],
            [0., 8.]]])
    """
    x = as_array(spatial_dropout1d, x=x)
    kept = as_raw_array(spatial_dropout1d, kept=kept)
    _check_kept_channels(spatial_dropout1d, 1, x, kept, rate)
    return dropout(x, kept[:, np.newaxis], rate=rate)


def spatial_dropout2d(
    x: ArrayLike,
    kept: ArrayLike,
    *,
    rate: float,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """SpatialDropout2D in training (Tompson et al., 2014).

    x: (batch, height, width, channels), or (batch, channels, height, width) if
    data_format is "channels_first"; kept: (batch, channels), False for channels
    to drop. Returns an array in the shape of x.

    Raises ValueError for a rate that is not from 0 to 1, and for other shapes
    and options.

    >>> x, kept = [[[[1, 2], [3, 4]]]], [[False, True]]  # two pixels
    >>> spatial_dropout2d(x, kept, rate=0.5)
    array([[[[0., 4.],
             [0., 8.]]]])
    """
    x = as_array(spatial_dropout2d, x=x)
    kept = as_raw_array(spatial_dropout2d, kept=kept)
    data_format = as_option(spatial_dropout2d, data_format=data_format)
    _check_kept_channels(spatial_dropout2d, 2, x, kept, rate, data_format)
    space = (2, 3) if data_format == "channels_first" else (1, 2)
    return dropout(x, np.expand_dims(kept, space), rate=rate)


def spatial_dropout3d(
    x: ArrayLike,
    kept: ArrayLike,
    *,
    rate: float,
    data_format: DataFormat | None = None,
) -> np.ndarray:
    """SpatialDropout3D in training (Tompson et al., 2014).

    x: (batch, depth, height, width, channels), or (batch, channels, depth,
    height, width) if data_format is "channels_first"; kept: (batch, channels),
    False for channels to drop. Returns an array in the shape of x.

    Raises ValueError for a rate that is not from 0 to 1, and for other shapes
    and options.

    >>> x = np.ones((1, 2, 1, 1, 1))  # two channels of one voxel
    >>> y = spatial_dropout3d(
    ...     x, [[False, True]], rate=0.5, data_format="channels_first"
    ... )
    >>> y.ravel()
    array([0., 2.])
    """
    x = as_array(spatial_dropout3d, x=x)
    kept = as_raw_array(spatial_dropout3d, kept=kept)
    data_format = as_option(spatial_dropout3d, data_format=data_format)
    _check_kept_channels(spatial_dropout3d, 3, x, kept, rate, data_format)
    space = (2, 3, 4) if data_format == "channels_first" else (1, 2, 3)
    return dropout(x, np.expand_dims(kept, space), rate=rate)


def _check_kept_channels(function, rank, x, kept, rate, data_format=None):
    """There must be rank axes of space, and a flag for each channel."""
    check_numbers(function, 0, 1, rate=rate)
    check_images(function, rank, x, data_format)
    channels = x.shape[1 if data_format == "channels_first" else -1]
    check_shapes(function, kept=(kept, (len(x), channels)))
    check_booleans(function, kept=kept)


def _check_below_1(function, rate):
    """The rate must not be 1, by which Keras fails."""
    check_numbers(function, 0, 1, rate=rate)
    if rate == 1:
        raise ValueError(f"{function.__name__}: rate must be below 1")


def gaussian_noise(x: ArrayLike, z: ArrayLike, *, stddev: float) -> np.ndarray:
    """A GaussianNoise layer in training (Keras documentation).

    x: any shape, z: standard normal numbers in that shape. Returns that shape.

    Raises ValueError for a stddev that is not from 0 to 1, and for other
    shapes.

    >>> gaussian_noise([[10, 20]], z=[[1, -2]], stddev=0.5)
    array([[10.5, 19. ]])
    """
    x, z = as_arrays(gaussian_noise, x=x, z=z)
    check_numbers(gaussian_noise, 0, 1, stddev=stddev)
    check_shapes(gaussian_noise, z=(z, x.shape))
    return x + stddev * z


def gaussian_dropout(x: ArrayLike, z: ArrayLike, *, rate: float) -> np.ndarray:
    """A GaussianDropout layer in training (Srivastava et al., 2014).

    x: any shape, z: standard normal numbers in that shape. Returns that shape.

    Raises ValueError for a rate that is not from 0 to below 1, and for other
    shapes.

    >>> gaussian_dropout([[10, 20]], z=[[1, -2]], rate=0.5)
    array([[ 20., -20.]])
    """
    x, z = as_arrays(gaussian_dropout, x=x, z=z)
    _check_below_1(gaussian_dropout, rate)
    check_shapes(gaussian_dropout, z=(z, x.shape))
    return x * (1 + np.sqrt(rate / (1 - rate)) * z)


def alpha_dropout(x: ArrayLike, kept: ArrayLike, *, rate: float) -> np.ndarray:
    """An AlphaDropout layer in training (Klambauer et al., 2017).

    x: any shape, kept: False for entries to replace, in the shape of x or one
    that broadcasts to it. Returns an array in the shape of x.

    Raises ValueError for a rate that is not from 0 to below 1, and for other
    shapes.

    >>> y = alpha_dropout([[1, 1, 1]], [[True, False, True]], rate=0.25)
    >>> y.round(2)
    array([[ 1.25, -1.14,  1.25]])
    """
    x = as_array(alpha_dropout, x=x)
    kept = as_raw_array(alpha_dropout, kept=kept)
    _check_below_1(alpha_dropout, rate)
    check_broadcasts(alpha_dropout, kept=(kept, x.shape))
    check_booleans(alpha_dropout, kept=kept)
    lowest = -1.6732632423543772 * 1.0507009873554805  # of selu
    a = 1 / np.sqrt((1 - rate) * (1 + rate * lowest**2))
    b = -a * rate * lowest
    return a * np.where(kept, x, lowest) + b


def activity_regularization(
    x: ArrayLike, *, l1: float = 0.0, l2: float = 0.0
) -> np.ndarray:
    """What an ActivityRegularization layer adds to the loss; it returns x.

    x: (batch, ...). Returns a number (Keras documentation).

    Raises ValueError for factors below 0.

    >>> round(float(activity_regularization([[1, -2], [3, 0]], l1=0.5)), 2)
    1.5
    """
    x = as_array(activity_regularization, x=x)
    _check_penalties(l1, l2)
    check_rank(activity_regularization, 1, x=x)
    return np.sum(l1 * np.abs(x) + l2 * np.square(x)) / len(x)


def _check_penalties(l1, l2):
    """Factors must be finite, and at least 0."""
    check_numbers(activity_regularization, 0, LARGEST, l1=l1, l2=l2)
