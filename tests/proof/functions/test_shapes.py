"""EinsumDense and masks in many drawn cases. (Dense has test_formulas.py.)"""

import keras
import numpy as np
import pytest
from driving import assert_equal, by_hand, drawn
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "equation, x_shape, kernel_shape, bias_axes",
    [
        ("bf,fk->bk", (3, 4), (4, 5), "k"),
        ("bsf,fu->bsu", (3, 2, 4), (4, 5), "u"),
        ("bsf,fhu->bshu", (3, 2, 4), (4, 2, 5), "hu"),
        ("bshu,huf->bsf", (3, 2, 2, 5), (2, 5, 4), None),
    ],
)
@given(data=st.data())
def test_einsum_dense(equation, x_shape, kernel_shape, bias_axes, data):
    x, kernel = data.draw(drawn(x_shape)), data.draw(drawn(kernel_shape))
    left, right = equation.split("->")
    sizes = dict(zip(left.replace(",", ""), (*x_shape, *kernel_shape)))
    output_shape = [sizes[letter] for letter in right[1:]]
    layer = keras.layers.EinsumDense(
        equation, output_shape, bias_axes=bias_axes, dtype="float64"
    )
    layer.build(x_shape)
    weights = [kernel]
    if bias_axes:
        weights.append(data.draw(drawn(tuple(layer.bias.shape))))
    layer.set_weights(weights)
    assert_equal(layer(x), by_hand.einsum_dense(x, *weights, equation=equation))


@given(
    x=drawn((2, 3, 2), st.sampled_from([0.0, 1.0, -2.0])),
    value=st.sampled_from([0.0, 1.0]),
)
def test_masking(x, value):
    layer = keras.layers.Masking(value, dtype="float64")
    y, mask = by_hand.masking(x, value)
    assert_equal(layer(x), y)
    np.testing.assert_array_equal(layer.compute_mask(x), mask)
