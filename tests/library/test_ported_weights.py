"""Weights may lack some, such as biases, on their way to PyTorch and ONNX and back."""

import by_hand
import numpy as np
from driving import assert_equal
from keras import layers


def zeros(*shape):
    return np.zeros(shape)


def draw(layer, shape, dtype="float64"):
    """Return x and weights of a layer that is built now, all of them random."""
    if isinstance(layer, layers.MultiHeadAttention | layers.GroupQueryAttention):
        layer.build(shape, shape)
    else:
        layer.build(shape)
    rng = np.random.default_rng(313)
    shapes = shape, *(w.shape for w in layer.weights)
    x, *weights = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    weights = [
        np.abs(array) if "variance" in weight.name else array
        for weight, array in zip(layer.weights, weights)
    ]
    layer.set_weights(weights)
    return x, weights


def test_ported_weights_may_lack_their_biases():
    rng = np.random.default_rng(313)
    for name, n in (("lstm", 12), ("gru", 9)):
        kernels = rng.normal(size=(4, n)), rng.normal(size=(3, n))
        bias = zeros(2, n) if name == "gru" else zeros(n)
        for framework in ("pytorch", "onnx"):
            there = getattr(by_hand, f"{name}_to_{framework}")
            back = getattr(by_hand, f"{name}_from_{framework}")
            ported = there(*kernels)
            np.testing.assert_equal(there(*kernels, bias)[:2], ported)
            np.testing.assert_equal(back(*ported), list(kernels))
    for use_bias in (False, True):
        layer = layers.MultiHeadAttention(2, 2, use_bias=use_bias)
        x, weights = draw(layer, (2, 5, 4))
        ported = by_hand.attention_to_pytorch(weights)
        again = by_hand.attention_from_pytorch(ported, heads=2)
        np.testing.assert_equal(again, weights)
        assert len(ported) == (4 if use_bias else 2)
    x, kernel = rng.normal(size=(2, 4, 6, 6)), rng.normal(size=(4, 4, 3, 3))
    for function in (by_hand.pytorch_conv2d, by_hand.pytorch_conv_transpose2d):
        np.testing.assert_array_equal(
            function(x, kernel), function(x, kernel, zeros(4))
        )


def test_a_batch_norm_of_pytorch_may_lack_its_weights():
    state = {"running_mean": np.array([1.0, 2]), "running_var": np.array([4.0, 9])}
    weights, arguments = by_hand.batch_norm_from_pytorch(state)
    layer = layers.BatchNormalization(dtype="float64", **arguments)
    layer.build((3, 2))
    layer.set_weights(weights)
    x = np.random.default_rng(313).normal(size=(3, 2))
    full = {"weight": np.ones(2), "bias": np.zeros(2), **state}
    expected = by_hand.batch_normalization(
        x, *by_hand.batch_norm_from_pytorch(full)[0], epsilon=1e-5
    )
    assert_equal(layer(x), expected)


def test_onnx_scales_of_rows_and_columns():
    x, scale, zero = np.arange(6).reshape(2, 3), np.array([1, 2]), np.array([0, 1])
    by_rows = by_hand.dequantize_linear(x, scale, zero, axis=0)
    np.testing.assert_array_equal(by_rows, [[0, 1, 2], [4, 6, 8]])
    by_columns = by_hand.dequantize_linear(x.T, scale, zero)
    np.testing.assert_array_equal(by_columns, by_rows.T)
