"""Regularization layers: dropout, noise and penalties in training."""

import numpy as np

from keras_by_hand.shapes import check_broadcasts, check_shapes


def dropout(x, kept, *, rate):
    """A Dropout layer in training (Srivastava et al., 2014).

    x: any shape, kept: False for entries to drop, in the shape of x or one that
    broadcasts to it. Returns an array in the shape of x.
    """
    check_broadcasts("dropout", kept=(kept, np.shape(x)))
    return np.where(kept, x / (1 - rate), 0)


def spatial_dropout(x, kept, *, rate, data_format="channels_last"):
    """SpatialDropout1D, 2D or 3D in training (Tompson et al., 2014).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; kept: (batch, channels), False for channels to drop.
    Returns an array in the shape of x.
    """
    space = np.arange(1, x.ndim - 1)
    if data_format == "channels_first":
        space = space + 1
    channels = x.shape[1 if data_format == "channels_first" else -1]
    check_shapes("spatial_dropout", kept=(kept, (len(x), channels)))
    kept = np.expand_dims(kept, tuple(space))
    return np.where(kept, x / (1 - rate), 0)


spatial_dropout1d = spatial_dropout2d = spatial_dropout3d = spatial_dropout


def gaussian_noise(x, z, *, stddev):
    """A GaussianNoise layer in training (Keras documentation).

    x: any shape, z: standard normal numbers in that shape. Returns that shape.
    """
    check_shapes("gaussian_noise", z=(z, np.shape(x)))
    return x + stddev * z


def gaussian_dropout(x, z, *, rate):
    """A GaussianDropout layer in training (Srivastava et al., 2014).

    x: any shape, z: standard normal numbers in that shape. Returns that shape.
    """
    check_shapes("gaussian_dropout", z=(z, np.shape(x)))
    return x * (1 + np.sqrt(rate / (1 - rate)) * z)


def alpha_dropout(x, kept, *, rate):
    """An AlphaDropout layer in training (Klambauer et al., 2017).

    x: any shape, kept: False for entries to replace, in the shape of x or one
    that broadcasts to it. Returns an array in the shape of x.
    """
    check_broadcasts("alpha_dropout", kept=(kept, np.shape(x)))
    lowest = -1.6732632423543772 * 1.0507009873554805  # of selu
    a = 1 / np.sqrt((1 - rate) * (1 + rate * lowest**2))
    b = -a * rate * lowest
    return a * np.where(kept, x, lowest) + b


def activity_regularization(x, *, l1=0.0, l2=0.0):
    """What an ActivityRegularization layer adds to the loss; it returns x.

    x: (batch, ...). Returns a number (Keras documentation).
    """
    return np.sum(l1 * np.abs(x) + l2 * np.square(x)) / len(x)
