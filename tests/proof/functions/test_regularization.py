"""What the layers of regularization do in training, in many drawn cases: what Keras drew
is read off its output, and the rest is computed.
"""

import keras
import numpy as np
import pytest
from driving import assert_equal, by_hand
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

RATES = st.sampled_from([0.25, 0.5, 0.75])  # the others divide by what is rounded
SEEDS = st.integers(0, 2**31 - 1)
SHAPES = st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple)


def ones_and_more(shape):
    """An input without zeros: (batch, ...), in float64."""
    return np.arange(1.0, np.prod(shape) + 1).reshape(shape)


def in_training(layer, x):
    return keras.ops.convert_to_numpy(layer(x, training=True))


@given(shape=SHAPES, rate=RATES, seed=SEEDS)
def test_dropout(shape, rate, seed):
    x = ones_and_more(shape)
    y = in_training(layers.Dropout(rate, seed=seed, dtype="float64"), x)
    assert_equal(y, by_hand.dropout(x, y != 0, rate=rate))


@pytest.mark.parametrize(
    "rank, function",
    [
        (1, by_hand.spatial_dropout1d),
        (2, by_hand.spatial_dropout2d),
        (3, by_hand.spatial_dropout3d),
    ],
)
@given(data=st.data(), rate=RATES, seed=SEEDS)
def test_spatial_dropout(rank, function, data, rate, seed):
    shape = tuple(data.draw(st.integers(1, 3)) for _ in range(rank + 2))
    options = {"rate": rate, "seed": seed, "dtype": "float64"}
    data_format = "channels_last"
    if rank > 1:  # SpatialDropout1D has no data_format
        data_format = data.draw(st.sampled_from(["channels_last", "channels_first"]))
        options["data_format"] = data_format
    layer = getattr(layers, f"SpatialDropout{rank}D")(**options)
    x = ones_and_more(shape)
    y = in_training(layer, x)
    space = tuple(
        range(1, rank + 1) if data_format == "channels_last" else range(2, rank + 2)
    )
    kept = np.any(y != 0, axis=space)
    assert_equal(y, function(x, kept, rate=rate, data_format=data_format))


@given(shape=SHAPES, rate=RATES, seed=SEEDS)
def test_alpha_dropout(shape, rate, seed):
    x = ones_and_more(shape)
    y = in_training(layers.AlphaDropout(rate, seed=seed, dtype="float64"), x)
    dropped = by_hand.alpha_dropout(x, np.zeros(shape, dtype=bool), rate=rate)
    kept = ~np.isclose(y, dropped)
    assert_equal(y, by_hand.alpha_dropout(x, kept, rate=rate))


@given(shape=SHAPES, rate=RATES, stddev=st.sampled_from([0.25, 1.0]), seed=SEEDS)
def test_gaussian_layers(shape, rate, stddev, seed):
    noise = layers.GaussianNoise(stddev, seed=seed, dtype="float64")
    z = in_training(noise, np.zeros(shape)) / stddev
    x = ones_and_more(shape)
    again = layers.GaussianNoise(stddev, seed=seed, dtype="float64")
    assert_equal(in_training(again, x), by_hand.gaussian_noise(x, z, stddev=stddev))
    times = layers.GaussianDropout(rate, seed=seed, dtype="float64")
    assert_equal(in_training(times, x), by_hand.gaussian_dropout(x, z, rate=rate))


@given(shape=SHAPES, l1=RATES, l2=RATES)
def test_activity_regularization(shape, l1, l2):
    x = ones_and_more(shape)
    layer = layers.ActivityRegularization(l1, l2, dtype="float64")
    assert_equal(layer(x), x)
    assert_equal(layer.losses[0], by_hand.activity_regularization(x, l1=l1, l2=l2))
