"""Weights and masks of functions that are no layer's, in other shapes: each axis of each
must be as it is, but for those that are free. Of layers, test_contract.py derives as much;
and what Keras has no words for stays in the dtype that comes in.
"""

import by_hand
import numpy as np
import pytest
from keras import tree
from library.engine.refusals import for_each, read, read_shapes


def zeros(*shape):
    return np.zeros(shape)


X = zeros(2, 5, 4)  # (batch, steps, features)
IMAGES = zeros(2, 6, 6, 4)  # (batch, height, width, channels)
GRU = zeros(4, 9), zeros(3, 9), zeros(2, 9)
STATES = [zeros(2, 3)] * 6  # before the first step, and after each

# A length below 0 is free: another one would be right, too.
WEIGHTS = """
dense_16_bits(X, rounded=by_hand.float16) with kernel (4, 3), bias (3,)
int8_dense(X) with kernel_q (4, 3), kernel_scale (1, 3), bias (3,)
int4_embedding(np.array([0]), output_dim=3) with
    embeddings (7, 2), embeddings_scale (7, 2), embeddings_zero (7, 2), g_idx (3,)
int4_dense(X) with
    packed (4, 2), kernel_scale (2, 3), kernel_zero (2, 3), g_idx (4,), bias (3,)
float8_dense(X) with kernel (4, 3), bias (3,), inputs_scale (), kernel_scale ()
awq_kernel() with
    packed (2, 4), kernel_scale (3, 2), kernel_zero (3, 2), awq_scales (4,), g_idx (4,)
int4_to_gptq() with packed (-4, 2), kernel_scale (2, 3), kernel_zero (2, 3)
lstm_to_pytorch() with kernel (-4, 12), recurrent_kernel (3, 12), bias (12,)
gru_to_pytorch() with kernel (-4, 9), recurrent_kernel (3, 9), bias (2, 9)
lstm_to_onnx() with kernel (-4, 12), recurrent_kernel (3, 12), bias (12,)
gru_to_onnx() with kernel (-4, 9), recurrent_kernel (3, 9), bias (2, 9)
simple_rnn_to_pytorch() with kernel (-4, 3), recurrent_kernel (3, 3), bias (3,)
gru_to_onnx() with kernel (-4, 9), recurrent_kernel (3, 9), bias (9,)
simple_rnn_from_pytorch() with
    weight_ih (3, -4), weight_hh (3, 3), bias_ih (3,), bias_hh (3,)
lstm_from_pytorch() with weight_ih (12, -4), weight_hh (12, 3), bias_ih (12,), bias_hh (12,)
gru_from_pytorch() with weight_ih (9, -4), weight_hh (9, 3), bias_ih (9,), bias_hh (9,)
lstm_from_onnx() with W (1, 12, -4), R (1, 12, 3), B (1, 24)
gru_from_onnx() with W (1, 9, -4), R (1, 9, 3), B (1, 18)
batch_norm_to_pytorch() with gamma (3,), beta (3,), moving_mean (3,), moving_variance (3,)
pytorch_conv2d(zeros(2, 4, 6, 6)) with kernel (-5, 4, -3, -3), bias (5,)
pytorch_conv_transpose2d(zeros(2, 4, 6, 6)) with kernel (4, -5, -3, -3), bias (5,)
to_pytorch_depthwise_kernel() with kernel (-3, -3, -4, -2)
from_pytorch_depthwise_kernel(channels=4) with kernel (-8, 1, -3, -3)
from_pytorch_linear_after_flatten(height=2, width=3) with kernel (-5, -24)
channels_last_dense_kernel(shape=(4, 2, 3)) with kernel (24, -5)
int8_to_onnx() with kernel_q (-4, 3), kernel_scale (3,)
conv2d_x_gradient((2, 6, 6, 4)) with kernel (-3, -3, 4, 5), y_gradient (2, 4, 4, 5)
conv2d_x_gradient((2, 6, 6, 4), strides=2) with
    kernel (-3, -3, 4, 5), y_gradient (2, 2, 2, 5)
conv2d_x_gradient((2, 6, 6, 4), strides=2, padding="same") with
    kernel (-3, -3, 4, 5), y_gradient (2, 3, 3, 5)
rnn_forward(X) with kernel (4, 3), recurrent_kernel (3, 3), bias (3,)
lstm_forward(X) with kernel (4, 12), recurrent_kernel (3, 12), bias (12,)
rnn_gradients(X, STATES) with kernel (4, 3), delta (2, 5, 3)
rnn_backward(STATES) with recurrent_kernel (3, 3), y_gradient (-2, 5, 3)
lstm_backward(STATES, [STATES[:4]] * 5) with recurrent_kernel (3, 12), y_gradient (2, 5, 3)
"""
WEIGHTS = read_shapes(WEIGHTS, globals())
MASKS = """
bidirectional(by_hand.gru, X, *GRU, *GRU) with mask (2, 5)
batch_moments(X) with mask (2, 5)
masked_mean_squared_error(X, X) with mask (2, 5)
allowed_pairs((2, 3, 5)) with query_mask (2, 3), value_mask (2, 5), key_mask (2, 5)
time_distributed(by_hand.global_average_pooling1d, IMAGES) with mask (2, 6, 6)
spatial_dropout1d(X, rate=0.5) with kept (2, 4)
gaussian_noise(X, stddev=0.5) with z (2, 5, 4)
gaussian_dropout(X, rate=0.5) with z (2, 5, 4)
"""
MASKS = read_shapes(MASKS, globals())
BROADCAST = """
dropout(X, rate=0.5) with kept (2, 5, 4)
alpha_dropout(X, rate=0.5) with kept (2, 5, 4)
allowed_pairs((2, 3, 5)) with attention_mask (2, 3, 5)
"""
BROADCAST = read_shapes(BROADCAST, globals())

LSTM = zeros(4, 12), zeros(3, 12), zeros(12)
PACKED, SCALES = np.ones((4, 2), "int8"), np.ones((4, 2))
IMAGE, KERNEL = zeros(1, 4, 6, 6), zeros(6, 2, 3, 3)  # as PyTorch has them
OF_PYTORCH = {  # of MultiheadAttention, with 4 features
    "in_proj_weight": zeros(12, 4),
    "out_proj.weight": zeros(4, 4),
    "in_proj_bias": zeros(12),
    "out_proj.bias": zeros(4),
}
STACK = {  # of two layers of LSTM, with 3 units
    "weight_ih_l0": zeros(12, 4),
    "weight_hh_l0": zeros(12, 3),
    "weight_ih_l1": zeros(12, 3),
    "weight_hh_l1": zeros(12, 3),
}
NUMBERS = {"running_mean": zeros(3), "running_var": zeros(3)}

TYPE_ERRORS = """
numerical_gradient("tanh", X) -> loss must be a function, not 'tanh'
rnn_backward(STATES, zeros(3, 3), zeros(2, 5, 3), "tanh")
    -> slope must be a function, not 'tanh'
dense_16_bits(X, zeros(4, 3), zeros(3), "tanh") -> rounded must be a function, not 'tanh'
bidirectional_to_onnx(LSTM, "tanh") -> port must be a function, not 'tanh'
bidirectional_from_onnx("tanh", *LSTM) -> port must be a function, not 'tanh'
stack_to_pytorch([LSTM], "tanh") -> port must be a function, not 'tanh'
stack_from_pytorch(STACK, "tanh") -> port must be a function, not 'tanh'
int8_dense(X, zeros(4, 3), zeros(3)) -> kernel_q must be of whole numbers, not of float64
from_bfloat16([1.5])
    -> raw must be an array of a type with two bytes, as 'V2' and 'uint16', not of list
from_bfloat16(np.ones(3, "float16"))
    -> raw must be an array of a type with two bytes, as 'V2' and 'uint16', not of float16
pytorch_conv2d(IMAGE, zeros(6, 4, 3, 3), padding="same")
    -> padding must be a whole number of at least 0, not 'same'
batch_norm_from_pytorch(NUMBERS, momentum=None)
    -> momentum must be a number from 0 to 1, not None
"""
VALUE_ERRORS = """
conv2d_x_gradient((2, 6, 6, 4), zeros(7, 3, 4, 5), X)
    -> x must not be shorter than a window of (7, 3), as (6, 6) is; padding='same' takes it
max_pooling_gradient(X, X, 6, 1)
    -> x must not be shorter than a window of (6,), as (5,) is; padding='same' takes it
numerical_gradient(np.sum, X, step=0) -> step must be above 0, not 0
pack_int4([7, 8]) -> arr must have numbers from -8 to 7 for dtype='int8', not from 7 to 8
pack_int4([-1, 15], dtype="uint8")
    -> arr must have numbers from 0 to 15 for dtype='uint8', not from -1 to 15
unpack_int4(PACKED, 9) -> orig_len must be at most 8, two for each byte, not 9
quantize_int4_without_zero(zeros(4, 3), 3)
    -> block_size must divide 4 features, not 3; quantize_int4 takes others
int4_embedding([0], PACKED, SCALES, SCALES, output_dim=3)
    -> embeddings_zero and g_idx must both be there, or neither
int4_embedding([0], PACKED, SCALES, None, zeros(3), output_dim=3)
    -> embeddings_zero and g_idx must both be there, or neither
gptq(zeros(4, 3), [[1, 1, np.inf, 1]]) -> data must be finite
awq(zeros(4, 3), [[1, 1, np.inf, 1]]) -> data must be finite
gptq(zeros(192, 3), zeros(1, 192), 96)
    -> group_size must divide 128 for more than 128 features, not 96
read_dense({"0": zeros(3)}) -> the number of arrays must be 2 (kernel, bias), not 1
read_dense({}, "int5")
    -> mode must be 'int8', 'int4', 'float8', 'gptq', 'awq' or None, not 'int5'
cut_off(X, 24) -> fraction_bits must be a number from 0 to 23, not 24
move_gates(zeros(4, 12), "ifco", "iofg")
    -> old and new must have the same four letters, not 'ifco' and 'iofg'
move_gates(zeros(4, 12), "ifc", "cfi")
    -> old and new must have the same four letters, not 'ifc' and 'cfi'
move_gates(zeros(4, 12), "iffo", "offi")
    -> old and new must have the same four letters, not 'iffo' and 'offi'
move_gates(zeros(4, 9), "ifco", "iofc")
    -> weight must have the shape (..., 4 * units), not (4, 9)
exchange_gates(zeros(4, 8)) -> weight must have the shape (..., 3 * units), not (4, 8)
gru_from_onnx(zeros(1, 9, 4), zeros(1, 9, 3), linear_before_reset=2)
    -> linear_before_reset must be a number from 0 to 1, not 2
bidirectional_to_onnx(LSTM, by_hand.lstm_to_onnx)
    -> the number of weights must be 4 or 6, not 3
dequantize_linear(zeros(3, 3), zeros(3), zeros(3), block_size=-1)
    -> block_size must be a whole number of at least 0, not -1
to_pytorch_images(zeros(3)) -> x must have 3 axes or more, not the shape (3,)
from_pytorch_images(zeros(3)) -> x must have 3 axes or more, not the shape (3,)
to_pytorch_kernel(zeros(3)) -> kernel must have 2 axes or more, not the shape (3,)
from_pytorch_kernel(zeros(3)) -> kernel must have 2 axes or more, not the shape (3,)
from_pytorch_transpose_kernel(zeros(3))
    -> kernel must have 2 axes or more, not the shape (3,)
from_pytorch_depthwise_kernel(zeros(6, 1, 3, 3), 4)
    -> 6 filters are no multiple of 4 channels
pytorch_conv2d(IMAGE, KERNEL, groups=4)
    -> groups must divide 4 channels and 6 filters, not 4
pytorch_conv2d(IMAGE, zeros(6, 4, 9, 3), padding=1)
    -> the kernel must not be larger than the padded images, (8, 8), as (9, 3) is
pytorch_conv_transpose2d(IMAGE, zeros(4, 5, 3, 3), stride=2, output_padding=2)
    -> output_padding must be less than the stride, 2, not 2
pytorch_conv_transpose2d(IMAGE, zeros(4, 5, 3, 3), padding=4)
    -> a padding of 4 leaves nothing of (8, 8)
from_pytorch_linear_after_flatten(zeros(5, 10), 2, 3)
    -> 10 features are no multiple of 2 * 3
batch_norm_from_pytorch({"weight": zeros(3), "bias": zeros(3)})
    -> the state lacks running_mean, running_var
batch_norm_from_pytorch({**NUMBERS, "num_batches_tracked": 1, "bias": zeros(3)})
    -> the state must not have bias
batch_norm_from_pytorch({**NUMBERS, "running_var": zeros(1)})
    -> running_var must have the shape (3,), not (1,)
lstm_from_pytorch(zeros(12, 4), zeros(12, 3), zeros(12))
    -> the number of biases must be 2 (bias_ih, bias_hh), not 1
stack_from_pytorch({**STACK, "weight_hr_l0": zeros(3, 3)}, by_hand.lstm_from_pytorch)
    -> the state must not have weight_hr_l0
stack_from_pytorch({**STACK, "bias_hh_l1": zeros(12)}, by_hand.lstm_from_pytorch)
    -> the state lacks bias_ih_l0, bias_hh_l0, bias_ih_l1
stack_from_pytorch({**STACK, "weight_hh_l1_reverse": zeros(1)}, by_hand.lstm_from_pytorch)
    -> the state lacks weight_ih_l0_reverse, weight_hh_l0_reverse, weight_ih_l1_reverse
stack_from_pytorch({}, by_hand.lstm_from_pytorch)
    -> the state lacks weight_ih_l0, weight_hh_l0
stack_from_pytorch({**STACK, "weight_ih_l0": zeros(4)}, by_hand.lstm_from_pytorch)
    -> weight_ih_l0 must have the shape (gates * hidden, features), not (4,)
stack_from_pytorch({**STACK, "weight_hh_l0": zeros(3)}, by_hand.lstm_from_pytorch)
    -> weight_hh_l0 must have the shape (gates * hidden, hidden), not (3,)
stack_from_pytorch({**STACK, "weight_ih_l1": zeros(12, 6)}, by_hand.lstm_from_pytorch)
    -> weight_ih_l1 must have the shape (12, 3), not (12, 6)
stack_from_pytorch({**STACK, "weight_hh_l1": zeros(12, 2)}, by_hand.lstm_from_pytorch)
    -> weight_hh_l1 must have the shape (12, 3), not (12, 2)
stack_to_pytorch([LSTM, LSTM[:1]], by_hand.lstm_to_pytorch)
    -> layer 1 must have 2 or 3 weights, or 4 or 6 with Bidirectional, not 1
stack_to_pytorch([LSTM, LSTM], by_hand.lstm_to_pytorch)
    -> weight_ih_l1 must have the shape (12, 3), not (12, 4)
attention_to_pytorch([zeros(4, 2, 2)] * 7)
    -> the number of arrays in weights must be 8 (query_kernel, query_bias, key_kernel,
    key_bias, value_kernel, value_bias, output_kernel, output_bias), not 7
attention_to_pytorch([zeros(4, 4)] * 4)
    -> query_kernel must have the shape (features, heads, key_dim), not (4, 4)
attention_to_pytorch([zeros(4, 3, 2)] * 4)
    -> query_kernel must have the shape (6, 3, 2), not (4, 3, 2)
attention_to_pytorch([zeros(4, 2, 2), zeros(3, 2, 1), zeros(4, 2, 2), zeros(2, 2, 4)])
    -> key_kernel must have the shape (features, 2, 2), not (3, 2, 1)
attention_from_pytorch(OF_PYTORCH, 3) -> 4 features are no multiple of 3 heads
attention_from_pytorch({**OF_PYTORCH, "bias_k": zeros(1, 1, 4)}, 2)
    -> the state must not have bias_k
attention_from_pytorch({"q_proj_weight": zeros(4, 4), "out_proj.bias": zeros(4)}, 2)
    -> the state lacks k_proj_weight, v_proj_weight, out_proj.weight, in_proj_bias
attention_from_pytorch({**OF_PYTORCH, "in_proj_bias": zeros(4)}, 2)
    -> in_proj_bias must have the shape (12,), not (4,)
attention_from_pytorch({**OF_PYTORCH, "out_proj.weight": zeros(4)}, 2)
    -> out_proj.weight must have the shape (4, 4), not (4,)
"""
REFUSED = read(TYPE_ERRORS, TypeError, globals())
REFUSED += read(VALUE_ERRORS, ValueError, globals())


def ones(shape):
    return np.ones(np.abs(shape).astype(int), "int8")


def wrong_arguments(row):
    """Yield the arguments by place, with a weight of another shape."""
    weights = {name: ones(shape) for name, shape in row.shapes.items()}
    for name, shape in row.shapes.items():
        for other in other_shapes(shape):
            yield (*row.args, *{**weights, name: ones(other)}.values())


def other_shapes(shape):
    """Yield shapes with an axis more, and with another length of an axis that is not
    free."""
    yield (1, *shape)
    for axis, n in enumerate(shape):
        for other in sorted({1, n + 1} - {n}) if n > 0 else ():
            yield (*shape[:axis], other, *shape[axis + 1 :])


@for_each(WEIGHTS)
def test_no_weight_may_have_another_axis_or_length(row):
    for args in wrong_arguments(row):
        said = f"{row.function.__name__}: .* must have the shape"
        with pytest.raises(ValueError, match=said):
            row.function(*args, **row.keywords)


@for_each(WEIGHTS)
def test_lists_are_taken_as_arrays(row):
    arrays = [*row.args, *map(ones, row.shapes.values())]
    lists = [a.tolist() if isinstance(a, np.ndarray) else a for a in arrays]
    found, expected = [row.function(*args, **row.keywords) for args in (lists, arrays)]
    for y, right in zip(tree.flatten(found), tree.flatten(expected), strict=True):
        np.testing.assert_allclose(y, right, 1e-6)


@for_each(REFUSED)
def test_what_is_no_shape_is_refused_too(row):
    row.check()


@for_each(MASKS)
def test_no_mask_may_have_another_axis_or_length(row):
    masks = {mask: np.ones(shape, bool) for mask, shape in row.shapes.items()}
    row.function(*row.args, **masks, **row.keywords)
    for mask, shape in row.shapes.items():
        for other in (*other_shapes(shape), shape[1:]):
            wrong = {**masks, mask: np.ones(other, bool)}
            with pytest.raises(ValueError, match=f": {mask} must have the shape"):
                row.function(*row.args, **wrong, **row.keywords)


@for_each(BROADCAST)
def test_what_broadcasts_enlarges_nothing(row):
    [(mask, shape)] = row.shapes.items()
    right = np.ones(shape, bool)
    wrong = [np.ones((7, *shape), bool)]
    for axis in range(right.ndim):
        row.function(*row.args, **{mask: right.take([0], axis)}, **row.keywords)
        wrong.append(right.take([0] * 7, axis))
    for array in wrong:
        with pytest.raises(ValueError, match=f": {mask} must broadcast to the shape"):
            row.function(*row.args, **{mask: array}, **row.keywords)


# -- In the dtype that comes in


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_stay_in_their_dtype(dtype):
    rng = np.random.default_rng(313)
    shapes = (2, 5, 4), (4, 12), (3, 12), (12,), (2, 5, 3)
    x, *weights, of_y = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    h, c, gates = by_hand.lstm_forward(x, *weights)
    results = [
        *(h + c),
        by_hand.lstm_backward(c, gates, weights[1], of_y),
        by_hand.rnn_backward(h, weights[1][:, :3], of_y),
        by_hand.max_pooling_gradient(x[..., :3], of_y[:, :2], 2, 2),
        by_hand.embedding_gradient(np.zeros((2, 5), int), of_y, 7),
        by_hand.log_softmax_derivative(x[0, 0]),
    ]
    assert {array.dtype for array in results} == {np.dtype(dtype)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scales_have_the_dtype_of_their_kernel(dtype):
    rng = np.random.default_rng(313)
    kernel, data = rng.normal(size=(4, 3)).astype(dtype), rng.normal(size=(7, 4))
    for function in (by_hand.gptq, by_hand.awq):
        q, scale, zero, *factors = function(kernel, data)
        read = by_hand.dequantize_groups(q, scale, zero)
        assert {array.dtype for array in (scale, read, *factors)} == {np.dtype(dtype)}
