"""ONNX: weights to it and from it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    Weights,
    as_raw_array,
    as_raw_arrays,
    check_axes,
    check_functions,
    check_numbers,
    check_shapes,
    check_sizes,
)


def move_gates(weight: ArrayLike, old: str, new: str) -> np.ndarray:
    """The gates of an LSTM's weight in another order.

    weight: (..., 4 * units), old and new: as "ifco" and "iofc".

    Raises ValueError for other letters, and for columns that are no four gates.

    >>> move_gates([[1, 2, 3, 4]], old="ifco", new="iofc")
    array([[1, 4, 2, 3]])
    """
    weight = as_raw_array(move_gates, weight=weight)
    _check_gates(weight, old, new)
    parts = dict(zip(old, np.split(weight, 4, axis=-1)))
    return np.concatenate([parts[gate] for gate in new], axis=-1)


def _check_gates(weight, old, new):
    """Both orders must have the same four letters, and weight four gates."""
    if len(set(old)) != 4 or sorted(old) != sorted(new):
        raise ValueError(
            "move_gates: old and new must have the same four letters, not "
            f"{old!r} and {new!r}"
        )
    if not weight.ndim or weight.shape[-1] % 4:
        raise ValueError(
            "move_gates: weight must have the shape (..., 4 * units), not "
            f"{weight.shape}"
        )


def lstm_to_onnx(
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
) -> Weights:
    """Keras' weights, (features, 4 * units), (units, 4 * units) and
    (4 * units,), to W, R and B of ONNX; without a bias to W and R.

    Raises ValueError for other shapes.

    >>> W, R = lstm_to_onnx([[1, 2, 3, 4]], [[5, 6, 7, 8]])
    >>> W[0, :, 0], R[0, :, 0]  # i, o, f, c
    (array([1, 4, 2, 3]), array([5, 8, 6, 7]))
    """
    kernel, recurrent_kernel, bias = as_raw_arrays(
        lstm_to_onnx,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    _check_keras(lstm_to_onnx, 4, kernel, recurrent_kernel, bias)
    kernels = [
        move_gates(weight, "ifco", "iofc").T[np.newaxis]
        for weight in (kernel, recurrent_kernel)
    ]
    if bias is None:
        return kernels
    bias = move_gates(bias, "ifco", "iofc")
    return [*kernels, np.concatenate([bias, np.zeros_like(bias)])[np.newaxis]]


def _check_keras(function, gates, kernel, recurrent_kernel, bias, rows=()):
    """Weights of a layer of Keras must fit together; rows: of the bias."""
    shape = "units", f"{gates} * units"
    check_shapes(function, recurrent_kernel=(recurrent_kernel, shape))
    units = len(recurrent_kernel)
    check_shapes(
        function,
        recurrent_kernel=(recurrent_kernel, (units, gates * units)),
        kernel=(kernel, ("features", gates * units)),
        bias=(bias, (*rows, gates * units)),
    )


def _check_onnx(function, gates, W, R, B):
    """Weights must be of a layer in one direction, and fit together."""
    check_shapes(function, R=(R, (1, f"{gates} * hidden", "hidden")))
    hidden = R.shape[-1]
    check_shapes(
        function,
        R=(R, (1, gates * hidden, hidden)),
        W=(W, (1, gates * hidden, "features")),
        B=(B, (1, 2 * gates * hidden)),
    )


def lstm_from_onnx(
    W: ArrayLike, R: ArrayLike, B: ArrayLike | None = None
) -> Weights:
    """W: (1, 4 * hidden, features), R: (1, 4 * hidden, hidden), B: (1, 8 *
    hidden), to kernel, recurrent_kernel and bias of Keras; without B to the
    kernels. Two directions are refused.

    Raises ValueError for other shapes.

    >>> W, R = [[[1], [4], [2], [3]]], [[[5], [8], [6], [7]]]  # i, o, f, c
    >>> lstm_from_onnx(W, R)
    [array([[1, 2, 3, 4]]), array([[5, 6, 7, 8]])]
    """
    W, R, B = as_raw_arrays(lstm_from_onnx, W=W, R=R, B=B)
    _check_onnx(lstm_from_onnx, 4, W, R, B)
    bias = [] if B is None else [np.sum(np.split(B[0], 2), axis=0)]
    weights = [W[0].T, R[0].T, *bias]
    return [move_gates(weight, "iofc", "ifco") for weight in weights]


def gru_to_onnx(
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
) -> Weights:
    """Keras' weights, (features, 3 * units), (units, 3 * units), and (2, 3 *
    units) or, without reset_after, (3 * units,), to W, R and B of ONNX;
    without a bias to W and R.

    Raises ValueError for other shapes.

    >>> W, R, B = gru_to_onnx([[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9], [0, 0, 0]])
    >>> W[0, :, 0], B
    (array([1, 2, 3]), array([[7, 8, 9, 0, 0, 0]]))
    """
    kernel, recurrent_kernel, bias = as_raw_arrays(
        gru_to_onnx, kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias
    )
    _check_gru_to_onnx(gru_to_onnx, kernel, recurrent_kernel, bias)
    weights = [kernel.T[np.newaxis], recurrent_kernel.T[np.newaxis]]
    if bias is None:
        return weights
    if bias.ndim == 1:
        bias = np.stack([bias, np.zeros_like(bias)])
    return [*weights, bias.reshape(1, -1)]


def _check_gru_to_onnx(function, kernel, recurrent_kernel, bias):
    """The bias may have two rows, or none."""
    rows = [2] * (np.ndim(bias) > 1)
    _check_keras(function, 3, kernel, recurrent_kernel, bias, rows)


def gru_from_onnx(
    W: ArrayLike,
    R: ArrayLike,
    B: ArrayLike | None = None,
    linear_before_reset: int = 0,
) -> Weights:
    """W: (1, 3 * hidden, features), R: (1, 3 * hidden, hidden), B: (1, 6 *
    hidden), to kernel, recurrent_kernel and bias of Keras; without B to the
    kernels. Two directions are refused.

    Raises ValueError for other shapes, and for a linear_before_reset that is
    not 0 or 1.

    >>> W, R, B = [[[1], [2], [3]]], [[[4], [5], [6]]], [[7, 8, 9, 1, 1, 1]]
    >>> gru_from_onnx(W, R, B)  # for reset_after=False
    [array([[1, 2, 3]]), array([[4, 5, 6]]), array([ 8,  9, 10])]
    """
    W, R, B = as_raw_arrays(gru_from_onnx, W=W, R=R, B=B)
    check_sizes(gru_from_onnx, least=0, linear_before_reset=linear_before_reset)
    check_numbers(gru_from_onnx, 0, 1, linear_before_reset=linear_before_reset)
    _check_onnx(gru_from_onnx, 3, W, R, B)
    if B is None:
        return [W[0].T, R[0].T]
    bias = B.reshape(2, -1)
    return [W[0].T, R[0].T, bias if linear_before_reset else bias.sum(axis=0)]


def bidirectional_to_onnx(
    weights: Sequence[ArrayLike], port: Callable[..., Weights]
) -> Weights:
    """The weights of Bidirectional, as in get_weights(), to W, R and B of ONNX
    with direction="bidirectional"; port: lstm_to_onnx or gru_to_onnx.

    Raises ValueError for another number of weights, and other shapes.

    >>> weights = [[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]], [[0, 0, 0]]]
    >>> W, R = bidirectional_to_onnx(weights, gru_to_onnx)
    >>> W[:, :, 0]
    array([[1, 2, 3],
           [7, 8, 9]])
    """
    check_functions(bidirectional_to_onnx, port=port)
    _check_both(weights)
    half = len(weights) // 2
    pairs = zip(port(*weights[:half]), port(*weights[half:]))
    return [np.concatenate(pair) for pair in pairs]


def _check_both(weights):
    """There must be two or three weights for each direction."""
    if len(weights) not in (4, 6):
        raise ValueError(
            f"bidirectional_to_onnx: the number of weights must be 4 or 6, not "
            f"{len(weights)}"
        )


def bidirectional_from_onnx(
    port: Callable[..., Weights],
    W: ArrayLike,
    R: ArrayLike,
    B: ArrayLike | None = None,
    **options: Any,
) -> Weights:
    """W, R and B of ONNX, which have a first axis of 2 directions, to the
    weights of Bidirectional; port: lstm_from_onnx or gru_from_onnx, with its
    options.

    Raises ValueError for other shapes.

    >>> W, R = np.arange(6).reshape(2, 3, 1), np.zeros((2, 3, 1))
    >>> kernel, _, backward_kernel, _ = bidirectional_from_onnx(
    ...     gru_from_onnx, W, R
    ... )
    >>> kernel, backward_kernel
    (array([[0, 1, 2]]), array([[3, 4, 5]]))
    """
    W, R, B = as_raw_arrays(bidirectional_from_onnx, W=W, R=R, B=B)
    check_functions(bidirectional_from_onnx, port=port)
    check_shapes(
        bidirectional_from_onnx,
        W=(W, (2, "gates * hidden", "features")),
        R=(R, (2, "gates * hidden", "hidden")),
        B=(B, (2, "2 * gates * hidden")),
    )
    arrays = [W, R] if B is None else [W, R, B]
    forward = port(*[array[:1] for array in arrays], **options)
    return forward + port(*[array[1:] for array in arrays], **options)


def dequantize_linear(
    x: ArrayLike,
    x_scale: ArrayLike,
    x_zero_point: ArrayLike,
    axis: int = 1,
    block_size: int = 0,
) -> np.ndarray:
    """ONNX's DequantizeLinear of a matrix x: (rows, columns).

    x_scale, x_zero_point: (columns,), or (rows,) with axis=0; with a block_size
    the shape of x, but with blocks in the place of columns or rows.

    Raises ValueError for other shapes, axes and block_sizes.

    >>> dequantize_linear([[1, 2], [3, 4]], [1, 10], x_zero_point=[0, 2])
    array([[ 1.,  0.],
           [ 3., 20.]])
    """
    x, x_scale, x_zero_point = as_raw_arrays(
        dequantize_linear, x=x, x_scale=x_scale, x_zero_point=x_zero_point
    )
    _check_zero_points(x, x_scale, x_zero_point, axis, block_size)
    if block_size:
        block = np.arange(x.shape[axis]) // block_size
        x_scale = np.take(x_scale, block, axis)
        x_zero_point = np.take(x_zero_point, block, axis)
    elif axis in (0, -2):
        x_scale, x_zero_point = (
            x_scale[:, np.newaxis],
            x_zero_point[:, np.newaxis],
        )
    return (x.astype("float32") - x_zero_point) * x_scale


def _check_zero_points(x, x_scale, x_zero_point, axis, block_size):
    """There must be a scale and a zero point for each row, column or block."""
    check_shapes(dequantize_linear, x=(x, ("rows", "columns")))
    check_axes(dequantize_linear, 2, True, axis=axis)
    check_sizes(dequantize_linear, least=0, block_size=block_size)
    length = x.shape[axis]
    shape = [length]
    if block_size:
        shape = list(x.shape)
        shape[axis] = -(-length // block_size)  # rounded up
    check_shapes(
        dequantize_linear,
        x_scale=(x_scale, shape),
        x_zero_point=(x_zero_point, shape),
    )


def int8_to_onnx(
    kernel_q: ArrayLike, kernel_scale: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keras' int8 kernel (features, units) and scales (units,) for axis=1.

    Raises ValueError for other shapes.

    >>> kernel_q, x_scale, x_zero_point = int8_to_onnx([[127, -5]], [127, 10])
    >>> dequantize_linear(kernel_q, x_scale, x_zero_point).round(4)
    array([[ 1. , -0.5]])
    """
    kernel_q, kernel_scale = as_raw_arrays(
        int8_to_onnx, kernel_q=kernel_q, kernel_scale=kernel_scale
    )
    check_shapes(int8_to_onnx, kernel_q=(kernel_q, ("features", "units")))
    check_shapes(int8_to_onnx, kernel_scale=(kernel_scale, kernel_q.shape[1:]))
    return kernel_q, 1 / kernel_scale, np.zeros(len(kernel_scale), "int8")
