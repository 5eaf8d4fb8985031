"""Merging layers of any ranks in many drawn cases."""

import numpy as np
import pytest
from driving import assert_equal, by_hand, random_numbers, whole_numbers
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

SIZES = st.integers(1, 4)
# On TensorFlow, Add takes for a bias what has one axis that is longer than 1, and as long
# as the last: a page tells this. No other axis is as long as the batch.
BATCH = 7


def draw_shapes(data, number):
    """Shapes (batch, ...) of different ranks that fit: sizes of 1 stand for any."""
    longest = data.draw(st.lists(SIZES, max_size=3))
    for _ in range(number):
        rank = data.draw(st.integers(0, len(longest)))
        sizes = longest[len(longest) - rank :]
        yield BATCH, *[data.draw(st.sampled_from([size, 1])) for size in sizes]


@pytest.mark.parametrize(
    "layer_class, function",
    [
        (layers.Add, by_hand.add),
        (layers.Subtract, by_hand.subtract),
        (layers.Multiply, by_hand.multiply),
        (layers.Average, by_hand.average),
        (layers.Maximum, by_hand.maximum),
        (layers.Minimum, by_hand.minimum),
    ],
)
@given(data=st.data())
def test_number_by_number(layer_class, function, data):
    number = 2 if layer_class is layers.Subtract else data.draw(st.integers(1, 4))
    inputs = whole_numbers(data, *draw_shapes(data, number))
    expected = function([x.astype("float64") for x in inputs])
    of_keras = layer_class()(inputs)
    assert tuple(of_keras.shape) == expected.shape
    assert_equal(of_keras, expected, "float32")


@given(data=st.data())
def test_concatenate(data):
    shape = data.draw(st.lists(SIZES, min_size=2, max_size=4))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    shapes = []
    for size in data.draw(st.lists(SIZES, min_size=1, max_size=3)):
        shape[axis] = size
        shapes.append(tuple(shape))
    inputs = whole_numbers(data, *shapes)
    of_keras = layers.Concatenate(axis)(inputs)
    expected = by_hand.concatenate(inputs, axis=axis)
    np.testing.assert_array_equal(of_keras, expected, strict=True)


@given(data=st.data(), normalize=st.booleans())
def test_dot(data, normalize):
    length = data.draw(SIZES)
    shapes, axes = [], []
    for _ in range(2):
        shape = data.draw(st.lists(SIZES, min_size=1, max_size=3))
        axis = data.draw(st.integers(1, len(shape)))
        shape[axis - 1] = length
        shapes.append((2, *shape))
        axes.append(data.draw(st.sampled_from([axis, axis - len(shape) - 1])))
    axes = axes[0] if axes[0] == axes[1] else tuple(axes)
    inputs = random_numbers(data, *shapes)
    layer = layers.Dot(axes, normalize=normalize, dtype="float64")
    expected = by_hand.dot(inputs, axes=axes, normalize=normalize)
    of_keras = layer(inputs)
    assert tuple(of_keras.shape) == expected.shape
    assert_equal(of_keras, expected)
