"""Normalization layers, in prediction and in training."""

import numpy as np


def batch_normalization(
    x,
    gamma=1,
    beta=0,
    moving_mean=0,
    moving_variance=1,
    *,
    axis=-1,
    epsilon=0.001,
):
    """BatchNormalization when predicting (Ioffe and Szegedy, 2015).

    x: any shape. The others: (channels,), with x.shape[axis] channels, or one
    number. Returns the shape of x.
    """
    shape = [1] * x.ndim
    shape[axis] = -1  # all channels
    scale = gamma / np.sqrt(moving_variance + epsilon)
    centered = x - np.reshape(moving_mean, shape)
    return np.reshape(scale, shape) * centered + np.reshape(beta, shape)


def batch_moments(x, mask=None):
    """Mean and variance of the batch, (features,).

    x: (batch, ..., features), mask: (batch, ...), true for what counts.
    """
    rows = x.reshape(-1, x.shape[-1]) if mask is None else x[mask]
    n = len(rows) if mask is None else len(rows) + 1e-7
    mean = np.sum(rows, axis=0) / n
    return mean, np.sum(np.square(rows - mean), axis=0) / n


def moving_average(average, new, momentum=0.99):
    """A moving average after one more value."""
    return momentum * average + (1 - momentum) * new


def fold_batch_normalization(
    kernel, bias, gamma, beta, moving_mean, moving_variance, *, epsilon=0.001
):
    """Kernel and bias that do without the BatchNormalization behind them.

    kernel: (..., filters) of a convolution, (features, units) of Dense, the
    others: (filters,) or one number. (Jacob et al., 2018, section 3.2.)
    """
    scale = gamma / np.sqrt(moving_variance + epsilon)
    return kernel * scale, (bias - moving_mean) * scale + beta


def renormalize(
    x, mean, stddev, *, epsilon=0.001, rmin=0, rmax=np.inf, dmax=np.inf
):
    """What renorm=True does in training, without gamma and beta (Ioffe, 2017).

    x: (batch, ..., features), mean, stddev: renorm_mean and renorm_stddev,
    (features,). Returns the shape of x.
    """
    batch_mean, variance = batch_moments(x)
    batch_stddev = np.sqrt(variance + epsilon)
    r = np.clip(batch_stddev / stddev, rmin, rmax)
    d = np.clip((batch_mean - mean) / stddev, -dmax, dmax)
    return (x - batch_mean) / batch_stddev * r + d


def layer_normalization(x, gamma=None, beta=None, *, axis=-1, epsilon=0.001):
    """LayerNormalization (Ba, Kiros and Hinton, 2016).

    x: any shape, gamma, beta: the lengths of x along the axes, in ascending
    order. Returns the shape of x.
    """
    axes = tuple(np.ravel(axis))
    mean = np.mean(x, axes, keepdims=True)
    variance = np.var(x, axes, keepdims=True)
    y = (x - mean) / np.sqrt(variance + epsilon)
    shape = [1] * x.ndim
    for i in axes:
        shape[i] = x.shape[i]
    if gamma is not None:
        y = y * np.reshape(gamma, shape)
    if beta is not None:
        y = y + np.reshape(beta, shape)
    return y


def rms_normalization(x, scale, *, axis=-1, epsilon=1e-6):
    """RMSNormalization (Zhang and Sennrich, 2019).

    x: any shape, axis: a number or a list, scale: the lengths of x along the
    axes, in ascending order. Returns the shape of x.
    """
    axes = tuple(np.ravel(axis))
    mean_square = np.mean(np.square(x), axes, keepdims=True)
    return scale * x / np.sqrt(mean_square + epsilon)


def group_normalization(
    x, gamma=None, beta=None, *, groups=32, axis=-1, epsilon=0.001
):
    """GroupNormalization (Wu and He, 2018).

    x: (batch, ..., channels), or with channels on another axis; gamma, beta:
    (channels,); groups: -1 for each channel by itself. Returns the shape of x.
    """
    x = np.moveaxis(x, axis, -1)
    size = 1 if groups == -1 else x.shape[-1] // groups  # channels in a group
    grouped = x.reshape(len(x), -1, x.shape[-1] // size, size)
    mean = np.mean(grouped, axis=(1, 3), keepdims=True)
    variance = np.var(grouped, axis=(1, 3), keepdims=True)
    y = (grouped - mean) / np.sqrt(variance + epsilon)
    y = y.reshape(x.shape)
    if gamma is not None:
        y = y * gamma
    if beta is not None:
        y = y + beta
    return np.moveaxis(y, -1, axis)


def unit_normalization(x, *, axis=-1):
    """UnitNormalization (Keras documentation).

    x: any shape, axis: one or several, along which the vectors lie. Returns an
    array in the shape of x.
    """
    axes = tuple(np.atleast_1d(axis))
    length = np.sqrt(np.sum(np.square(x), axis=axes, keepdims=True))
    return x / np.maximum(length, 1e-12)


def spectral_normalization(kernel, vector_u, *, power_iterations=1):
    """The weights that SpectralNormalization makes (Miyato et al., 2018).

    kernel: (..., units), vector_u: (1, units). Returns both, new, as they are
    after a call with training=True. A kernel of zeros stays.
    """
    if not np.any(kernel):
        return kernel, vector_u
    matrix = kernel.reshape(-1, kernel.shape[-1])
    for _ in range(power_iterations):
        vector_v = vector_u @ matrix.T
        vector_v = vector_v / np.linalg.norm(vector_v)
        vector_u = vector_v @ matrix
        sigma = np.linalg.norm(vector_u)
        vector_u = vector_u / sigma
    return kernel / sigma, vector_u
