"""Normalization layers in many drawn cases: shapes, axes and groups."""

import keras
import numpy as np
from driving import POWERS, assert_equal, by_hand, random_numbers
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

EPSILONS = st.sampled_from([0.001, 0.5])
SHAPES = st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple)


def draw_case(data, layer, shape):
    """Draw an input of this shape and the layer's weights, variances above 0; set them.
    Returns (x, weights)."""
    layer.build(shape)
    x, *weights = random_numbers(data, shape, *(w.shape for w in layer.weights))
    weights = [
        np.abs(array) if "variance" in weight.name else array
        for weight, array in zip(layer.weights, weights)
    ]
    layer.set_weights(weights)
    return x * data.draw(POWERS), weights


@given(data=st.data(), shape=SHAPES, epsilon=EPSILONS)
def test_batch_normalization(data, shape, epsilon):
    axis = data.draw(st.integers(-1, len(shape) - 1).filter(bool))
    options = {"axis": axis, "epsilon": epsilon}
    layer = layers.BatchNormalization(dtype="float64", **options)
    x, weights = draw_case(data, layer, shape)
    assert_equal(layer(x), by_hand.batch_normalization(x, *weights, **options))


@given(data=st.data(), shape=SHAPES, epsilon=EPSILONS)
def test_layer_normalization(data, shape, epsilon):
    axes = st.integers(1, len(shape) - 1)
    axis = data.draw(axes | st.just(-1) | st.lists(axes, min_size=1, unique=True))
    options = {"axis": axis, "epsilon": epsilon}
    layer = layers.LayerNormalization(dtype="float64", **options)
    x, weights = draw_case(data, layer, shape)
    assert_equal(layer(x), by_hand.layer_normalization(x, *weights, **options))


@given(data=st.data(), shape=SHAPES, epsilon=EPSILONS)
def test_rms_normalization(data, shape, epsilon):
    options = {"axis": -1, "epsilon": epsilon}
    layer = layers.RMSNormalization(dtype="float64", **options)
    x, weights = draw_case(data, layer, shape)
    assert_equal(layer(x), by_hand.rms_normalization(x, *weights, **options))


@given(data=st.data(), shape=SHAPES, epsilon=EPSILONS, size=st.integers(1, 3))
def test_group_normalization(data, shape, epsilon, size):
    axis = data.draw(st.integers(1, len(shape) - 1) | st.just(-1))
    groups = data.draw(st.integers(1, 3) | st.just(-1))
    shape = list(shape)
    shape[axis] = size * max(groups, 1)
    options = {"axis": axis, "epsilon": epsilon, "groups": groups}
    layer = layers.GroupNormalization(dtype="float64", **options)
    x, weights = draw_case(data, layer, tuple(shape))
    assert_equal(layer(x), by_hand.group_normalization(x, *weights, **options))


@given(data=st.data(), shape=SHAPES)
def test_unit_normalization(data, shape):
    axis = data.draw(st.integers(-1, len(shape) - 1))
    (x,) = random_numbers(data, shape)
    layer = layers.UnitNormalization(axis=axis, dtype="float64")
    assert_equal(layer(x), by_hand.unit_normalization(x, axis=axis))


@given(data=st.data(), units=st.integers(1, 4), iterations=st.integers(1, 3))
def test_spectral_normalization(data, units, iterations):
    dense = layers.Dense(units, use_bias=False, dtype="float64")
    layer = layers.SpectralNormalization(dense, iterations, dtype="float64")
    layer.build((2, 3))
    kernel, vector_u, x = random_numbers(data, (3, units), (1, units), (2, 3))
    dense.set_weights([kernel])
    layer.vector_u.assign(vector_u)
    kernel, vector_u = by_hand.spectral_normalization(
        kernel, vector_u, power_iterations=iterations
    )
    assert_equal(layer(x, training=True), x @ kernel)
    assert_equal(layer.vector_u, vector_u)
    assert_equal(keras.ops.convert_to_tensor(dense.kernel), kernel)
