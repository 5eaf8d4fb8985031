"""Cases of weights to ONNX and from it: Keras' layer, against the formula of the operator
in ONNX's specification, which is written out here. What comes from ONNX is run by the
library's own layer, which is compared with Keras' elsewhere: mutants ask Keras nothing."""

import math

import by_hand
import keras
import numpy as np
from library.cases.quantization import dense_in_int8
from library.engine.cases import Case
from library.engine.subjects import function, layer_for

BATCH, STEPS, FEATURES, UNITS = 5, 2, 4, 3


def lstm_of_onnx(x, W, R, B=None):
    """The last output of ONNX's LSTM: gates in the order i, o, f, c."""
    B = np.zeros((1, 8 * UNITS)) if B is None else B
    W, R, (B_w, B_r) = W[0], R[0], np.split(B[0], 2)
    h = c = np.zeros((len(x), R.shape[1]))
    for t in range(x.shape[1]):
        gates = x[:, t] @ W.T + h @ R.T + B_w + B_r
        i, o, f, g = np.split(gates, 4, axis=-1)
        i, o, f = map(by_hand.sigmoid, (i, o, f))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
    return h


def gru_of_onnx(x, W, R, B=None, linear_before_reset=0):
    """The last output of ONNX's GRU: gates in the order z, r, h."""
    B = np.zeros((1, 6 * UNITS)) if B is None else B
    (W_z, W_r, W_h), (R_z, R_r, R_h) = np.split(W[0], 3), np.split(R[0], 3)
    b_z, b_r, b_h, c_z, c_r, c_h = np.split(B[0], 6)
    h = np.zeros((len(x), R.shape[2]))
    for t in range(x.shape[1]):
        z = by_hand.sigmoid(x[:, t] @ W_z.T + h @ R_z.T + b_z + c_z)
        r = by_hand.sigmoid(x[:, t] @ W_r.T + h @ R_r.T + b_r + c_r)
        if linear_before_reset:
            new = r * (h @ R_h.T + c_h)
        else:
            new = (r * h) @ R_h.T + c_h
        h = (1 - z) * np.tanh(x[:, t] @ W_h.T + b_h + new) + z * h
    return h


def lstm_of_keras(x, *weights):
    use_bias = len(weights) == 3
    layer = layer_for(keras.layers.LSTM, x.shape, units=UNITS, use_bias=use_bias)
    layer.set_weights(weights)
    return layer(x)


def gru_of_keras(x, *weights, reset_after=True):
    options = {"use_bias": len(weights) == 3, "reset_after": reset_after}
    layer = layer_for(keras.layers.GRU, x.shape, units=UNITS, **options)
    layer.set_weights(weights)
    return layer(x)


def draw_x(draw):
    return draw.normal(BATCH, STEPS, FEATURES)


def draw_keras(draw, gates, rows=()):
    """Kernels and, in every second case, a bias."""
    sizes = (FEATURES, gates * UNITS), (UNITS, gates * UNITS), (*rows, gates * UNITS)
    return [draw.normal(*size) for size in sizes[: draw.one_of(3, 2)]]


def draw_onnx(draw, gates):
    """W, R and, in every second case, B."""
    width = gates * UNITS
    sizes = (1, width, FEATURES), (1, width, UNITS), (1, 2 * width)
    return [draw.normal(*size) for size in sizes[: draw.one_of(3, 2)]]


def as_lstm_of_onnx(x, *weights):
    return lstm_of_onnx(x, *by_hand.lstm_to_onnx(*weights))


@function(lstm_of_keras, as_lstm_of_onnx, name="lstm_to_onnx")
def lstm_to_onnx(draw):
    return Case({}, (draw_x(draw), *draw_keras(draw, 4)))


def as_lstm_of_keras(x, *weights):
    return by_hand.lstm(x, *by_hand.lstm_from_onnx(*weights))


@function(lstm_of_onnx, as_lstm_of_keras, name="lstm_from_onnx")
def lstm_from_onnx(draw):
    return Case({}, (draw_x(draw), *draw_onnx(draw, 4)))


def as_gru_of_onnx(x, *weights, reset_after=True):
    ported = by_hand.gru_to_onnx(*weights)
    return gru_of_onnx(x, *ported, linear_before_reset=int(reset_after))


@function(gru_of_keras, as_gru_of_onnx, name="gru_to_onnx")
def gru_to_onnx(draw):
    config = draw.some(reset_after=[False])
    rows = () if config else (2,)
    return Case(config, (draw_x(draw), *draw_keras(draw, 3, rows)))


def as_gru_of_keras(x, *weights, **options):
    weights = by_hand.gru_from_onnx(*weights, **options)
    return by_hand.gru(x, *weights, reset_after=bool(options))


@function(gru_of_onnx, as_gru_of_keras, name="gru_from_onnx")
def gru_from_onnx(draw):
    config = draw.some(linear_before_reset=[1])
    return Case(config, (draw_x(draw), *draw_onnx(draw, 3)))


def both_ways(of_onnx, x, *weights, **options):
    """The last outputs of both directions, from which ONNX's Y_h is made."""
    halves = [[part[:1] for part in weights], [part[1:] for part in weights]]
    ends = [
        of_onnx(x, *halves[0], **options),
        of_onnx(x[:, ::-1], *halves[1], **options),
    ]
    return np.concatenate(ends, axis=-1)


def gru_both_ways(x, *weights, linear_before_reset=0):
    options = {"linear_before_reset": linear_before_reset}
    return both_ways(gru_of_onnx, x, *weights, **options)


def as_bidirectional_of_keras(x, *weights, **options):
    weights = by_hand.bidirectional_from_onnx(
        by_hand.gru_from_onnx, *weights, **options
    )
    return by_hand.bidirectional(by_hand.gru, x, *weights, reset_after=bool(options))


@function(gru_both_ways, as_bidirectional_of_keras, name="bidirectional_from_onnx")
def bidirectional_from_onnx(draw):
    both = zip(draw_onnx(draw, 3), draw_onnx(draw, 3))
    weights = [np.concatenate(pair) for pair in both]
    return Case(draw.some(linear_before_reset=[1]), (draw_x(draw), *weights))


def both_and_back(*weights):
    arrays = by_hand.bidirectional_to_onnx(weights, by_hand.lstm_to_onnx)
    return by_hand.bidirectional_from_onnx(by_hand.lstm_from_onnx, *arrays)


@function(lambda *weights: list(weights), both_and_back, name="bidirectional_to_onnx")
def bidirectional_to_onnx(draw):
    forward = draw_keras(draw, 4)
    return Case({}, (*forward, *[draw.normal(*part.shape) for part in forward]))


def dequantized(x, x_scale, x_zero_point, axis=1, block_size=0):
    """By the specification: number by number."""
    y = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        of = list(place) if block_size else [place[axis]]
        if block_size:
            of[axis] //= block_size
        y[place] = (float(x[place]) - x_zero_point[tuple(of)]) * x_scale[tuple(of)]
    return y


@function(dequantized, by_hand.dequantize_linear)
def dequantize_linear(draw):
    sizes = 6, 4
    x = draw.rng.integers(-128, 128, size=sizes).astype("int8")
    config = draw.some(block_size=[2, 3], axis=[0])
    axis = config.get("axis", 1)
    shape = [sizes[axis]]
    if "block_size" in config:
        shape = list(sizes)
        shape[axis] = math.ceil(sizes[axis] / config["block_size"])
    zero = draw.rng.integers(-9, 9, size=shape).astype("int8")
    return Case(config, (x, draw.positive(*shape), zero))


def int8_of_keras(x, kernel_q, kernel_scale):
    return dense_in_int8(x, kernel_q, kernel_scale, weights_only=True)


def int8_of_onnx(x, kernel_q, kernel_scale):
    return x @ by_hand.dequantize_linear(*by_hand.int8_to_onnx(kernel_q, kernel_scale))


@function(int8_of_keras, int8_of_onnx, name="int8_to_onnx", tolerance=1e-5)
def int8_to_onnx(draw):
    kernel_q = draw.rng.integers(-127, 128, size=(5, 4)).astype("int8")
    scale = 20 * draw.positive(4).astype("float32")
    return Case({}, (draw.normal(3, 5).astype("float32"), kernel_q, scale))
