"""Activations: functions of arrays of any shape."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    as_array,
    check_axes,
    check_flags,
    check_numbers,
    check_positive,
)


def relu(
    x: ArrayLike,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> np.ndarray:
    """x above the threshold, negative_slope * (x - threshold) up to it.

    x: any shape. With max_value, no result is larger, and numbers between a
    negative threshold and 0 become 0, as in Keras (Keras documentation, relu).

    Raises ValueError for a max_value below 0, TypeError for what is no number.

    >>> relu([-2, 0, 3, 9], max_value=6)
    array([0, 0, 3, 6])
    """
    x = as_array(relu, x=x)
    _check_relu(relu, negative_slope, max_value, threshold)
    if negative_slope and threshold == 0 and max_value is None:
        return leaky_relu(x, negative_slope)
    if threshold == 0:
        y = np.maximum(0, x)
        if max_value == 6:  # which is flat at 6, as clip is not
            y = np.minimum(6, y)
    else:
        y = np.where(x > threshold, x, 0)
    if max_value is not None:
        y = np.clip(y, 0, max_value)  # as in Keras, not below 0 either
    if negative_slope:  # 0 times infinity is not a number
        y = y - negative_slope * np.maximum(0, threshold - x)
    return y


def _check_relu(function, negative_slope, max_value, threshold):
    """All must be numbers, and max_value one that clips."""
    check_numbers(function, negative_slope=negative_slope, threshold=threshold)
    if max_value is not None:
        check_numbers(function, 0, max_value=max_value)


def relu6(x: ArrayLike) -> np.ndarray:
    """relu with a ceiling of 6; any shape (Keras documentation, relu6).

    Raises TypeError for what is no array of numbers.

    >>> relu6([-2, 3, 9])
    array([0, 3, 6])
    """
    x = as_array(relu6, x=x)
    return relu(x, max_value=6)


def leaky_relu(x: ArrayLike, negative_slope: float = 0.2) -> np.ndarray:
    """x above 0, negative_slope * x below; any shape (Maas et al., 2013).

    Raises TypeError for what is no number.

    >>> leaky_relu([-10, 0, 10])
    array([-2.,  0., 10.])
    """
    x = as_array(leaky_relu, x=x)
    check_numbers(leaky_relu, negative_slope=negative_slope)
    return np.where(x > 0, x, negative_slope * x)


def elu(x: ArrayLike, alpha: float = 1.0) -> np.ndarray:
    """x above 0, alpha * (exp(x) - 1) below; any shape (Clevert, 2015).

    Raises TypeError for what is no number.

    >>> elu([-100, -1, 0, 2]).round(2)
    array([-1.  , -0.63,  0.  ,  2.  ])
    """
    x = as_array(elu, x=x)
    check_numbers(elu, alpha=alpha)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def celu(x: ArrayLike, alpha: float = 1.0) -> np.ndarray:
    """x above 0, alpha * (exp(x / alpha) - 1) below (Barron, 2017).

    x: any shape.

    Raises ValueError for an alpha that is not above 0.

    >>> celu([-100, -1, 0, 2], alpha=2).round(2)
    array([-2.  , -0.79,  0.  ,  2.  ])
    """
    x = as_array(celu, x=x)
    check_positive(celu, alpha=alpha)
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


def exponential(x: ArrayLike) -> np.ndarray:
    """e to the power of x; any shape (Keras documentation, exponential).

    Raises TypeError for what is no array of numbers.

    >>> exponential([-1, 0, 1]).round(2)
    array([0.37, 1.  , 2.72])
    """
    x = as_array(exponential, x=x)
    return np.exp(x)


def selu(x: ArrayLike) -> np.ndarray:
    """elu with two fixed constants; any shape (Klambauer et al., 2017).

    Raises TypeError for what is no array of numbers.

    >>> selu([-100, -1, 0, 2]).round(2)
    array([-1.76, -1.11,  0.  ,  2.1 ])
    """
    x = as_array(selu, x=x)
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0)))


def softplus(x: ArrayLike) -> np.ndarray:
    """log(1 + exp(x)); x: any shape (Keras documentation, softplus).

    Raises TypeError for what is no array of numbers.

    >>> softplus([-100, 0, 100]).round(2)
    array([  0.  ,   0.69, 100.  ])
    """
    x = as_array(softplus, x=x)
    return np.logaddexp(x, 0)


def squareplus(x: ArrayLike, b: float = 4) -> np.ndarray:
    """The same as (x + sqrt(x**2 + b)) / 2; x: any shape (Barron, 2021).

    Raises ValueError for a b that is not above 0.

    >>> squareplus([-1.5, 0, 1.5])
    array([0.5, 1. , 2. ])
    """
    x = as_array(squareplus, x=x)
    check_positive(squareplus, b=b)
    size = np.where(x < 0, -x, x)
    root = np.hypot(x, b**0.5)  # sqrt(x**2 + b) without a large square
    return np.where(x < 0, 0, x) + 0.5 * b / (size + root)


def sparse_plus(x: ArrayLike) -> np.ndarray:
    """0 up to -1, x from 1 on, (x + 1)**2 / 4 between; x: any shape.

    Raises TypeError for what is no array of numbers.

    >>> sparse_plus([-2, 0, 2])
    array([0.  , 0.25, 2.  ])
    """
    x = as_array(sparse_plus, x=x)
    return np.where(x >= 1, x, np.maximum(0, x + 1) ** 2 / 4)


def gelu(x: ArrayLike, approximate: bool = False) -> np.ndarray:
    """x times the probability that a standard normal number is below x.

    x: finite, any shape (Hendrycks and Gimpel, 2016).

    Raises TypeError for what is no array of numbers.

    >>> gelu([-2, 0, 2]).round(3)
    array([-0.046,  0.   ,  1.954])
    """
    x = as_array(gelu, x=x)
    check_flags(gelu, approximate=approximate)
    # TensorFlow rounds 0.044715 and the root of 1 / 2 to float32.
    if approximate:
        u = math.sqrt(2 / math.pi) * x * (1 + 0.044714998453855515 * x**2)
        return 0.5 * x * (1 + np.tanh(u))
    return 0.5 * x * erfc(-x * 0.7071067690849304)


def erfc(x: ArrayLike) -> np.ndarray:
    """1 - erf(x), the complementary error function; x: any shape.

    The midpoint rule in steps of 0.5, and what it lacks to be exact (Hunter and
    Regan, 1972). Above 8, where the result is below 1e-28, digits get lost.

    Raises TypeError for what is no array of numbers.

    >>> erfc([-9, 0, 1]).round(3)
    array([2.   , 1.   , 0.157])
    """
    x = as_array(erfc, x=x)
    z = np.clip(x, -30, 30)  # 2 and 0 from there on; large squares overflow
    square = np.square(z)
    midpoints = [0.25 + 0.5 * n for n in range(12)]
    integral = sum(math.exp(-t * t) / (t * t + square) for t in midpoints)
    lacking = 2 * sigmoid(-4 * math.pi * z)
    return z * np.exp(-square) / math.pi * integral + lacking


def silu(x: ArrayLike) -> np.ndarray:
    """x * sigmoid(x), or swish; x: finite, any shape (Ramachandran, 2017).

    Raises TypeError for what is no array of numbers.

    >>> silu([-1, 0, 1, 100]).round(2)
    array([ -0.27,   0.  ,   0.73, 100.  ])
    """
    x = as_array(silu, x=x)
    return x * sigmoid(x)


def mish(x: ArrayLike) -> np.ndarray:
    """x * tanh(softplus(x)); x: finite, any shape (Misra, 2019).

    Raises TypeError for what is no array of numbers.

    >>> mish([0, 1, 100]).round(2)
    array([  0.  ,   0.87, 100.  ])
    """
    x = as_array(mish, x=x)
    return x * np.tanh(softplus(x))


def hard_silu(x: ArrayLike) -> np.ndarray:
    """x * clip(x / 6 + 1 / 2, 0, 1), or hard_swish (Howard et al., 2019).

    x: finite, any shape.

    Raises TypeError for what is no array of numbers.

    >>> hard_silu([-1.5, 0, 3])
    array([-0.375,  0.   ,  3.   ])
    """
    x = as_array(hard_silu, x=x)
    return x * np.minimum(1, np.maximum(0, x / 6 + 0.5))


def sigmoid(x: ArrayLike) -> np.ndarray:
    """1 / (1 + exp(-x)); x: any shape (Keras documentation, sigmoid).

    Raises TypeError for what is no array of numbers.

    >>> sigmoid([-100, 0, 1]).round(3)
    array([0.   , 0.5  , 0.731])
    """
    x = as_array(sigmoid, x=x)
    with np.errstate(over="ignore"):  # 1 / infinity is the 0 that it should be
        return 1 / (1 + np.exp(-x))


def tanh(x: ArrayLike) -> np.ndarray:
    """2 * sigmoid(2 * x) - 1; x: any shape.

    Raises TypeError for what is no array of numbers.

    >>> tanh([-100, 0, 1]).round(3)
    array([-1.   ,  0.   ,  0.762])
    """
    x = as_array(tanh, x=x)
    return np.tanh(x)


def softsign(x: ArrayLike) -> np.ndarray:
    """x / (1 + abs(x)); x: any shape (Keras documentation, softsign).

    Raises TypeError for what is no array of numbers.

    >>> softsign([-3, 0, 1])
    array([-0.75,  0.  ,  0.5 ])
    """
    x = as_array(softsign, x=x)
    return x / (1 + np.abs(x))


def log_sigmoid(x: ArrayLike) -> np.ndarray:
    """log(sigmoid(x)) without underflow; x: any shape.

    Raises TypeError for what is no array of numbers.

    >>> log_sigmoid([-100, 0, 1]).round(1)
    array([-100. ,   -0.7,   -0.3])
    """
    x = as_array(log_sigmoid, x=x)
    return -np.logaddexp(0, -x)


def hard_sigmoid(x: ArrayLike) -> np.ndarray:
    """x / 6 + 0.5, from 0 to 1; x: any shape (Keras documentation).

    Raises TypeError for what is no array of numbers.

    >>> hard_sigmoid([-9, 0, 1.5, 9])
    array([0.  , 0.5 , 0.75, 1.  ])
    """
    x = as_array(hard_sigmoid, x=x)
    return np.minimum(1, np.maximum(0, x / 6 + 0.5))


def hard_tanh(x: ArrayLike) -> np.ndarray:
    """x itself, from -1 to 1; x: any shape (Keras documentation).

    Raises TypeError for what is no array of numbers.

    >>> hard_tanh([-9, 0.5, 9])
    array([-1. ,  0.5,  1. ])
    """
    x = as_array(hard_tanh, x=x)
    return np.clip(x, -1, 1)


def sparse_sigmoid(x: ArrayLike) -> np.ndarray:
    """(x + 1) / 2, from 0 to 1; x: any shape (Blondel et al., 2019).

    Raises TypeError for what is no array of numbers.

    >>> sparse_sigmoid([-9, 0, 0.5, 9])
    array([0.  , 0.5 , 0.75, 1.  ])
    """
    x = as_array(sparse_sigmoid, x=x)
    return np.minimum(1, np.maximum(0, (x + 1) / 2))


def hard_shrink(x: ArrayLike, threshold: float = 0.5) -> np.ndarray:
    """x where abs(x) > threshold, else 0; any shape (Keras documentation).

    Raises TypeError for what is no number.

    >>> hard_shrink([-2, 1, 3], threshold=1)
    array([-2,  0,  3])
    """
    x = as_array(hard_shrink, x=x)
    check_numbers(hard_shrink, threshold=threshold)
    return np.where(np.abs(x) > threshold, x, 0)


def soft_shrink(x: ArrayLike, threshold: float = 0.5) -> np.ndarray:
    """x moved to 0, by no more than the threshold; NaN is 0; x: any shape.

    Raises ValueError for a threshold below 0.

    >>> soft_shrink([-2, 1, 3], threshold=1)
    array([-1,  0,  2])
    """
    x = as_array(soft_shrink, x=x)
    check_numbers(soft_shrink, 0, threshold=threshold)
    return np.where(np.abs(x) > threshold, x - np.sign(x) * threshold, 0)


def tanh_shrink(x: ArrayLike) -> np.ndarray:
    """x - tanh(x), of which digits cancel near 0, as in Keras; x: any shape.

    Raises TypeError for what is no array of numbers.

    >>> tanh_shrink([-100, 0, 1]).round(3)
    array([-99.   ,   0.   ,   0.238])
    """
    x = as_array(tanh_shrink, x=x)
    return x - np.tanh(x)


def threshold(
    x: ArrayLike, threshold: float, default_value: float
) -> np.ndarray:
    """x above the threshold, else default_value; x: any shape.

    Raises TypeError for what is no number.

    >>> threshold([-2, 1, 3], threshold=1, default_value=9)
    array([9, 9, 3])
    """
    x = as_array("threshold", x=x)
    check_numbers("threshold", threshold=threshold, default_value=default_value)
    return np.where(x > threshold, x, default_value)


def softmax(x: ArrayLike, axis: int | Sequence[int] = -1) -> np.ndarray:
    """exp(x) divided by its sum along an axis, or along several; any shape.

    Keras documentation, softmax.

    Raises ValueError for an axis that x does not have.

    >>> softmax([[1, 2], [0, 0]]).round(2)
    array([[0.27, 0.73],
           [0.5 , 0.5 ]])
    """
    x = as_array(softmax, x=x)
    check_axes(softmax, np.ndim(x), axis=axis)
    axis = tuple(np.ravel(axis))
    powers = np.exp(x - np.max(x, axis, keepdims=True))
    return powers / np.sum(powers, axis, keepdims=True)


def log_softmax(x: ArrayLike, axis: int | Sequence[int] = -1) -> np.ndarray:
    """log(softmax(x)) without underflow; x: any shape.

    Raises ValueError for an axis that x does not have.

    >>> log_softmax([[0, 100], [0, 0]]).round(1)
    array([[-100. ,    0. ],
           [  -0.7,   -0.7]])
    """
    x = as_array(log_softmax, x=x)
    check_axes(log_softmax, np.ndim(x), axis=axis)
    axis = tuple(np.ravel(axis))
    x = x - np.max(x, axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis, keepdims=True))


def sparsemax(x: ArrayLike, axis: int = -1) -> np.ndarray:
    """The sparsemax of Keras 3.15.1, whose results need not add up to 1.

    x: any shape. Keras adds up running totals in the place of entries; where
    more than one entry is left, sparsemax_of_paper has other results.

    Raises ValueError for an axis that x does not have.

    >>> sparsemax([[3.0, 1.5, 0], [3, 2.5, 0]])
    array([[1., 0., 0.],
           [0., 0., 0.]])
    """
    x = as_array(sparsemax, x=x)
    check_axes(sparsemax, np.ndim(x), one=True, axis=axis)
    x = np.moveaxis(x, axis, -1)
    largest = -np.sort(-x, axis=-1)  # descending
    running = np.cumsum(largest, axis=-1)
    r = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    above = 1 + r * largest > running
    k = np.sum(above, axis=-1, keepdims=True, dtype=x.dtype)
    total = np.sum(np.where(above, running, 0), axis=-1, keepdims=True)
    return np.moveaxis(np.maximum(x - (total - 1) / k, 0), -1, axis)


def sparsemax_of_paper(x: ArrayLike, axis: int = -1) -> np.ndarray:
    """The point nearest to x whose entries are at least 0 and add up to 1.

    x: any shape; each vector along the axis is a point (Martins and Astudillo,
    2016, Algorithm 1).

    Raises ValueError for an axis that x does not have.

    >>> sparsemax_of_paper([[3.0, 2.5, 0], [0, 0, 0.25]])
    array([[0.75, 0.25, 0.  ],
           [0.25, 0.25, 0.5 ]])
    """
    x = as_array(sparsemax_of_paper, x=x)
    check_axes(sparsemax_of_paper, np.ndim(x), one=True, axis=axis)
    x = np.moveaxis(x, axis, -1)
    z = x - np.max(x, axis=-1, keepdims=True)  # keeps the totals small
    largest = -np.sort(-z, axis=-1)  # descending
    k = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    above = 1 + k * largest > np.cumsum(largest, axis=-1)
    total = np.sum(np.where(above, largest, 0), axis=-1, keepdims=True)
    tau = (total - 1) / np.sum(above, axis=-1, keepdims=True, dtype=x.dtype)
    return np.moveaxis(np.maximum(z - tau, 0), -1, axis)


def glu(x: ArrayLike, axis: int = -1) -> np.ndarray:
    """The first half along an axis, times the sigmoid of the second half.

    x: any shape, with an even length along the axis (Dauphin et al., 2017).

    Raises ValueError for an odd length, and for an axis that x does not have.

    >>> glu([[8, 4, 0, 100]])
    array([[4., 4.]])
    """
    x = as_array(glu, x=x)
    check_axes(glu, np.ndim(x), one=True, axis=axis)
    _check_halves(x, axis)
    value, gate = np.split(x, 2, axis)
    return value * sigmoid(gate)


def _check_halves(x, axis):
    """The length along the axis must be even."""
    if np.shape(x)[axis] % 2:
        raise ValueError(
            f"glu: x must have an even length along axis {axis}, "
            f"not the shape {np.shape(x)}"
        )


def linear(x: ArrayLike) -> np.ndarray:
    """x itself, as without an activation; any shape (Keras documentation).

    Raises TypeError for what is no array of numbers.

    >>> linear([-1, 0, 2])
    array([-1,  0,  2])
    """
    x = as_array(linear, x=x)
    return x
