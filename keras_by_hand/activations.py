"""Activations: functions of arrays of any shape."""

import math

import numpy as np


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """x above the threshold, negative_slope * (x - threshold) up to it.

    x: any shape. With max_value, no result is larger, and numbers between a
    negative threshold and 0 become 0, as in Keras (Keras documentation, relu).
    """
    if threshold == 0:  # clip is faster than where
        y = np.clip(x, 0, max_value)
    else:
        y = np.where(x <= threshold, 0, x)
        if max_value is not None:
            y = np.clip(y, 0, max_value)  # as in Keras, not below 0 either
    if negative_slope != 0:  # 0 times minus infinity is not a number
        y = y + negative_slope * np.minimum(x - threshold, 0)
    return y


def relu6(x):
    """relu with a ceiling of 6; any shape (Keras documentation, relu6)."""
    return relu(x, max_value=6)


def leaky_relu(x, negative_slope=0.2):
    """x above 0, negative_slope * x below; any shape (Maas et al., 2013)."""
    return np.where(x > 0, x, negative_slope * x)


def elu(x, alpha=1.0):
    """x above 0, alpha * (exp(x) - 1) below; any shape (Clevert, 2015)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def celu(x, alpha=1.0):
    """x above 0, alpha * (exp(x / alpha) - 1) below (Barron, 2017).

    x: any shape.
    """
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


def exponential(x):
    """e to the power of x; any shape (Keras documentation, exponential)."""
    return np.exp(x)


def selu(x):
    """elu with two fixed constants; any shape (Klambauer et al., 2017)."""
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def softplus(x):
    """log(1 + exp(x)); x: any shape (Keras documentation, softplus)."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def squareplus(x, b=4):
    """The same as (x + sqrt(x**2 + b)) / 2; x: any shape (Barron, 2021)."""
    root = np.hypot(x, b**0.5)  # sqrt(x**2 + b) without a large square
    return np.maximum(x, 0) + 0.5 * b / (np.abs(x) + root)


def sparse_plus(x):
    """0 up to -1, x from 1 on, (x + 1)**2 / 4 between; x: any shape."""
    return np.maximum(x, 0) + np.maximum(1 - np.abs(x), 0) ** 2 / 4


def gelu(x, approximate=False):
    """x times the probability that a standard normal number is below x.

    x: finite, any shape (Hendrycks and Gimpel, 2016).
    """
    if approximate:
        u = math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x**2)
        return 0.5 * x * (1 + np.tanh(u))
    return 0.5 * x * erfc(-x / math.sqrt(2))


def erfc(x):
    """1 - erf(x), the complementary error function; x: any shape.

    The midpoint rule in steps of 0.5, and what it lacks to be exact (Hunter and
    Regan, 1972). Above 8, where the result is below 1e-28, digits get lost.
    """
    x = np.clip(x, -30, 30)  # 2 and 0 from there on; large squares overflow
    square = np.square(x)
    midpoints = [0.25 + 0.5 * n for n in range(12)]
    integral = sum(math.exp(-t * t) / (t * t + square) for t in midpoints)
    lacking = 2 * sigmoid(-4 * math.pi * x)
    return x * np.exp(-square) / math.pi * integral + lacking


def silu(x):
    """x * sigmoid(x), or swish; x: finite, any shape (Ramachandran, 2017)."""
    return x * sigmoid(x)


def mish(x):
    """x * tanh(softplus(x)); x: finite, any shape (Misra, 2019)."""
    return x * np.tanh(softplus(x))


def hard_silu(x):
    """x * clip(x / 6 + 1 / 2, 0, 1), or hard_swish (Howard et al., 2019).

    x: finite, any shape.
    """
    return x * np.clip(x / 6 + 0.5, 0, 1)


def sigmoid(x):
    """1 / (1 + exp(-x)); x: any shape (Keras documentation, sigmoid)."""
    with np.errstate(over="ignore"):  # 1 / infinity is the 0 that it should be
        return 1 / (1 + np.exp(-x))


def tanh(x):
    """2 * sigmoid(2 * x) - 1; x: any shape."""
    return np.tanh(x)


def softsign(x):
    """x / (1 + abs(x)); x: any shape (Keras documentation, softsign)."""
    return x / (1 + np.abs(x))


def log_sigmoid(x):
    """log(sigmoid(x)) without underflow; x: any shape."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def hard_sigmoid(x):
    """x / 6 + 0.5, from 0 to 1; x: any shape (Keras documentation)."""
    return np.clip(x / 6 + 0.5, 0, 1)


def hard_tanh(x):
    """x itself, from -1 to 1; x: any shape (Keras documentation)."""
    return np.clip(x, -1, 1)


def sparse_sigmoid(x):
    """(x + 1) / 2, from 0 to 1; x: any shape (Blondel et al., 2019)."""
    return np.clip((x + 1) / 2, 0, 1)


def hard_shrink(x, threshold=0.5):
    """x where abs(x) > threshold, else 0; any shape (Keras documentation)."""
    return np.where(np.abs(x) > threshold, x, 0)


def soft_shrink(x, threshold=0.5):
    """x moved to 0, by no more than the threshold; x: any shape."""
    return x - np.clip(x, -threshold, threshold)


def tanh_shrink(x):
    """x - tanh(x), of which digits cancel near 0, as in Keras; x: any shape."""
    return x - np.tanh(x)


def threshold(x, threshold, default_value):
    """x above the threshold, else default_value; x: any shape."""
    return np.where(x > threshold, x, default_value)


def softmax(x, axis=-1):
    """exp(x) divided by its sum along an axis; x: any shape.

    Keras documentation, softmax.
    """
    powers = np.exp(x - np.max(x, axis, keepdims=True))
    return powers / np.sum(powers, axis, keepdims=True)


def log_softmax(x, axis=-1):
    """log(softmax(x)) without underflow; x: any shape."""
    x = x - np.max(x, axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis, keepdims=True))


def sparsemax(x, axis=-1):
    """The point nearest to x whose entries are at least 0 and add up to 1.

    x: any shape; each vector along the axis is a point (Martins and Astudillo,
    2016, Algorithm 1).
    """
    x = np.moveaxis(np.asarray(x), axis, -1)
    x = x - np.max(x, axis=-1, keepdims=True)  # keeps the totals small
    largest = -np.sort(-x, axis=-1)  # descending
    k = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    above = 1 + k * largest > np.cumsum(largest, axis=-1)
    total = np.sum(np.where(above, largest, 0), axis=-1, keepdims=True)
    tau = (total - 1) / np.sum(above, axis=-1, keepdims=True, dtype=x.dtype)
    return np.moveaxis(np.maximum(x - tau, 0), -1, axis)


def sparsemax_of_keras(x, axis=-1):
    """What Keras 3.15.1 returns for x, any shape, as for sparsemax."""
    x = np.moveaxis(x, axis, -1)
    largest = -np.sort(-x, axis=-1)  # descending
    running = np.cumsum(largest, axis=-1)
    r = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    above = 1 + r * largest > running
    k = np.sum(above, axis=-1, keepdims=True, dtype=x.dtype)
    total = np.sum(np.where(above, running, 0), axis=-1, keepdims=True)
    return np.moveaxis(np.maximum(x - (total - 1) / k, 0), -1, axis)


def glu(x, axis=-1):
    """The first half along an axis, times the sigmoid of the second half.

    x: any shape, with an even length along the axis (Dauphin et al., 2017).
    """
    value, gate = np.split(x, 2, axis)
    return value * sigmoid(gate)


def linear(x):
    """x itself, as without an activation; any shape (Keras documentation)."""
    return x
