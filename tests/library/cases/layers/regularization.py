"""Cases of dropout, noise and activity penalties in training. What Keras draws is read off
its own answer, and the rest is computed."""

import by_hand
import keras
import numpy as np
from library.engine.cases import Case
from library.engine.subjects import as_array, function, training

RATES = 0.25, 0.5, 0.75, 0.0


def draw_case(draw, **config):
    """An input without zeros, and a seed."""
    config |= {"seed": draw.int(0, 1000)}
    return Case(config, (draw.distinct(2, 3, 4, 5),))


def not_zero(layer, x, y):
    return y != 0


@training("Dropout", by_hand.dropout, not_zero)
def dropout(draw):
    shapes = [[2, 1, 4, 5], [None, 3, 1, 1]]
    return draw_case(draw, rate=draw.one_of(*RATES), **draw.some(noise_shape=shapes))


def not_zero_in_space(layer, x, y):
    first = getattr(layer, "data_format", None) == "channels_first"
    return np.any(y != 0, axis=tuple(np.arange(1, x.ndim - 1) + first))


@training("SpatialDropout1D", by_hand.spatial_dropout1d, not_zero_in_space)
def spatial_dropout1d(draw):
    case = draw_case(draw, rate=draw.one_of(*RATES))
    return case.but(inputs=(draw.distinct(4, 3, 5),))


@training("SpatialDropout2D", by_hand.spatial_dropout2d, not_zero_in_space)
def spatial_dropout2d(draw):
    config = draw.some(data_format=["channels_first"])
    return draw_case(draw, rate=draw.one_of(*RATES), **config)


@training("SpatialDropout3D", by_hand.spatial_dropout3d, not_zero_in_space)
def spatial_dropout3d(draw):
    config = draw.some(data_format=["channels_first"])
    case = draw_case(draw, rate=draw.one_of(*RATES), **config)
    return case.but(inputs=(draw.distinct(2, 3, 4, 2, 5),))


def differs_from_dropped(layer, x, y):
    dropped = by_hand.alpha_dropout(x, np.zeros(x.shape, bool), rate=layer.rate)
    return ~np.isclose(y, dropped)


@training("AlphaDropout", by_hand.alpha_dropout, differs_from_dropped)
def alpha_dropout(draw):
    shapes = [[2, 1, 4, 5], [None, 3, 1, 1]]
    return draw_case(draw, rate=draw.one_of(*RATES), **draw.some(noise_shape=shapes))


def noise(layer, x, y):
    """The standard normal numbers that the layer's seed draws."""
    same = keras.layers.GaussianNoise(1.0, seed=layer.seed, dtype="float64")
    return as_array(same(np.zeros_like(x), training=True))


@training("GaussianNoise", by_hand.gaussian_noise, noise)
def gaussian_noise(draw):
    return draw_case(draw, stddev=draw.one_of(0.25, 0.5, 1.0))


@training("GaussianDropout", by_hand.gaussian_dropout, noise)
def gaussian_dropout(draw):
    return draw_case(draw, rate=draw.one_of(*RATES))


def penalty_of_layer(x, l1=0.0, l2=0.0):
    layer = keras.layers.ActivityRegularization(l1, l2, dtype="float64")
    layer(x)
    return layer.losses[0]


@function(penalty_of_layer, by_hand.activity_regularization)
def activity_regularization(draw):
    return Case(draw.some(l1=[0.25, 0.5], l2=[0.25, 0.5]), (draw.normal(2, 3, 4),))
