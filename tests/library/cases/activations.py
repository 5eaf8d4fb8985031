"""Cases of activations."""

import inspect
import math

import by_hand
import keras
import numpy as np
from library.engine.cases import FLOAT64, ROUNDED_CONSTANTS, Case
from library.engine.subjects import function

VALUES = {  # of the arguments that activations have, other than their defaults
    "alpha": [0.5, 2.0],
    "approximate": [True],
    "axis": [0, 1],
    "b": [0.5, 9.0],
    "max_value": [1.0, 2.0],
    "negative_slope": [0.25, 0.5],
    "threshold": [0.25, 1.0],
}
ROUNDED = {"leaky_relu"}  # Keras rounds its slope to float32
OTHERS = {"relu", "sparsemax", "threshold"}  # see below
NAMES = {
    name
    for name, thing in vars(keras.activations).items()
    if inspect.isfunction(thing) and hasattr(by_hand, name)
}


def draw_x(draw):
    """Numbers of several sizes; the first are where activations have kinks, and where a
    form that is not stable overflows."""
    x = draw.normal(4, 6, 2) * draw.one_of(1, 0.3, 2, 10)
    x.flat[:7] = 0, 0.25, -0.5, 1, -1, *draw.one_of((4, -4), (1000, -1000))
    return x


def activation(name):
    """Draw for an activation of this name."""
    reference = getattr(keras.activations, name)
    _, *keywords = inspect.signature(reference).parameters

    def generator(draw):
        return Case(draw.some(**{k: VALUES[k] for k in keywords}), (draw_x(draw),))

    tolerance = ROUNDED_CONSTANTS if name in ROUNDED else FLOAT64
    function(reference, getattr(by_hand, name), tolerance=tolerance)(generator)


for name in sorted(NAMES - OTHERS):
    activation(name)


@function(np.vectorize(math.erfc, otypes=["float64"]), by_hand.erfc)
def erfc(draw):
    return Case({}, (draw_x(draw),))


@function(keras.activations.relu, by_hand.relu, number=32)
def relu(draw):
    pools = {"negative_slope": [0.25, 0.5], "max_value": [1.0, 2.0]}
    return Case(draw.some(**pools, threshold=[0.25, -0.5, 1.0]), (draw_x(draw),))


@function(keras.activations.threshold, by_hand.threshold)
def threshold(draw):
    config = {
        "threshold": draw.one_of(0.25, 1.0),
        "default_value": draw.one_of(-1.0, 3.0, 5.0),
    }
    return Case(config, (draw_x(draw),))


@function(keras.activations.sparsemax, by_hand.sparsemax)
def sparsemax(draw):
    x = draw.normal(*draw.lengths(3, 2, 6))
    return Case(draw.some(axis=[0, 1]), (x,))


def nearest_probabilities(x, axis=-1):
    """What is left of x above the level at which it adds up to 1, found by bisection:
    Keras' own sparsemax is wrong in 3.15.1."""
    high = np.max(x, axis, keepdims=True)
    low = high - 1
    for _ in range(60):
        level = (low + high) / 2
        is_low = np.sum(np.maximum(x - level, 0), axis, keepdims=True) > 1
        low, high = np.where(is_low, level, low), np.where(is_low, high, level)
    return np.maximum(x - low, 0)


@function(nearest_probabilities, by_hand.sparsemax_of_paper)
def sparsemax_of_paper(draw):
    x = draw.normal(*draw.lengths(3, 2, 6)) * draw.one_of(1, 0.2, 100)
    return Case(draw.some(axis=[0, 1]), (x,))
