"""ONNX: weights to it and from it."""

import numpy as np

from keras_by_hand.shapes import check_shapes


def move_gates(weight, old, new):
    """weight: (..., 4 * units), old and new: as "ifco" and "iofc"."""
    parts = dict(zip(old, np.split(weight, 4, axis=-1)))
    return np.concatenate([parts[gate] for gate in new], axis=-1)


def lstm_to_onnx(kernel, recurrent_kernel, bias=None):
    """Keras' weights, (features, 4 * units), (units, 4 * units) and
    (4 * units,), to W, R and B of ONNX; without a bias to W and R."""
    units = len(recurrent_kernel)
    check_shapes(
        "lstm_to_onnx",
        recurrent_kernel=(recurrent_kernel, (units, 4 * units)),
        kernel=(kernel, (None, 4 * units)),
        bias=(bias, (4 * units,)),
    )
    kernels = [
        move_gates(weight, "ifco", "iofc").T[np.newaxis]
        for weight in (kernel, recurrent_kernel)
    ]
    if bias is None:
        return kernels
    bias = move_gates(bias, "ifco", "iofc")
    return [*kernels, np.concatenate([bias, np.zeros_like(bias)])[np.newaxis]]


def _check_onnx(function, gates, W, R, B):
    """Weights must be of a layer in one direction, and fit together."""
    hidden = np.shape(R)[-1]
    check_shapes(
        function,
        R=(R, (1, gates * hidden, hidden)),
        W=(W, (1, gates * hidden, None)),
        B=(B, (1, 2 * gates * hidden)),
    )


def lstm_from_onnx(W, R, B=None):
    """W: (1, 4 * hidden, features), R: (1, 4 * hidden, hidden), B: (1, 8 *
    hidden), to kernel, recurrent_kernel and bias of Keras; without B to the
    kernels. Two directions are refused."""
    _check_onnx("lstm_from_onnx", 4, W, R, B)
    bias = [] if B is None else [np.sum(np.split(B[0], 2), axis=0)]
    weights = [W[0].T, R[0].T, *bias]
    return [move_gates(weight, "iofc", "ifco") for weight in weights]


def gru_to_onnx(kernel, recurrent_kernel, bias=None):
    """Keras' weights, (features, 3 * units), (units, 3 * units), and (2, 3 *
    units) or, without reset_after, (3 * units,), to W, R and B of ONNX;
    without a bias to W and R."""
    units = len(recurrent_kernel)
    shape = *[2] * (np.ndim(bias) - 1), 3 * units
    check_shapes(
        "gru_to_onnx",
        recurrent_kernel=(recurrent_kernel, (units, 3 * units)),
        kernel=(kernel, (None, 3 * units)),
        bias=(bias, shape),
    )
    weights = [kernel.T[np.newaxis], recurrent_kernel.T[np.newaxis]]
    if bias is None:
        return weights
    if bias.ndim == 1:
        bias = np.stack([bias, np.zeros_like(bias)])
    return [*weights, bias.reshape(1, -1)]


def gru_from_onnx(W, R, B=None, linear_before_reset=0):
    """W: (1, 3 * hidden, features), R: (1, 3 * hidden, hidden), B: (1, 6 *
    hidden), to kernel, recurrent_kernel and bias of Keras; without B to the
    kernels. Two directions are refused."""
    _check_onnx("gru_from_onnx", 3, W, R, B)
    if B is None:
        return [W[0].T, R[0].T]
    bias = B.reshape(2, -1)
    return [W[0].T, R[0].T, bias if linear_before_reset else bias.sum(axis=0)]


def bidirectional_to_onnx(weights, port):
    """The weights of Bidirectional, as in get_weights(), to W, R and B of ONNX
    with direction="bidirectional"; port: lstm_to_onnx or gru_to_onnx."""
    if len(weights) not in (4, 6):
        raise ValueError(
            f"bidirectional_to_onnx: the number of weights must be 4 or 6, not "
            f"{len(weights)}"
        )
    half = len(weights) // 2
    pairs = zip(port(*weights[:half]), port(*weights[half:]))
    return [np.concatenate(pair) for pair in pairs]


def bidirectional_from_onnx(port, W, R, B=None, **options):
    """W, R and B of ONNX, which have a first axis of 2 directions, to the
    weights of Bidirectional; port: lstm_from_onnx or gru_from_onnx, with its
    options."""
    arrays = {"W": W, "R": R, "B": B}
    arrays = {name: a for name, a in arrays.items() if a is not None}
    for name, array in arrays.items():
        shape = 2, *[None] * (1 if name == "B" else 2)
        check_shapes("bidirectional_from_onnx", **{name: (array, shape)})
    forward = port(*[array[:1] for array in arrays.values()], **options)
    return forward + port(*[array[1:] for array in arrays.values()], **options)


def dequantize_linear(x, x_scale, x_zero_point, axis=1, block_size=0):
    """ONNX's DequantizeLinear of a matrix x: (rows, columns).

    x_scale, x_zero_point: (columns,), or (rows,) with axis=0; with a block_size
    the shape of x, but with blocks in the place of columns or rows.
    """
    length = x.shape[axis]
    shape = [length]
    if block_size:
        shape = list(x.shape)
        shape[axis] = -(-length // block_size)  # rounded up
    check_shapes(
        "dequantize_linear",
        x_scale=(x_scale, shape),
        x_zero_point=(x_zero_point, shape),
    )
    if block_size:
        block = np.arange(length) // block_size
        x_scale = np.take(x_scale, block, axis)
        x_zero_point = np.take(x_zero_point, block, axis)
    elif axis == 0:
        x_scale, x_zero_point = (
            x_scale[:, np.newaxis],
            x_zero_point[:, np.newaxis],
        )
    return (x.astype("float32") - x_zero_point) * x_scale


def int8_to_onnx(kernel_q, kernel_scale):
    """Keras' int8 kernel (features, units) and scales (units,) for axis=1."""
    check_shapes(
        "int8_to_onnx",
        kernel_q=(kernel_q, (None, None)),
        kernel_scale=(kernel_scale, np.shape(kernel_q)[1:]),
    )
    return kernel_q, 1 / kernel_scale, np.zeros(len(kernel_scale), "int8")
