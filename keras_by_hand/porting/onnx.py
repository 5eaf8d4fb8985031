"""Weights to ONNX and from it."""

import numpy as np


def move_gates(weight, old, new):
    """weight: (..., 4 * units), old and new: as "ifco" and "iofc"."""
    parts = dict(zip(old, np.split(weight, 4, axis=-1)))
    return np.concatenate([parts[gate] for gate in new], axis=-1)


def lstm_to_onnx(kernel, recurrent_kernel, bias):
    """Keras' weights, (features, 4 * units), (units, 4 * units) and
    (4 * units,), to W, R and B of ONNX."""
    weights = [kernel, recurrent_kernel, bias]
    W, R, b = [move_gates(weight, "ifco", "iofc").T for weight in weights]
    B = np.concatenate([b, np.zeros_like(b)])
    return [W[np.newaxis], R[np.newaxis], B[np.newaxis]]


def lstm_from_onnx(W, R, B):
    """W: (1, 4 * hidden, features), R: (1, 4 * hidden, hidden), B: (1, 8 *
    hidden), to kernel, recurrent_kernel and bias of Keras."""
    weights = [W[0].T, R[0].T, np.sum(np.split(B[0], 2), axis=0)]
    return [move_gates(weight, "iofc", "ifco") for weight in weights]


def gru_to_onnx(kernel, recurrent_kernel, bias):
    """Keras' weights, (features, 3 * units), (units, 3 * units), and (2, 3 *
    units) or, without reset_after, (3 * units,), to W, R and B of ONNX."""
    if bias.ndim == 1:
        bias = np.stack([bias, np.zeros_like(bias)])
    W = kernel.T[np.newaxis]
    R = recurrent_kernel.T[np.newaxis]
    return [W, R, bias.reshape(1, -1)]


def gru_from_onnx(W, R, B, linear_before_reset=0):
    """W: (1, 3 * hidden, features), R: (1, 3 * hidden, hidden), B: (1, 6 *
    hidden), to kernel, recurrent_kernel and bias of Keras."""
    bias = B.reshape(2, -1)
    return [W[0].T, R[0].T, bias if linear_before_reset else bias.sum(axis=0)]


def dequantize_linear(x, x_scale, x_zero_point, axis=1, block_size=0):
    """ONNX's DequantizeLinear of a matrix x: (rows, columns).

    x_scale, x_zero_point: (columns,), or with axis=0 and a block_size:
    (blocks of rows, columns).
    """
    if block_size:
        block = np.arange(x.shape[axis]) // block_size
        x_scale = np.take(x_scale, block, axis)
        x_zero_point = np.take(x_zero_point, block, axis)
    return (x.astype("float32") - x_zero_point) * x_scale


def int8_to_onnx(kernel_q, kernel_scale):
    """Keras' int8 kernel (features, units) and scales (units,) for axis=1."""
    return kernel_q, 1 / kernel_scale, np.zeros(len(kernel_scale), "int8")
