"""Layers that only apply a function, in many drawn cases."""

import hypothesis.extra.numpy as arrays
import keras
import numpy as np
import pytest
from driving import (
    POWERS,
    SHAPES,
    assert_equal,
    assert_layer_is,
    by_hand,
    drawn,
    random_numbers,
    whole_numbers,
)
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

AXES = st.sampled_from([-1, 1, 2, [1], [-1, 1], [0, 2], [0, 1, 2]])


@pytest.mark.parametrize(
    "layer_class, function, arguments",
    [
        (layers.ReLU, by_hand.relu_layer, ("max_value", "negative_slope", "threshold")),
        (layers.LeakyReLU, by_hand.leaky_relu_layer, ("negative_slope",)),
        (layers.ELU, by_hand.elu_layer, ("alpha",)),
    ],
)
@given(data=st.data())
def test_rectifier(layer_class, function, arguments, data):
    x = data.draw(drawn(SHAPES))
    optional = dict.fromkeys(arguments, POWERS)
    options = data.draw(st.fixed_dictionaries({}, optional=optional))
    layer = layer_class(**options, dtype="float64")
    dtype = "float64" if options or layer_class is not layers.LeakyReLU else "float32"
    assert_equal(layer(x), function(x, **options), dtype)


@given(data=st.data(), rank=st.integers(1, 4))
def test_prelu(data, rank):
    shape = tuple(data.draw(st.integers(1, 4)) for _ in range(rank + 1))
    shared = data.draw(st.none() | st.sets(st.integers(1, rank)).map(sorted))
    layer = layers.PReLU(shared_axes=shared)
    assert_layer_is(by_hand.prelu, layer, data, shape)


@given(data=st.data(), axis=AXES, masked=st.sampled_from(["all", "some", "none"]))
def test_softmax(data, axis, masked):
    shape = (2, 3, 4)
    (x,) = random_numbers(data, shape)
    mask = None
    if masked != "none":
        first = data.draw(st.integers(0, 2))  # it may have fewer axes than x, or 1
        mask = data.draw(arrays.arrays(bool, shape[first:]))
        mask = mask[..., : data.draw(st.sampled_from([1, 4]))] & (masked == "some")
    y = layers.Softmax(axis=axis, dtype="float64")(x, mask=mask)
    assert_equal(y, by_hand.softmax_layer(x, mask, axis=axis))


@given(data=st.data(), name=st.sampled_from(["relu", "softmax", "elu", "tanh"]))
def test_activation(data, name):
    (x,) = random_numbers(data, (2, 3, 4))
    expected = by_hand.activation_layer(x, activation=getattr(by_hand, name))
    for given_as in (name, getattr(keras.activations, name)):
        assert_equal(layers.Activation(given_as, dtype="float64")(x), expected)


@given(data=st.data(), shape=SHAPES)
def test_identity(data, shape):
    (x,) = whole_numbers(data, shape)
    y = keras.ops.convert_to_numpy(layers.Identity()(x))
    np.testing.assert_array_equal(y, by_hand.identity_layer(x), strict=True)


def weighted(x, factor=2, shift=0):
    return x * factor + shift


@given(
    data=st.data(),
    arguments=st.none()
    | st.fixed_dictionaries(
        {}, optional={"factor": st.integers(-4, 4), "shift": st.integers(-4, 4)}
    ),
)
def test_lambda(data, arguments):
    (x,) = whole_numbers(data, (2, 3))
    y = layers.Lambda(weighted, arguments=arguments)(x)
    expected = by_hand.lambda_layer(x, function=weighted, arguments=arguments)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(y), expected)
