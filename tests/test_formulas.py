"""The formulas printed on the pages, against the real layer, far beyond one example.

Each formula is the code under "Compute it" of a page, taken from its file. ``make
test-deep`` tries more cases.
"""

import ast

import hypothesis.extra.numpy as arrays
import keras
import numpy as np
import pages
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

# page: (the layer's arguments, results that the formula computes, smallest rank)
FORMULAS = {
    "plot_1_no_bias": ({"use_bias": False}, ["expected"], 2),
    "plot_2_default_bias": ({}, ["expected"], 2),
    "plot_3_ones_bias": ({}, ["expected"], 2),
    "plot_4_relu": ({"activation": "relu"}, ["expected"], 2),
    "plot_6_reduce_dimensions": (
        {"use_bias": False},
        ["expected", "stacked", "looped"],
        3,
    ),
}
SIZES = st.sampled_from([1, 2, 3, 5, 7, 16, 31])


def formula(name):
    """The code of a page's formula; it uses np, x, kernel, bias and the layer dense."""
    (page,) = [page for page in pages.PAGES if page.stem == name]
    statements = pages.sections(page)[0]["Compute it"]
    code = [line for line in statements if not ast.unparse(line).startswith("print(")]
    return ast.unparse(ast.Module(code, []))


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
def cases(draw, smallest_rank, elements):
    """Draw x (..., features), kernel (features, units) and bias (units,)."""
    rank = draw(st.integers(smallest_rank, 5))
    features, units = draw(SIZES), draw(SIZES)
    sizes = SIZES if rank < 4 else st.sampled_from([1, 2, 3])
    outer = draw(st.tuples(*[sizes] * (rank - 1)))
    return (
        draw(filled((*outer, features), elements)),
        draw(filled((features, units), elements)),
        draw(filled((units,), elements)),
    )


def apply(name, x, kernel, bias):
    """Return what the layer makes of x, and what the page's formula does."""
    arguments, results, _ = FORMULAS[name]
    dense = keras.layers.Dense(kernel.shape[1], **arguments)
    dense.build(x.shape)
    weights = [kernel, bias][: len(dense.weights)]
    dense.set_weights(weights)
    y = keras.ops.convert_to_numpy(dense(x))

    variables = {"np": np, "x": x, "dense": dense, "kernel": kernel, "bias": bias}
    exec(formula(name), variables)
    return y, {result: variables[result] for result in results}


SCRIPT = """
import keras
import numpy as np
from numpy import array, float32, inf, nan

x = {x!r}
kernel = {kernel!r}
bias = {bias!r}
dense = keras.layers.Dense({units}, **{arguments})
dense.build(x.shape)
dense.set_weights([kernel, bias][: len(dense.weights)])
print(keras.ops.convert_to_numpy(dense(x)))

{formula}
print(expected)
"""


def note_script(name, x, kernel, bias):
    """Let a failure print a script to paste."""
    with np.printoptions(threshold=10**6, floatmode="unique"):
        note(
            SCRIPT.format(
                x=x,
                kernel=kernel,
                bias=bias,
                units=kernel.shape[1],
                arguments=FORMULAS[name][0],
                formula=formula(name),
            )
        )


@pytest.mark.parametrize("name", FORMULAS)
@given(data=st.data())
def test_formula_is_within_the_rounding_limit(name, data):
    smallest_rank = FORMULAS[name][2]
    x, kernel, bias = data.draw(cases(smallest_rank, numbers()))
    note_script(name, x, kernel, bias)
    y, results = apply(name, x, kernel, bias)
    if FORMULAS[name][0].get("use_bias", True):
        roundings = kernel.shape[0] + 1
    else:
        roundings, bias = kernel.shape[0], np.zeros_like(bias)
    magnitude = np.abs(x).astype("float64") @ np.abs(kernel) + np.abs(bias)
    limit = roundings / 2 * np.finfo("float32").eps * magnitude
    for result in results.values():
        assert (y.shape, y.dtype) == (result.shape, np.float32)
        assert np.all(np.abs(y - result) <= limit)


@pytest.mark.parametrize("name", FORMULAS)
@given(data=st.data())
def test_formula_is_exact_for_small_integers(name, data):
    x, kernel, bias = data.draw(
        cases(FORMULAS[name][2], st.integers(-99, 99).map(float))
    )
    note_script(name, x, kernel, bias)
    y, results = apply(name, x, kernel, bias)
    for result in results.values():
        np.testing.assert_array_equal(y, result)


@pytest.mark.parametrize("name", FORMULAS)
@given(data=st.data())
def test_infinities_and_nan_go_where_numpy_says(name, data):
    # No zeros: some BLAS libraries skip a product with zero, so that NumPy makes
    # 0 * inf either NaN, as Keras does, or 0.
    special = st.sampled_from([np.inf, -np.inf, np.nan, 1.0, -2.0])
    x, kernel, bias = data.draw(cases(FORMULAS[name][2], special))
    note_script(name, x, kernel, bias)
    with np.errstate(invalid="ignore"):
        y, results = apply(name, x, kernel, bias)
    for result in results.values():
        np.testing.assert_array_equal(y, result.astype("float32"))
