"""The functions of keras_by_hand, and what drives them against Keras: numbers drawn by
Hypothesis, such as float32 holds, as Keras rounds many of its constants to float32.
"""

import hypothesis.extra.numpy as arrays
import keras
import numpy as np
from hypothesis import strategies as st

import keras_by_hand as by_hand  # noqa: F401

POWERS = st.sampled_from([0.125, 0.25, 0.5, 1.0, 2.0, 4.0])
SHAPES = arrays.array_shapes(min_dims=2, max_dims=3, max_side=4)


def numbers(least=-64.0, most=64.0):
    return st.one_of(
        st.floats(least, most, width=32), st.sampled_from([least, most, 0.0, 1.0])
    )


def drawn(shape=SHAPES, elements=None, dtype="float64"):
    return arrays.arrays(
        dtype, shape, elements=numbers() if elements is None else elements
    )


def assert_equal(of_keras, expected, dtype="float64"):
    """The same up to the tolerance of the gallery, of which the largest entry is part."""
    expected = np.asarray(expected, "float64")
    tolerance = 1000 * np.finfo(dtype).eps
    largest = max(1, np.max(np.abs(expected[np.isfinite(expected)]), initial=0))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(of_keras), expected, tolerance, tolerance * largest
    )


def assert_all_equal(of_keras, expected):
    for array, by_numpy in zip(of_keras, expected, strict=True):
        assert_equal(array, by_numpy)


def whole_numbers(data, *shapes):
    """Arrays of small whole numbers, which float32 adds and multiplies exactly."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    return [rng.integers(-9, 10, size=shape).astype("float32") for shape in shapes]


def random_numbers(data, *shapes):
    """Arrays of normal numbers that float32 holds, in float64."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    return [
        rng.normal(size=shape).astype("float32").astype("float64") for shape in shapes
    ]


def assert_layer_is(function, layer, data, shape, **options):
    """A layer computes a function of whole numbers to the bit: of its input, (batch, ...),
    its weights and options."""
    layer.build(shape)
    x, *weights = whole_numbers(data, shape, *(w.shape for w in layer.weights))
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x))
    expected = function(x.astype("float64"), *weights, **options)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
