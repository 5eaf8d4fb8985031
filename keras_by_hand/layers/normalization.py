"""Normalization: layers, in prediction and in training."""

import functools
import inspect

import numpy as np

from keras_by_hand.shapes import check_shapes, name_arrays


def _weights_in_order(function):
    """A normalization that takes weights by place as get_weights() has them.

    Without scale there is no gamma, without center no beta: the weights behind
    it move up, or None stands in its place.
    """
    parameters = inspect.signature(function).parameters.values()
    names = [p.name for p in parameters if p.default is None]  # of weights

    @functools.wraps(function)
    def normalize(x, *weights, scale=True, center=True, **options):
        options |= {"scale": scale, "center": center}
        lacking = ["gamma"] * (not scale) + ["beta"] * (not center)
        there = [name for name in names if name not in lacking]
        if len(weights) > len(there):
            return function(x, *weights, **options)
        return function(x, **dict(zip(there, weights)), **options)

    return normalize


def _check_weights(function, weights, scale, center):
    """Weights, by their names, must be those that there are, or none."""
    told = f"{function} with scale={scale} and center={center}"
    given = [name for name in weights if weights[name] is not None]
    lacking = ["gamma"] * (not scale) + ["beta"] * (not center)
    names = [name for name in weights if given and name not in lacking]
    name_arrays(told, "weights", names, given)
    for name in lacking:
        if name in given:
            raise ValueError(f"{told}: there is no {name}")


@_weights_in_order
def batch_normalization(
    x,
    gamma=None,
    beta=None,
    moving_mean=None,
    moving_variance=None,
    *,
    axis=-1,
    epsilon=0.001,
    scale=True,
    center=True,
):
    """BatchNormalization when predicting (Ioffe and Szegedy, 2015).

    x: any shape. The others: (channels,), with x.shape[axis] channels, or one
    number; as in get_weights(): no gamma without scale, no beta without center;
    or none, for a new layer. Returns the shape of x.
    """
    weights = {"gamma": gamma, "beta": beta}
    weights |= {"moving_mean": moving_mean, "moving_variance": moving_variance}
    _check_weights("batch_normalization", weights, scale, center)
    for name, weight in weights.items():
        shape = np.shape(weight) and (x.shape[axis],)  # or one number
        check_shapes("batch_normalization", **{name: (weight, shape)})
    gamma, beta, moving_mean, moving_variance = [
        np.asarray(number, x.dtype) if weight is None else weight
        for weight, number in zip(weights.values(), (1, 0, 0, 1))
    ]
    shape = [1] * x.ndim
    shape[axis] = -1  # all channels
    factor = gamma / np.sqrt(moving_variance + epsilon)
    shift = beta - factor * moving_mean
    y = x * np.reshape(factor, shape)
    y += np.reshape(shift, shape)  # without an array for the sum
    return y


def batch_moments(x, mask=None):
    """Mean and variance of the batch, (features,).

    x: (batch, ..., features), mask: (batch, ...), true for what counts.
    """
    check_shapes("batch_moments", mask=(mask, x.shape[:-1]))
    rows = x.reshape(-1, x.shape[-1]) if mask is None else x[mask]
    n = len(rows) if mask is None else len(rows) + 1e-7
    mean = np.sum(rows, axis=0) / n
    return mean, np.sum(np.square(rows - mean), axis=0) / n


def moving_average(average, new, momentum=0.99):
    """A moving average after one more value."""
    check_shapes("moving_average", new=(new, np.shape(average)))
    return momentum * average + (1 - momentum) * new


def fold_batch_normalization(
    kernel, bias, gamma, beta, moving_mean, moving_variance, *, epsilon=0.001
):
    """Kernel and bias that do without the BatchNormalization behind them.

    kernel: (..., filters) of a convolution, (features, units) of Dense, the
    others: (filters,) or one number. (Jacob et al., 2018, section 3.2.)
    """
    weights = {"bias": bias, "gamma": gamma, "beta": beta}
    weights |= {"moving_mean": moving_mean, "moving_variance": moving_variance}
    for name, weight in weights.items():
        shape = np.shape(weight) and kernel.shape[-1:]  # or one number
        check_shapes("fold_batch_normalization", **{name: (weight, shape)})
    scale = gamma / np.sqrt(moving_variance + epsilon)
    return kernel * scale, (bias - moving_mean) * scale + beta


def renormalize(
    x, mean, stddev, *, epsilon=0.001, rmin=0, rmax=np.inf, dmax=np.inf
):
    """What renorm=True does in training, without gamma and beta (Ioffe, 2017).

    x: (batch, ..., features), mean, stddev: renorm_mean and renorm_stddev,
    (features,), or one number. Returns the shape of x.
    """
    for name, weight in (("mean", mean), ("stddev", stddev)):
        shape = np.shape(weight) and x.shape[-1:]  # or one number
        check_shapes("renormalize", **{name: (weight, shape)})
    batch_mean, variance = batch_moments(x)
    batch_stddev = np.sqrt(variance + epsilon)
    stddev = np.maximum(stddev, epsilon**0.5)  # as in Keras, never near 0
    r = np.clip(batch_stddev / stddev, rmin, rmax)
    d = np.clip((batch_mean - mean) / stddev, -dmax, dmax)
    return (x - batch_mean) / batch_stddev * r + d


@_weights_in_order
def layer_normalization(
    x,
    gamma=None,
    beta=None,
    *,
    axis=-1,
    epsilon=0.001,
    scale=True,
    center=True,
):
    """LayerNormalization (Ba, Kiros and Hinton, 2016).

    x: any shape, gamma, beta: the lengths of x along the axes, in ascending
    order, as in get_weights(): no gamma without scale, no beta without center;
    or none, for a new layer. Returns the shape of x.
    """
    axes = tuple(np.ravel(axis))
    lengths = tuple(x.shape[i] for i in sorted(axes))
    weights = {"gamma": gamma, "beta": beta}
    _check_weights("layer_normalization", weights, scale, center)
    check_shapes(
        "layer_normalization", gamma=(gamma, lengths), beta=(beta, lengths)
    )
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
    lengths = tuple(x.shape[i] for i in sorted(axes))
    check_shapes("rms_normalization", scale=(scale, lengths))
    last = x.shape[-len(axes) :]  # Keras multiplies along these
    check_shapes("rms_normalization", scale=(scale, last))
    mean_square = np.mean(np.square(x), axes, keepdims=True)
    return scale * x / np.sqrt(mean_square + epsilon)


@_weights_in_order
def group_normalization(
    x,
    gamma=None,
    beta=None,
    *,
    groups=32,
    axis=-1,
    epsilon=0.001,
    scale=True,
    center=True,
):
    """GroupNormalization (Wu and He, 2018).

    x: (batch, ..., channels), or with channels on another axis; gamma, beta:
    (channels,), as in get_weights(): no gamma without scale, no beta without
    center; or none, for a new layer; groups: -1 for each channel by itself.
    Returns the shape of x.
    """
    x = np.moveaxis(x, axis, -1)
    weights = {"gamma": gamma, "beta": beta}
    _check_weights("group_normalization", weights, scale, center)
    channels = x.shape[-1]
    for name, weight in weights.items():
        check_shapes("group_normalization", **{name: (weight, (channels,))})
    groups = channels if groups == -1 else groups
    if channels % groups:
        raise ValueError(
            f"group_normalization: {groups} groups do not divide {channels} "
            "channels"
        )
    grouped = x.reshape(len(x), -1, groups, channels // groups)
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
    shape = 1, np.shape(kernel)[-1]
    check_shapes("spectral_normalization", vector_u=(vector_u, shape))
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
