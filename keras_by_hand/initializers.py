"""Initializers: the first values of weights.

A seed is a whole number, or the state [seed, count] of a SeedGenerator:
numbers are those that Keras draws on TensorFlow, as keras_by_hand.random tells.
Weights are float32.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.random import (
    Seed,
    Shape,
    draw_normal,
    draw_truncated_normal,
    draw_uniform,
)
from keras_by_hand.shapes import (
    as_array,
    as_option,
    check_axes,
    check_flags,
    check_numbers,
    check_positive,
    check_rank,
    check_seed,
    check_shape,
    check_shapes,
    entries_of,
)

Axes = Sequence[int] | None
Fan = Literal["fan_in", "fan_out", "fan_avg"]
Distribution = Literal["uniform", "truncated_normal", "untruncated_normal"]


def fans(
    shape: Shape, input_axes: Axes = None, output_axes: Axes = None
) -> tuple[int, int]:
    """How many inputs and outputs an entry of a weight has: fan_in, fan_out.

    shape: (features, units), or (..., inputs, outputs) for a convolution, whose
    window counts for both. With both axes, the products of their lengths.

    Raises TypeError for what is no shape, ValueError for axes that it has not.

    >>> fans((3, 3, 4, 8))  # of a Conv2D with 8 filters
    (36, 72)
    """
    check_shape(fans, shape=shape)
    _check_axes_of(fans, shape, input_axes, output_axes)
    if input_axes is not None and output_axes is not None:
        found = [
            math.prod(shape[axis] for axis in axes)
            for axes in (input_axes, output_axes)
        ]
        return found[0], found[1]
    if len(shape) < 2:
        return (shape[0], shape[0]) if len(shape) else (1, 1)
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def _check_drawn(function, shape, seed, *axes):
    check_shape(function, shape=shape)
    check_seed(function, seed=seed)
    _check_axes_of(function, shape, *axes)


def _check_axes_of(function, shape, input_axes, output_axes):
    named = {"input_axes": input_axes, "output_axes": output_axes}
    for name, axes in named.items():
        if axes is not None and entries_of(axes) != []:  # none: a fan of 1
            check_axes(function, len(shape), **{name: axes})


def _variance(shape, scale, mode, input_axes, output_axes):
    fan_in, fan_out = fans(shape, input_axes, output_axes)
    fan_avg = (fan_in + fan_out) / 2
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": fan_avg}[mode]
    return scale / max(1, fan)


TRUNCATED = 0.87962566103423978  # the deviation of normal numbers cut off at 2


def variance_scaling(
    draw: ArrayLike,
    scale: float = 1.0,
    mode: Fan = "fan_in",
    distribution: Distribution = "truncated_normal",
    input_axes: Axes = None,
    output_axes: Axes = None,
) -> np.ndarray:
    """Scale random numbers to the variance scale / fan (He et al., 2015, 2.2).

    draw: (features, units), or (..., inputs, outputs) for a convolution, from
    -1 to 1 ("uniform"), standard normal ("untruncated_normal"), or the latter
    cut off at -2 and 2. Returns its shape. draw_scaled draws them, too.

    Raises ValueError for other shapes, axes and options, and for a scale that
    is not above 0.

    >>> draw = [[1, -1], [0, 0.5], [1, 1]]  # (features, units)
    >>> variance_scaling(draw, scale=1, distribution="uniform")
    array([[ 1. , -1. ],
           [ 0. ,  0.5],
           [ 1. ,  1. ]])
    """
    draw = as_array(variance_scaling, draw=draw)
    check_rank(variance_scaling, 2, draw=draw)
    _check_axes_of(variance_scaling, draw.shape, input_axes, output_axes)
    check_positive(variance_scaling, scale=scale)
    mode = as_option(variance_scaling, mode=mode)
    distribution = as_option(variance_scaling, distribution=distribution)
    variance = _variance(draw.shape, scale, mode, input_axes, output_axes)
    if distribution == "uniform":
        draw = 3**0.5 * draw
    elif distribution == "truncated_normal":
        draw = draw / TRUNCATED
    return math.sqrt(variance) * draw


def draw_scaled(
    shape: Shape,
    scale: float = 1.0,
    mode: Fan = "fan_in",
    distribution: Distribution = "truncated_normal",
    input_axes: Axes = None,
    output_axes: Axes = None,
    *,
    seed: Seed,
) -> np.ndarray:
    """The numbers of VarianceScaling, drawn from a seed.

    Raises ValueError for other axes and options, and for a scale that is not
    above 0, TypeError for what is no shape or seed.

    >>> draw_scaled((2, 2), 2.0, distribution="uniform", seed=313).round(3)
    array([[-0.016,  0.787],
           [-0.37 , -0.031]], dtype=float32)
    """
    _check_drawn(draw_scaled, shape, seed, input_axes, output_axes)
    check_positive(draw_scaled, scale=scale)
    mode = as_option(draw_scaled, mode=mode)
    distribution = as_option(draw_scaled, distribution=distribution)
    variance = _variance(shape, scale, mode, input_axes, output_axes)
    if distribution == "uniform":
        limit = math.sqrt(3 * variance)
        return draw_uniform(shape, -limit, limit, seed=seed)
    if distribution == "untruncated_normal":
        return draw_normal(shape, stddev=math.sqrt(variance), seed=seed)
    deviation = math.sqrt(variance) / TRUNCATED
    return draw_truncated_normal(shape, stddev=deviation, seed=seed)


def glorot_uniform(
    shape: Shape,
    input_axes: Axes = None,
    output_axes: Axes = None,
    *,
    seed: Seed,
) -> np.ndarray:
    """Uniform numbers of the variance 2 / (fan_in + fan_out) (Glorot and
    Bengio, 2010).

    shape: of the weight, (features, units) or (..., inputs, outputs); axes: as
    in fans. Returns the shape.

    Raises ValueError for axes that it has not, TypeError for what is no shape
    or seed.

    >>> glorot_uniform((2, 2), seed=313).round(3)
    array([[-0.011,  0.557],
           [-0.261, -0.022]], dtype=float32)
    """
    _check_drawn(glorot_uniform, shape, seed, input_axes, output_axes)
    axes = input_axes, output_axes
    return draw_scaled(shape, 1.0, "fan_avg", "uniform", *axes, seed=seed)


def glorot_normal(
    shape: Shape,
    input_axes: Axes = None,
    output_axes: Axes = None,
    *,
    seed: Seed,
) -> np.ndarray:
    """Truncated normal numbers of the variance 2 / (fan_in + fan_out) (Glorot
    and Bengio, 2010).

    shape: of the weight, (features, units) or (..., inputs, outputs); axes: as
    in fans. Returns the shape.

    Raises ValueError for axes that it has not, TypeError for what is no shape
    or seed.

    >>> glorot_normal((2, 2), seed=313).round(3)
    array([[-0.943, -0.135],
           [ 0.061, -1.096]], dtype=float32)
    """
    _check_drawn(glorot_normal, shape, seed, input_axes, output_axes)
    axes = input_axes, output_axes
    return draw_scaled(
        shape, 1.0, "fan_avg", "truncated_normal", *axes, seed=seed
    )


def he_uniform(
    shape: Shape,
    input_axes: Axes = None,
    output_axes: Axes = None,
    *,
    seed: Seed,
) -> np.ndarray:
    """Uniform numbers of the variance 2 / fan_in (He et al., 2015).

    shape: of the weight, (features, units) or (..., inputs, outputs); axes: as
    in fans. Returns the shape.

    Raises ValueError for axes that it has not, TypeError for what is no shape
    or seed.

    >>> he_uniform((2, 2), seed=313).round(3)
    array([[-0.016,  0.787],
           [-0.37 , -0.031]], dtype=float32)
    """
    _check_drawn(he_uniform, shape, seed, input_axes, output_axes)
    axes = input_axes, output_axes
    return draw_scaled(shape, 2.0, "fan_in", "uniform", *axes, seed=seed)


def he_normal(
    shape: Shape,
    input_axes: Axes = None,
    output_axes: Axes = None,
    *,
    seed: Seed,
) -> np.ndarray:
    """Truncated normal numbers of the variance 2 / fan_in (He et al., 2015).

    shape: of the weight, (features, units) or (..., inputs, outputs); axes: as
    in fans. Returns the shape.

    Raises ValueError for axes that it has not, TypeError for what is no shape
    or seed.

    >>> he_normal((2, 2), seed=313).round(3)
    array([[-1.334, -0.191],
           [ 0.087, -1.551]], dtype=float32)
    """
    _check_drawn(he_normal, shape, seed, input_axes, output_axes)
    axes = input_axes, output_axes
    return draw_scaled(
        shape, 2.0, "fan_in", "truncated_normal", *axes, seed=seed
    )


def lecun_uniform(
    shape: Shape,
    input_axes: Axes = None,
    output_axes: Axes = None,
    *,
    seed: Seed,
) -> np.ndarray:
    """Uniform numbers of the variance 1 / fan_in (LeCun et al., 1998).

    shape: of the weight, (features, units) or (..., inputs, outputs); axes: as
    in fans. Returns the shape.

    Raises ValueError for axes that it has not, TypeError for what is no shape
    or seed.

    >>> lecun_uniform((2, 2), seed=313).round(3)
    array([[-0.011,  0.557],
           [-0.261, -0.022]], dtype=float32)
    """
    _check_drawn(lecun_uniform, shape, seed, input_axes, output_axes)
    axes = input_axes, output_axes
    return draw_scaled(shape, 1.0, "fan_in", "uniform", *axes, seed=seed)


def lecun_normal(
    shape: Shape,
    input_axes: Axes = None,
    output_axes: Axes = None,
    *,
    seed: Seed,
) -> np.ndarray:
    """Truncated normal numbers of the variance 1 / fan_in (LeCun et al., 1998).

    shape: of the weight, (features, units) or (..., inputs, outputs); axes: as
    in fans. Returns the shape.

    Raises ValueError for axes that it has not, TypeError for what is no shape
    or seed.

    >>> lecun_normal((2, 2), seed=313).round(3)
    array([[-0.943, -0.135],
           [ 0.061, -1.096]], dtype=float32)
    """
    _check_drawn(lecun_normal, shape, seed, input_axes, output_axes)
    axes = input_axes, output_axes
    return draw_scaled(
        shape, 1.0, "fan_in", "truncated_normal", *axes, seed=seed
    )


def random_uniform(
    shape: Shape, minval: float = -0.05, maxval: float = 0.05, *, seed: Seed
) -> np.ndarray:
    """Uniform numbers from minval to below maxval (keras.initializers).

    Raises TypeError for what is no shape, seed or number.

    >>> random_uniform((2,), seed=313).round(4)
    array([-0.0005,  0.0227], dtype=float32)
    """
    check_shape(random_uniform, shape=shape)
    check_seed(random_uniform, seed=seed)
    check_numbers(random_uniform, minval=minval, maxval=maxval)
    return draw_uniform(shape, minval, maxval, seed=seed)


def random_normal(
    shape: Shape, mean: float = 0.0, stddev: float = 0.05, *, seed: Seed
) -> np.ndarray:
    """Normal numbers (keras.initializers).

    Raises TypeError for what is no shape, seed or number.

    >>> random_normal((2,), seed=313).round(4)
    array([-0.0587, -0.0084], dtype=float32)
    """
    check_shape(random_normal, shape=shape)
    check_seed(random_normal, seed=seed)
    check_numbers(random_normal, mean=mean, stddev=stddev)
    return draw_normal(shape, mean, stddev, seed=seed)


def truncated_normal(
    shape: Shape, mean: float = 0.0, stddev: float = 0.05, *, seed: Seed
) -> np.ndarray:
    """Normal numbers that are less than two deviations from the mean
    (keras.initializers).

    Raises TypeError for what is no shape, seed or number.

    >>> truncated_normal((2,), seed=313).round(4)
    array([-0.0587, -0.0084], dtype=float32)
    """
    check_shape(truncated_normal, shape=shape)
    check_seed(truncated_normal, seed=seed)
    check_numbers(truncated_normal, mean=mean, stddev=stddev)
    return draw_truncated_normal(shape, mean, stddev, seed=seed)


def zeros_initializer(shape: Shape) -> np.ndarray:
    """Zeros, as of most biases.

    Raises TypeError for what is no shape.

    >>> zeros_initializer((2,))
    array([0., 0.], dtype=float32)
    """
    check_shape(zeros_initializer, shape=shape)
    return np.zeros(shape, np.float32)


def ones_initializer(shape: Shape) -> np.ndarray:
    """Ones, as of gamma in normalization.

    Raises TypeError for what is no shape.

    >>> ones_initializer((2,))
    array([1., 1.], dtype=float32)
    """
    check_shape(ones_initializer, shape=shape)
    return np.ones(shape, np.float32)


def constant(shape: Shape, value: float = 0.0) -> np.ndarray:
    """One value everywhere (keras.initializers.Constant).

    Raises TypeError for what is no shape or number.

    >>> constant((2,), value=0.5)
    array([0.5, 0.5], dtype=float32)
    """
    check_shape(constant, shape=shape)
    check_numbers(constant, value=value)
    return np.full(shape, value, np.float32)


def identity_initializer(shape: Shape, gain: float = 1.0) -> np.ndarray:
    """The identity matrix, times gain: (rows, columns).

    Raises ValueError for another number of axes, TypeError for what is no
    shape or number.

    >>> identity_initializer((2, 3), gain=2)
    array([[2., 0., 0.],
           [0., 2., 0.]], dtype=float32)
    """
    check_shape(identity_initializer, 2, 2, shape=shape)
    check_numbers(identity_initializer, gain=gain)
    return np.eye(*shape, dtype=np.float32) * np.float32(gain)


COSINES = {  # of which windows are sums
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
}


def stft_initializer(
    shape: Shape,
    side: Literal["real", "imag"] = "real",
    window: Literal["boxcar", "hann", "hamming", "blackman"] | None = "hann",
    scaling: Literal["density", "spectrum"] | None = "density",
    periodic: bool = False,
) -> np.ndarray:
    """The kernel of a Conv1D that computes a short-time Fourier transform
    (keras.initializers.STFT): cosines, or for side="imag" negative sines.

    shape: (frame_length, channels, frequencies). Returns it with one channel.

    Raises ValueError for other options, and another number of axes, TypeError
    for what is no shape.

    >>> stft_initializer((4, 1, 3), window=None)[..., 0, :].round(1) + 0.0
    array([[ 1.,  1.,  1.],
           [ 1.,  0., -1.],
           [ 1., -1.,  1.],
           [ 1.,  0., -1.]], dtype=float32)
    """
    check_shape(stft_initializer, 3, 3, shape=shape)
    side = as_option(stft_initializer, side=side)
    window = as_option(stft_initializer, window=window)
    scaling = as_option(stft_initializer, scaling=scaling)
    check_flags(stft_initializer, periodic=periodic)
    length, _, frequencies = shape
    time = np.arange(length)[:, np.newaxis, np.newaxis]
    angles = (
        -2 * math.pi * time * np.arange(frequencies) / (2 * (frequencies - 1))
    )
    kernel = np.cos(angles) if side == "real" else np.sin(angles)
    if window is not None:
        turn = 2 * math.pi * time / (length - 1 + periodic)
        cosines = [
            (-1) ** k * a * np.cos(k * turn)
            for k, a in enumerate(COSINES[window])
        ]
        weights = sum(cosines)
        kernel = kernel * weights
        if scaling == "density":
            kernel = kernel / np.sqrt(np.sum(weights**2))
        elif scaling == "spectrum":
            kernel = kernel / np.sum(np.abs(weights))
    return kernel.astype(np.float32)


def orthogonal(draw: ArrayLike, gain: float = 1.0) -> np.ndarray:
    """Columns at right angles, or rows if they are fewer (Saxe et al., 2014).

    draw: (rows, columns), normal. Returns the same shape.

    Raises ValueError for other shapes, TypeError for a gain that is no number.

    >>> orthogonal([[3.0, 1], [4, 7]]).round(4)
    array([[ 0.6, -0.8],
           [ 0.8,  0.6]])
    """
    draw = as_array(orthogonal, draw=draw)
    check_shapes(orthogonal, draw=(draw, ("rows", "columns")))
    check_numbers(orthogonal, gain=gain)
    tall = draw.shape[0] >= draw.shape[1]
    q, r = np.linalg.qr(draw if tall else draw.T)
    q = gain * q * np.sign(np.diag(r))
    return q if tall else q.T


def draw_orthogonal(
    shape: Shape, gain: float = 1.0, *, seed: Seed
) -> np.ndarray:
    """The numbers of Orthogonal, drawn from a seed: all axes but the last count
    as rows. Returns the shape.

    Raises ValueError for less than two axes, TypeError for what is no shape,
    seed or number.

    >>> draw_orthogonal((2, 2), seed=313).round(3)
    array([[-0.998, -0.065],
           [ 0.065, -0.998]], dtype=float32)
    """
    check_shape(draw_orthogonal, 2, shape=shape)
    check_seed(draw_orthogonal, seed=seed)
    check_numbers(draw_orthogonal, gain=gain)
    rows, columns = math.prod(shape[:-1]), shape[-1]
    draw = draw_normal((max(rows, columns), min(rows, columns)), seed=seed)
    draw = draw if rows >= columns else draw.T
    return orthogonal(draw, gain).reshape(shape)
