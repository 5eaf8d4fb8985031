"""Flatten, Reshape, Permute, RepeatVector, padding and cropping in many drawn cases."""

import keras
import numpy as np
import pytest
from driving import by_hand, whole_numbers
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

FORMATS = st.sampled_from(["channels_last", "channels_first"])
SIDES = st.integers(1, 4)
FEW = st.integers(0, 2)


def compare(function, layer, x, **options):
    y = keras.ops.convert_to_numpy(layer(x))
    np.testing.assert_array_equal(y, function(x, **options), strict=True)


@given(data=st.data(), data_format=FORMATS)
def test_flatten(data, data_format):
    [x] = whole_numbers(data, data.draw(st.lists(SIDES, min_size=1, max_size=5)))
    layer = layers.Flatten(data_format=data_format)
    compare(by_hand.flatten, layer, x, data_format=data_format)


@given(data=st.data(), shape=st.lists(SIDES, max_size=4))
def test_reshape(data, shape):
    target = data.draw(st.permutations(shape))
    if target and data.draw(st.booleans()):
        target[data.draw(st.integers(0, len(target) - 1))] = -1
    [x] = whole_numbers(data, (2, *shape))
    compare(by_hand.reshape, layers.Reshape(target), x, target_shape=target)


@given(data=st.data(), shape=st.lists(SIDES, min_size=1, max_size=4))
def test_permute(data, shape):
    dims = tuple(data.draw(st.permutations(range(1, len(shape) + 1))))
    [x] = whole_numbers(data, (2, *shape))
    compare(by_hand.permute, layers.Permute(dims), x, dims=dims)


@given(data=st.data(), n=SIDES, features=SIDES)
def test_repeat_vector(data, n, features):
    [x] = whole_numbers(data, (2, features))
    compare(by_hand.repeat_vector, layers.RepeatVector(n), x, n=n)


@pytest.mark.parametrize(
    "layer_class, function, argument",
    [
        (layers.ZeroPadding1D, by_hand.zero_padding1d, "padding"),
        (layers.ZeroPadding2D, by_hand.zero_padding2d, "padding"),
        (layers.ZeroPadding3D, by_hand.zero_padding3d, "padding"),
        (layers.Cropping1D, by_hand.cropping1d, "cropping"),
        (layers.Cropping2D, by_hand.cropping2d, "cropping"),
        (layers.Cropping3D, by_hand.cropping3d, "cropping"),
    ],
)
@given(data=st.data(), data_format=FORMATS)
def test_padding_and_cropping(layer_class, function, argument, data, data_format):
    rank = int(layer_class.__name__[-2])
    entries = FEW | st.tuples(FEW, FEW)
    if rank > 1:
        entries = FEW | st.tuples(*[entries] * rank)
    options = {argument: data.draw(entries)} if data.draw(st.booleans()) else {}
    if layer_class is not layers.Cropping1D:
        options["data_format"] = data_format
    shape = [data.draw(st.integers(5, 7)) for _ in range(rank + 1)]
    [x] = whole_numbers(data, (2, *shape))
    layer = layer_class(**options)
    compare(function, layer, x, **options)
    config = {name: layer.get_config()[name] for name in options}  # as it is saved
    compare(function, layer, x, **config)
