"""Initializers, regularizers and constraints in many drawn cases."""

import keras
import numpy as np
from driving import POWERS, assert_equal, by_hand, drawn, numbers
from hypothesis import given
from hypothesis import strategies as st

MODES = st.sampled_from(["fan_in", "fan_out", "fan_avg"])
KERNELS = st.sampled_from([(3, 5), (5, 3), (2, 3, 4)])


@given(shape=KERNELS, scale=POWERS, mode=MODES)
def test_variance_scaling(shape, scale, mode):
    options = {"scale": scale, "mode": mode, "seed": 313}
    initializer = keras.initializers.VarianceScaling(distribution="uniform", **options)
    draw = keras.random.uniform(shape, -1, 1, seed=313)
    scaled = by_hand.variance_scaling(
        keras.ops.convert_to_numpy(draw), scale, mode, distribution="uniform"
    )
    assert_equal(initializer(shape), scaled, "float32")


@given(shape=KERNELS, gain=POWERS)
def test_orthogonal(shape, gain):
    kernel = keras.initializers.Orthogonal(gain, seed=313)(shape)
    rows = np.prod(shape[:-1])
    size = max(rows, shape[-1]), min(rows, shape[-1])
    draw = keras.ops.convert_to_numpy(keras.random.normal(size, seed=313))
    draw = draw if rows >= shape[-1] else draw.T
    assert_equal(kernel, by_hand.orthogonal(draw, gain).reshape(shape), "float32")


@given(w=drawn(), l1=POWERS, l2=POWERS)
def test_regularizers(w, l1, l2):
    assert_equal(keras.regularizers.L1(l1)(w), by_hand.l1(w, l1))
    assert_equal(keras.regularizers.L2(l2)(w), by_hand.l2(w, l2))
    assert_equal(keras.regularizers.L1L2(l1, l2)(w), by_hand.l1l2(w, l1, l2))


@given(
    w=drawn((3, 4), numbers(1.0, 64.0)),
    factor=POWERS,
    mode=st.sampled_from(["rows", "columns"]),
)
def test_orthogonal_regularizer(w, factor, mode):
    regularizer = keras.regularizers.OrthogonalRegularizer(factor, mode)
    assert_equal(
        regularizer(keras.ops.cast(w, "float32")),
        by_hand.orthogonal_regularizer(w, factor, mode),
        "float32",
    )


@given(
    w=drawn((3, 4)), low=POWERS, more=POWERS, rate=POWERS, axis=st.sampled_from([0, 1])
)
def test_constraints(w, low, more, rate, axis):
    constraints, high = keras.constraints, low + more
    assert_equal(constraints.NonNeg()(w), by_hand.non_neg(w))
    assert_equal(
        constraints.MaxNorm(low, axis)(w), by_hand.max_norm(w, low, axis), "float32"
    )
    assert_equal(constraints.UnitNorm(axis)(w), by_hand.unit_norm(w, axis), "float32")
    arguments = {"min_value": low, "max_value": high, "rate": rate, "axis": axis}
    assert_equal(
        constraints.MinMaxNorm(**arguments)(w),
        by_hand.min_max_norm(w, **arguments),
        "float32",
    )
