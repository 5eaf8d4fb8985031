"""Normalization: layers, in prediction and in training."""

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    OneOrMore,
    as_array,
    as_arrays,
    as_raw_array,
    check_axes,
    check_flags,
    check_numbers,
    check_rank,
    check_shapes,
    check_sizes,
)


def _in_their_places(scale, center, weights):
    """Weights, of which those behind a missing one have moved up, as in
    get_weights(): None is for gamma without scale, and beta without center."""
    given = iter([weight for weight in weights if weight is not None])
    has = [scale, center, True, True][: len(weights)]
    return [next(given, None) if there else None for there in has]


def _check_weights_there(function, scale, center, shape, **weights):
    """All weights that there are must be given, or none; each of this shape."""
    lacking = ["gamma"] * (not scale) + ["beta"] * (not center)
    there = [name for name in weights if name not in lacking]
    given = [name for name in weights if weights[name] is not None]
    if given not in ([], there, [*weights][: len(there)]):
        raise ValueError(
            f"{function.__name__} with scale={scale} and center={center}: the "
            f"number of weights must be {len(there)} ({', '.join(there)}), or "
            f"0, not {len(given)} ({', '.join(given)})"
        )
    for name, old in zip(there, given):
        check_shapes(function, **{name: (weights[old], shape)})


def _check_channels(function, channels, **weights):
    """Weights must have an entry for each channel."""
    for name, weight in weights.items():
        check_shapes(function, **{name: (weight, (channels,))})


def _lengths_along(x, axis):
    """The lengths of x along the axes, in ascending order."""
    return tuple(x.shape[i] for i in sorted(np.ravel(axis)))


# -- BatchNormalization


def batch_normalization(
    x: ArrayLike,
    gamma: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    moving_mean: ArrayLike | None = None,
    moving_variance: ArrayLike | None = None,
    *,
    axis: int = -1,
    epsilon: float = 0.001,
    center: bool = True,
    scale: bool = True,
) -> np.ndarray:
    """BatchNormalization when predicting (Ioffe and Szegedy, 2015).

    x: any shape. The others: (channels,), with x.shape[axis] channels; as in
    get_weights(): no gamma without scale, no beta without center; or none, for
    a new layer. Returns the shape of x.

    Raises ValueError for another number of weights and other shapes, and for an
    axis that x does not have.

    >>> x = [[4, 9], [6, 5]]  # (batch, channels)
    >>> statistics = [5, 7], [1, 4]  # moving_mean, moving_variance
    >>> batch_normalization(x, [1, 1], [0, 10], *statistics, epsilon=0)
    array([[-1., 11.],
           [ 1.,  9.]])
    """
    x, gamma, beta, moving_mean, moving_variance = as_arrays(
        batch_normalization,
        x=x,
        gamma=gamma,
        beta=beta,
        moving_mean=moving_mean,
        moving_variance=moving_variance,
    )
    check_flags(batch_normalization, center=center, scale=scale)
    check_numbers(batch_normalization, 0, epsilon=epsilon)
    check_axes(batch_normalization, x.ndim, one=True, axis=axis)
    _check_weights_there(
        batch_normalization,
        scale,
        center,
        _lengths_along(x, axis),
        gamma=gamma,
        beta=beta,
        moving_mean=moving_mean,
        moving_variance=moving_variance,
    )
    weights = gamma, beta, moving_mean, moving_variance
    weights = _in_their_places(scale, center, weights)
    gamma, beta, moving_mean, moving_variance = [
        np.asarray(number, x.dtype) if weight is None else weight
        for weight, number in zip(weights, (1, 0, 0, 1))
    ]
    shape = [1] * x.ndim
    shape[axis] = -1  # all channels
    factor = gamma / np.sqrt(moving_variance + epsilon)
    shift = beta - factor * moving_mean
    y = x * np.reshape(factor, shape)
    y += np.reshape(shift, shape)  # without an array for the sum
    return y


def batch_moments(
    x: ArrayLike, mask: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the batch, (features,).

    x: (batch, ..., features), mask: (batch, ...), true for what counts.

    Raises ValueError for other shapes.

    >>> mean, variance = batch_moments([[1, 10], [3, 30]])
    >>> mean, variance
    (array([ 2., 20.]), array([  1., 100.]))
    """
    x = as_array(batch_moments, x=x)
    mask = as_raw_array(batch_moments, mask=mask)
    check_rank(batch_moments, 2, x=x)
    check_shapes(batch_moments, mask=(mask, x.shape[:-1]))
    rows = x.reshape(-1, x.shape[-1]) if mask is None else x[mask != 0]
    n = len(rows) if mask is None else len(rows) + 1e-7
    mean = np.sum(rows, axis=0) / n
    return mean, np.sum(np.square(rows - mean), axis=0) / n


def moving_average(
    average: ArrayLike, new: ArrayLike, momentum: float = 0.99
) -> np.ndarray:
    """A moving average after one more value.

    Raises ValueError for a new value of another shape, and for a momentum that
    is not from 0 to 1.

    >>> moving_average([8, 0], [4, 4], momentum=0.75)
    array([7., 1.])
    """
    average, new = as_arrays(moving_average, average=average, new=new)
    check_numbers(moving_average, 0, 1, momentum=momentum)
    check_shapes(moving_average, new=(new, average.shape))
    return momentum * average + (1 - momentum) * new


def fold_batch_normalization(
    kernel: ArrayLike,
    bias: ArrayLike,
    gamma: ArrayLike,
    beta: ArrayLike,
    moving_mean: ArrayLike,
    moving_variance: ArrayLike,
    *,
    epsilon: float = 0.001,
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias that do without the BatchNormalization behind them.

    kernel: (..., filters) of Conv1D, 2D or 3D, (features, units) of Dense, the
    others: (filters,); bias may be one number, such as 0. Swap the last two
    axes of a transposed convolution's kernel, before and after. (Jacob et al.,
    2018, section 3.2.)

    Raises ValueError for other shapes.

    >>> kernel, bias = fold_batch_normalization(
    ...     [[1, 2]], [3, 3], [1, 5], [0, 0], [1, 1], [1, 1], epsilon=0
    ... )
    >>> kernel, bias
    (array([[ 1., 10.]]), array([ 2., 10.]))
    """
    kernel, bias, gamma, beta, moving_mean, moving_variance = as_arrays(
        fold_batch_normalization,
        kernel=kernel,
        bias=bias,
        gamma=gamma,
        beta=beta,
        moving_mean=moving_mean,
        moving_variance=moving_variance,
    )
    check_numbers(fold_batch_normalization, 0, epsilon=epsilon)
    check_rank(fold_batch_normalization, 2, kernel=kernel)
    _check_channels(
        fold_batch_normalization,
        kernel.shape[-1],
        bias=bias if np.ndim(bias) else None,
        gamma=gamma,
        beta=beta,
        moving_mean=moving_mean,
        moving_variance=moving_variance,
    )
    scale = gamma / np.sqrt(moving_variance + epsilon)
    return kernel * scale, (bias - moving_mean) * scale + beta


def renormalize(
    x: ArrayLike,
    mean: ArrayLike,
    stddev: ArrayLike,
    *,
    epsilon: float = 0.001,
    rmin: float = 0,
    rmax: float = np.inf,
    dmax: float = np.inf,
) -> np.ndarray:
    """What renorm=True does in training, without gamma and beta (Ioffe, 2017).

    x: (batch, ..., features), mean, stddev: renorm_mean and renorm_stddev,
    (features,). Returns the shape of x.

    Raises ValueError for other shapes, and for limits that exclude each other.

    >>> x = [[1], [3]]  # its mean is 2, its standard deviation 1
    >>> renormalize(x, mean=[0], stddev=[4], epsilon=0)  # as x / 4
    array([[0.25],
           [0.75]])
    """
    x, mean, stddev = as_arrays(renormalize, x=x, mean=mean, stddev=stddev)
    _check_limits(epsilon, rmin, rmax, dmax)
    check_rank(renormalize, 2, x=x)
    _check_channels(renormalize, x.shape[-1], mean=mean, stddev=stddev)
    batch_mean, variance = batch_moments(x)
    batch_stddev = np.sqrt(variance + epsilon)
    stddev = np.maximum(stddev, epsilon**0.5)  # as in Keras, never near 0
    r = np.clip(batch_stddev / stddev, rmin, rmax)
    d = np.clip((batch_mean - mean) / stddev, -dmax, dmax)
    return (x - batch_mean) / batch_stddev * r + d


def _check_limits(epsilon, rmin, rmax, dmax):
    """Limits must leave room."""
    check_numbers(renormalize, 0, epsilon=epsilon, dmax=dmax)
    check_numbers(renormalize, rmin=rmin)
    check_numbers(renormalize, rmin, rmax=rmax)


# -- LayerNormalization, RMSNormalization, GroupNormalization


def layer_normalization(
    x: ArrayLike,
    gamma: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    *,
    axis: OneOrMore = -1,
    epsilon: float = 0.001,
    center: bool = True,
    scale: bool = True,
) -> np.ndarray:
    """LayerNormalization (Ba, Kiros and Hinton, 2016).

    x: any shape, gamma, beta: the lengths of x along the axes, in ascending
    order, as in get_weights(): no gamma without scale, no beta without center;
    or none, for a new layer. Returns the shape of x.

    Raises ValueError for another number of weights and other shapes, and for
    axes that x does not have.

    >>> layer_normalization([[1, 3], [50, 70]], epsilon=0)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    x, gamma, beta = as_arrays(layer_normalization, x=x, gamma=gamma, beta=beta)
    check_flags(layer_normalization, center=center, scale=scale)
    check_numbers(layer_normalization, 0, epsilon=epsilon)
    check_axes(layer_normalization, x.ndim, axis=axis)
    _check_weights_there(
        layer_normalization,
        scale,
        center,
        _lengths_along(x, axis),
        gamma=gamma,
        beta=beta,
    )
    gamma, beta = _in_their_places(scale, center, (gamma, beta))
    axes, dtype = tuple(np.ravel(axis)), np.result_type(x.dtype, "float16")
    # Squares of float16 overflow.
    x = x.astype(np.result_type(dtype, "float32"))
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
    return y.astype(dtype)


def rms_normalization(
    x: ArrayLike,
    scale: ArrayLike,
    *,
    axis: OneOrMore = -1,
    epsilon: float = 1e-6,
) -> np.ndarray:
    """RMSNormalization (Zhang and Sennrich, 2019).

    x: any shape, axis: a number or a list, scale: the lengths of x along the
    axes, in ascending order. Returns the shape of x.

    Raises ValueError for other shapes, for axes that x does not have, and for
    those whose lengths the last axes do not have: Keras multiplies along these.

    >>> rms_normalization([[1, 7]], scale=[5, 10], epsilon=0)
    array([[ 1., 14.]])
    """
    x, scale = as_arrays(rms_normalization, x=x, scale=scale)
    check_numbers(rms_normalization, 0, epsilon=epsilon)
    check_axes(rms_normalization, x.ndim, axis=axis)
    check_shapes(rms_normalization, scale=(scale, _lengths_along(x, axis)))
    check_shapes(rms_normalization, scale=(scale, x.shape[-np.size(axis) :]))
    axes, dtype = tuple(np.ravel(axis)), np.result_type(x.dtype, "float16")
    # Squares of float16 overflow.
    x = x.astype(np.result_type(dtype, "float32"))
    mean_square = np.mean(np.square(x), axes, keepdims=True)
    return (scale * x / np.sqrt(mean_square + epsilon)).astype(dtype)


def group_normalization(
    x: ArrayLike,
    gamma: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    *,
    groups: int = 32,
    axis: int = -1,
    epsilon: float = 0.001,
    center: bool = True,
    scale: bool = True,
) -> np.ndarray:
    """GroupNormalization (Wu and He, 2018).

    x: (batch, ..., channels), or with channels on another axis; gamma, beta:
    (channels,), as in get_weights(): no gamma without scale, no beta without
    center; or none, for a new layer; groups: -1 for each channel by itself.
    Returns the shape of x.

    Raises ValueError for another number of weights and other shapes, for an
    axis that x does not have, and that of the batch, and for groups that do not
    divide the channels.

    >>> group_normalization([[1, 3, 50, 70]], groups=2, epsilon=0)
    array([[-1.,  1., -1.,  1.]])
    """
    x, gamma, beta = as_arrays(group_normalization, x=x, gamma=gamma, beta=beta)
    check_flags(group_normalization, center=center, scale=scale)
    check_numbers(group_normalization, 0, epsilon=epsilon)
    check_rank(group_normalization, 2, x=x)
    check_axes(group_normalization, x.ndim, one=True, axis=axis)
    _check_no_batch_axis(x, axis)
    _check_weights_there(
        group_normalization,
        scale,
        center,
        _lengths_along(x, axis),
        gamma=gamma,
        beta=beta,
    )
    gamma, beta = _in_their_places(scale, center, (gamma, beta))
    _check_groups(groups, x.shape[axis])
    dtype = np.result_type(x.dtype, "float16")
    # Squares of float16 overflow.
    x = x.astype(np.result_type(dtype, "float32"))
    x = np.moveaxis(x, axis, -1)
    channels = x.shape[-1]
    groups = channels if groups == -1 else groups
    grouped = x.reshape(len(x), -1, groups, channels // groups)
    mean = np.mean(grouped, axis=(1, 3), keepdims=True)
    variance = np.var(grouped, axis=(1, 3), keepdims=True)
    y = (grouped - mean) / np.sqrt(variance + epsilon)
    y = y.reshape(x.shape)
    if gamma is not None:
        y = y * gamma
    if beta is not None:
        y = y + beta
    return np.moveaxis(y, -1, axis).astype(dtype)


def _check_no_batch_axis(x, axis):
    """Keras mixes other axes up where channels lie along the batch."""
    if axis in (0, -x.ndim):
        raise ValueError(
            "group_normalization: axis must be another than that of the batch, "
            f"not {axis!r}"
        )


def _check_groups(groups, channels):
    """Groups must be -1, or divide the channels."""
    if not isinstance(groups, int) or groups != -1:
        check_sizes(group_normalization, groups=groups)
    if channels % groups:
        raise ValueError(
            f"group_normalization: groups must divide {channels} channels, "
            f"not {groups}"
        )


# -- UnitNormalization, SpectralNormalization


def unit_normalization(x: ArrayLike, *, axis: OneOrMore = -1) -> np.ndarray:
    """UnitNormalization (Keras documentation, UnitNormalization).

    x: any shape, axis: one or several, along which the vectors lie. Returns an
    array in the shape of x.

    Raises ValueError for axes that x does not have.

    >>> unit_normalization([[3, 4], [0, 0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    [x] = as_arrays(unit_normalization, x=x)
    check_axes(unit_normalization, x.ndim, axis=axis)
    axes = tuple(np.atleast_1d(axis))
    length = np.sqrt(np.sum(np.square(x), axis=axes, keepdims=True))
    return x / np.maximum(length, 1e-12)


def spectral_normalization(
    kernel: ArrayLike, vector_u: ArrayLike, *, power_iterations: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The weights that SpectralNormalization makes (Miyato et al., 2018).

    kernel: (..., units), vector_u: (1, units). Returns both, new, as they are
    after a call with training=True. A kernel of zeros stays.

    Raises ValueError for other shapes, and for less than one iteration.

    >>> kernel = [[3, 0], [0, 4]]  # makes vectors up to 4 times longer
    >>> spectral_normalization(kernel, [[0, 1]])[0]
    array([[0.75, 0.  ],
           [0.  , 1.  ]])
    """
    kernel, vector_u = as_arrays(
        spectral_normalization, kernel=kernel, vector_u=vector_u
    )
    check_sizes(spectral_normalization, power_iterations=power_iterations)
    check_rank(spectral_normalization, 2, kernel=kernel)
    shape = 1, kernel.shape[-1]
    check_shapes(spectral_normalization, vector_u=(vector_u, shape))
    if not np.any(kernel):
        return kernel, vector_u
    matrix = kernel.reshape(-1, kernel.shape[-1])
    u = vector_u
    for _ in range(power_iterations):
        v = u @ matrix.T
        v = v / np.linalg.norm(v)
        u = v @ matrix
        sigma = np.linalg.norm(u)
        u = u / sigma
    return kernel / sigma, u
