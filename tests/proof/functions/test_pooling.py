"""Pooling of any rank in many drawn cases."""

import keras
import numpy as np
import pytest
from driving import assert_equal, by_hand, whole_numbers
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

FORMATS = st.sampled_from(["channels_last", "channels_first"])


def rank_of(layer_class):
    """How many axes a layer such as MaxPooling2D pools."""
    return int(layer_class.__name__[-2])


def draw_input(data, data_format, least):
    """Draw an input of two samples and three channels, no shorter than least."""
    space = [length + data.draw(st.integers(0, 5)) for length in least]
    shape = (2, 3, *space) if data_format == "channels_first" else (2, *space, 3)
    return whole_numbers(data, shape)[0]


@pytest.mark.parametrize(
    "layer_class, function",
    [
        (layers.MaxPooling1D, by_hand.max_pooling1d),
        (layers.MaxPooling2D, by_hand.max_pooling2d),
        (layers.MaxPooling3D, by_hand.max_pooling3d),
        (layers.AveragePooling1D, by_hand.average_pooling1d),
        (layers.AveragePooling2D, by_hand.average_pooling2d),
        (layers.AveragePooling3D, by_hand.average_pooling3d),
    ],
)
@given(data=st.data(), data_format=FORMATS, padding=st.sampled_from(["valid", "same"]))
def test_pooling(layer_class, function, data, data_format, padding):
    sides = st.tuples(*[st.integers(1, 3)] * rank_of(layer_class))
    size, strides = data.draw(sides), data.draw(st.none() | sides)
    x = draw_input(data, data_format, size)
    options = {"pool_size": size, "strides": strides, "padding": padding}
    options["data_format"] = data_format
    expected = function(x.astype("float64"), **options)
    assert_equal(layer_class(**options)(x), expected, "float32")


@pytest.mark.parametrize(
    "layer_class, function",
    [
        (layers.GlobalMaxPooling1D, by_hand.global_max_pooling1d),
        (layers.GlobalMaxPooling2D, by_hand.global_max_pooling2d),
        (layers.GlobalMaxPooling3D, by_hand.global_max_pooling3d),
        (layers.GlobalAveragePooling1D, by_hand.global_average_pooling1d),
        (layers.GlobalAveragePooling2D, by_hand.global_average_pooling2d),
        (layers.GlobalAveragePooling3D, by_hand.global_average_pooling3d),
    ],
)
@given(data=st.data(), data_format=FORMATS, keepdims=st.booleans())
def test_global_pooling(layer_class, function, data, data_format, keepdims):
    x = draw_input(data, data_format, [1] * rank_of(layer_class))
    options = {"data_format": data_format, "keepdims": keepdims}
    expected = function(x.astype("float64"), **options)
    assert_equal(layer_class(**options)(x), expected, "float32")


@given(data=st.data(), data_format=FORMATS, keepdims=st.booleans())
def test_global_average_pooling_with_a_mask(data, data_format, keepdims):
    x = draw_input(data, data_format, [2])
    steps = x.shape[1 if data_format == "channels_last" else 2]
    mask = np.array(
        [data.draw(st.lists(st.booleans(), min_size=steps, max_size=steps))]
    )
    mask = np.concatenate([mask, ~mask])
    mask[:, 0] = True  # a row without a step has no mean
    options = {"data_format": data_format, "keepdims": keepdims}
    layer = keras.layers.GlobalAveragePooling1D(**options)
    expected = by_hand.global_average_pooling1d(x.astype("float64"), mask, **options)
    assert_equal(layer(x, mask=mask), expected, "float32")


@pytest.mark.parametrize(
    "layer_class, function",
    [
        (layers.AdaptiveMaxPooling1D, by_hand.adaptive_max_pooling1d),
        (layers.AdaptiveMaxPooling2D, by_hand.adaptive_max_pooling2d),
        (layers.AdaptiveMaxPooling3D, by_hand.adaptive_max_pooling3d),
        (layers.AdaptiveAveragePooling1D, by_hand.adaptive_average_pooling1d),
        (layers.AdaptiveAveragePooling2D, by_hand.adaptive_average_pooling2d),
        (layers.AdaptiveAveragePooling3D, by_hand.adaptive_average_pooling3d),
    ],
)
@given(data=st.data(), data_format=FORMATS)
def test_adaptive_pooling(layer_class, function, data, data_format):
    rank = rank_of(layer_class)
    x = draw_input(data, data_format, [2] * rank)
    # TensorFlow stops Python where max pooling leaves one entry, as a page tells.
    least = 2 if "Max" in layer_class.__name__ else 1
    size = tuple(data.draw(st.integers(least, 7)) for _ in range(rank))
    options = {"output_size": size, "data_format": data_format}
    expected = function(x.astype("float64"), **options)
    assert_equal(layer_class(**options)(x), expected, "float32")
