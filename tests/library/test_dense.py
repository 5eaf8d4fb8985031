"""The formula of Dense, as the library has it, against the real layer, in many cases:
the same ones each time.
"""

import inspect

import hypothesis.extra.numpy as arrays
import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from keras_by_hand import dense

CASES = {  # the layer's arguments
    "bias": {},
    "no bias": {"use_bias": False},
    "relu": {"activation": "relu"},
    "relu, no bias": {"activation": "relu", "use_bias": False},
}
SIZES = st.sampled_from([1, 2, 3, 5, 7, 16, 31])
FIXED = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
FORMULA = inspect.getsource(dense)


def numbers():
    """float32 numbers under which the rounding limit holds.

    It holds for numbers that are float32 to begin with, and as long as no product or
    sum over- or underflows: products of two numbers from 2**-50 to 2**50, and the last
    place of such a product, lie within float32's normal range. Zeros are exact.
    """
    magnitudes = st.floats(2.0**-50, 2.0**50, width=32)
    return st.one_of(
        st.sampled_from([0.0, -0.0, 1.0, -1.0]),
        magnitudes,
        magnitudes.map(lambda value: -value),
        st.integers(-9, 9).map(float),
    )


def filled(shape, elements):
    """float32 arrays of a shape: each entry drawn, or one number throughout, in which
    rounding errors do not cancel."""
    constant = elements.map(lambda value: np.full(shape, value, "float32"))
    return st.one_of(arrays.arrays("float32", shape, elements=elements), constant)


@st.composite
def cases(draw, elements):
    """Draw x (..., features), kernel (features, units) and bias (units,)."""
    rank = draw(st.integers(2, 5))
    features, units = draw(SIZES), draw(SIZES)
    sizes = SIZES if rank < 4 else st.sampled_from([1, 2, 3])
    outer = draw(st.tuples(*[sizes] * (rank - 1)))
    return (
        draw(filled((*outer, features), elements)),
        draw(filled((features, units), elements)),
        draw(filled((units,), elements)),
    )


SCRIPT = """
import keras
import numpy as np
from numpy import array, float32, inf, nan

x = {x!r}
kernel = {kernel!r}
bias = {bias!r}
layer = keras.layers.Dense({units}, **{arguments})
layer.build(x.shape)
layer.set_weights([kernel, bias][: len(layer.weights)])
print(keras.ops.convert_to_numpy(layer(x)))

{formula}
"""


def apply(arguments, x, kernel, bias):
    """Return what the layer makes of x, and what the function does; let a failure
    print a script to paste."""
    with np.printoptions(threshold=10**6, floatmode="unique"):
        drawn = {"x": x, "kernel": kernel, "bias": bias, "units": kernel.shape[1]}
        note(SCRIPT.format(**drawn, arguments=arguments, formula=FORMULA))
    layer = keras.layers.Dense(kernel.shape[1], **arguments)
    layer.build(x.shape)
    weights = [kernel, bias][: len(layer.weights)]
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x))
    relu = (lambda z: np.maximum(0, z)) if "activation" in arguments else None
    wide = [weight.astype("float64") for weight in weights]
    with np.errstate(invalid="ignore"):
        return y, dense(x.astype("float64"), *wide, activation=relu)


@pytest.mark.parametrize("arguments", CASES.values(), ids=CASES)
@FIXED
@given(data=st.data())
def test_formula_is_within_the_rounding_limit(arguments, data):
    x, kernel, bias = data.draw(cases(numbers()))
    y, expected = apply(arguments, x, kernel, bias)
    roundings = kernel.shape[0] + 1
    if "use_bias" in arguments:
        roundings, bias = kernel.shape[0], np.zeros_like(bias)
    magnitude = np.abs(x).astype("float64") @ np.abs(kernel) + np.abs(bias)
    limit = roundings / 2 * np.finfo("float32").eps * magnitude
    assert (y.shape, y.dtype) == (expected.shape, np.float32)
    assert np.all(np.abs(y - expected) <= limit)


@pytest.mark.parametrize("arguments", CASES.values(), ids=CASES)
@FIXED
@given(data=st.data())
def test_formula_is_exact_for_small_integers(arguments, data):
    x, kernel, bias = data.draw(cases(st.integers(-99, 99).map(float)))
    y, expected = apply(arguments, x, kernel, bias)
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("arguments", CASES.values(), ids=CASES)
@FIXED
@given(data=st.data())
def test_infinities_and_nan_go_where_numpy_says(arguments, data):
    # No zeros: some BLAS libraries skip a product with zero, so that NumPy makes
    # 0 * inf either NaN, as Keras does, or 0.
    special = st.sampled_from([np.inf, -np.inf, np.nan, 1.0, -2.0])
    x, kernel, bias = data.draw(cases(special))
    y, expected = apply(arguments, x, kernel, bias)
    np.testing.assert_array_equal(y, expected.astype("float32"))
