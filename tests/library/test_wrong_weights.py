"""Weights, states and masks of the wrong number or shape are refused by name; right ones
are taken as get_weights() hands them over, and numbers stay in their dtype.
"""

import by_hand
import numpy as np
import pytest
from driving import assert_equal
from keras import layers


def zeros(*shape):
    return np.zeros(shape)


X = zeros(2, 5, 4)  # (batch, steps, features)
IMAGES = zeros(2, 6, 6, 4)  # (batch, height, width, channels)
HEADS = [zeros(4, 3, 2), zeros(3, 2)] * 3 + [zeros(3, 2, 4), zeros(4)]
SHARED = [zeros(4, 4, 2), *[zeros(4, 2, 2)] * 2, zeros(4, 2, 4)]  # no biases
LSTM = zeros(4, 12), zeros(3, 12), zeros(12)
GRU = zeros(4, 9), zeros(3, 9), zeros(2, 9)
CONV_LSTM = zeros(2, 3, 5, 4), zeros(2, 4, 12), zeros(2, 3, 12), zeros(12)
STATES = [zeros(2, 3)] * 6  # before the first step, and after each
INT4 = {"output_dim": 3}
OF_PYTORCH = {  # of MultiheadAttention, with 4 features
    "in_proj_weight": zeros(12, 4),
    "out_proj.weight": zeros(4, 4),
    "in_proj_bias": zeros(12),
    "out_proj.bias": zeros(4),
}
WITH_KDIM = {
    "q_proj_weight": zeros(4, 4),
    "k_proj_weight": zeros(4, 3),
    "v_proj_weight": zeros(4, 5),
    "out_proj.weight": zeros(4, 4),
}
STACK = {  # of two layers of LSTM, with 3 units
    "weight_ih_l0": zeros(12, 4),
    "weight_hh_l0": zeros(12, 3),
    "weight_ih_l1": zeros(12, 3),
    "weight_hh_l1": zeros(12, 3),
}
WITH_BIASES = {
    "weight_ih_l0": zeros(12, 4),
    "weight_hh_l0": zeros(12, 3),
    "bias_ih_l0": zeros(12),
    "bias_hh_l0": zeros(1),
}
TWO_WAYS = {
    "weight_ih_l0": zeros(12, 4),
    "weight_hh_l0": zeros(12, 3),
    "weight_ih_l0_reverse": zeros(12, 5),
    "weight_hh_l0_reverse": zeros(12, 3),
}

# The function, its arguments, those by keyword, and what it says: behind its name, unless
# that stands there, too, as it is another one or has more to tell.
WRONG = [
    ("dense", (X, zeros(3, 4)), {}, "kernel must have the shape (4, any), not (3, 4)"),
    (
        "dense",
        (X, zeros(4, 3), zeros(1)),
        {},
        "bias must have the shape (3,), not (1,)",
    ),
    (
        "einsum_dense",
        (X, zeros(1, 3)),
        {"equation": "bsf,fu->bsu"},
        "kernel must have the shape (4, any), not (1, 3)",
    ),
    (
        "einsum_dense",
        (X, zeros(1, 3)),
        {"equation": "...f,fu->...u"},
        "kernel must have the shape (4, any), not (1, 3)",
    ),
    (
        "einsum_dense",
        (X, zeros(4, 2, 3), zeros(1, 3)),
        {"equation": "bsf,fhu->bshu"},
        "bias must have the shape (2, 3), not (1, 3)",
    ),
    (
        "conv1d",
        (X, zeros(2, 1, 3)),
        {},
        "conv: kernel must have the shape (any, 4, any), not (2, 1, 3)",
    ),
    (
        "conv2d",
        (IMAGES, zeros(3, 3, 4, 8)),
        {"groups": 2},
        "conv: kernel must have the shape (any, any, 2, any), not (3, 3, 4, 8)",
    ),
    (
        "conv2d",
        (IMAGES, zeros(3, 3, 4, 8), zeros(1)),
        {},
        "conv: bias must have the shape (8,), not (1,)",
    ),
    (
        "depthwise_conv2d",
        (IMAGES, zeros(3, 3, 4, 2), zeros(4)),
        {},
        "depthwise_conv: bias must have the shape (8,), not (4,)",
    ),
    (
        "depthwise_conv1d",
        (X, zeros(3, 4, 2)),
        {"data_format": "channels_first"},
        "depthwise_conv: kernel must have the shape (any, 5, any), not (3, 4, 2)",
    ),
    (
        "separable_conv1d",
        (X, zeros(3, 4, 2), zeros(1, 4, 7)),
        {},
        "separable_conv: pointwise_kernel must have the shape (1, 8, any), "
        "not (1, 4, 7)",
    ),
    (
        "conv1d_transpose",
        (X, zeros(2, 4, 3)),
        {},
        "conv_transpose: kernel must have the shape (any, any, 4), not (2, 4, 3)",
    ),
    (
        "conv1d_transpose",
        (X, zeros(2, 3, 4), zeros(4)),
        {},
        "conv_transpose: bias must have the shape (3,), not (4,)",
    ),
    (
        "embedding",
        ([1, 2], zeros(7)),
        {},
        "embeddings must have the shape (any, any), not (7,)",
    ),
    (
        "reversible_embedding",
        (X, zeros(7, 4), zeros(7, 4)),
        {"reverse": True},
        "reverse_embeddings must have the shape (4, 7), not (7, 4)",
    ),
    ("prelu", (X, zeros(4)), {}, "alpha must have the shape (5, 4), not (4,)"),
    ("prelu", (X, zeros(1, 5)), {}, "alpha must have the shape (1, 4), not (1, 5)"),
    (
        "simple_rnn",
        (X, zeros(4, 3), zeros(3, 3), zeros(1)),
        {},
        "bias must have the shape (3,), not (1,)",
    ),
    (
        "lstm",
        (X, zeros(4, 9), zeros(3, 9), zeros(9)),
        {},
        "recurrent_kernel must have the shape (3, 12), not (3, 9)",
    ),
    (
        "lstm",
        (X, zeros(4, 12), zeros(3, 12), zeros(2, 12)),
        {},
        "bias must have the shape (12,), not (2, 12)",
    ),
    (
        "lstm",
        (X, zeros(4, 12), zeros(3, 12), zeros(12), zeros(12)),
        {},
        "rnn: mask must have the shape (2, 5), not (12,)",
    ),
    (
        "gru",
        (X, zeros(4, 6), zeros(2, 8)),
        {},
        "recurrent_kernel must have the shape (2, 6), not (2, 8)",
    ),
    (
        "gru",
        (X, zeros(4, 9), zeros(3, 9), zeros(9)),
        {},
        "gru with reset_after=True: bias must have the shape (2, 9), not (9,)",
    ),
    (
        "gru",
        (X, zeros(4, 9), zeros(3, 9), zeros(2, 9)),
        {"reset_after": False},
        "gru with reset_after=False: bias must have the shape (9,), not (2, 9)",
    ),
    (
        "bidirectional",
        (by_hand.lstm, X, *[zeros(4, 12), zeros(3, 12)] * 2, zeros(12)),
        {},
        "the number of weights must be even, as many for each direction, not 5",
    ),
    (
        "conv_lstm1d",
        (zeros(2, 3, 5, 4), zeros(2, 4, 12), zeros(2, 3, 12), zeros(3)),
        {},
        "conv_lstm: bias must have the shape (12,), not (3,)",
    ),
    ("attention", (X, X, None, 1), {}, "the number of weights must be 0, not 1"),
    (
        "attention",
        (X, X),
        {"use_scale": True, "score_mode": "concat"},
        "the number of weights must be 2 (scale, concat_score_weight), not 0",
    ),
    (
        "attention",
        (X, X, None, zeros(4)),
        {"use_scale": True},
        "scale must have the shape (), not (4,)",
    ),
    (
        "attention",
        (X, X[:1]),
        {},
        "value must have the shape (2, any, any), not (1, 5, 4)",
    ),
    (
        "attention",
        (X, X, X[:, :1]),
        {},
        "key must have the shape (2, 5, 4), not (2, 1, 4)",
    ),
    (
        "additive_attention",
        (X, X, None, np.float64(1)),
        {},
        "scale must have the shape (4,), not ()",
    ),
    (
        "multi_head_attention",
        (X, X, *HEADS),
        {},
        "key must have the shape (2, 5, any), not (4, 3, 2)",
    ),
    (
        "multi_head_attention",
        (X, X, None, *HEADS[::2]),
        {},
        "the number of weights must be 8 (query_kernel, query_bias, key_kernel, "
        "key_bias, value_kernel, value_bias, output_kernel, output_bias), not 4",
    ),
    (
        "multi_head_attention",
        (X, X, None, *HEADS[::2]),
        {"use_bias": False, "use_gate": True},
        "the number of weights must be 5 (query_kernel, key_kernel, gate_kernel, "
        "value_kernel, output_kernel), not 4",
    ),
    (
        "multi_head_attention",
        (X, X, None, *HEADS[:3], zeros(2), *HEADS[4:]),
        {},
        "key_bias must have the shape (3, 2), not (2,)",
    ),
    (
        "multi_head_attention",
        (X, X, None, *SHARED),
        {"use_bias": False},
        "key_kernel must have the shape (4, 4, 2), not (4, 2, 2)",
    ),
    (
        "group_query_attention",
        (X, X, None, zeros(4, 3, 2), *SHARED[1:]),
        {"use_bias": False},
        "2 heads of the key cannot share 3 heads of the query",
    ),
    (
        "group_query_attention",
        (X, X, None, *SHARED[:2], zeros(4, 1, 2), SHARED[3]),
        {"use_bias": False},
        "value_kernel must have the shape (4, 2, 2), not (4, 1, 2)",
    ),
    (
        "batch_normalization",
        (X, *zeros(3, 4)),
        {},
        "batch_normalization with scale=True and center=True: the number of weights "
        "must be 4 (gamma, beta, moving_mean, moving_variance), not 3",
    ),
    (
        "batch_normalization",
        (X, *zeros(4, 4)),
        {"scale": False},
        "batch_normalization with scale=False and center=True: the number of weights "
        "must be 3 (beta, moving_mean, moving_variance), not 4",
    ),
    (
        "batch_normalization",
        (X, *zeros(3, 4), zeros(5)),
        {},
        "moving_variance must have the shape (4,), not (5,)",
    ),
    (
        "layer_normalization",
        (X, zeros(4)),
        {},
        "layer_normalization with scale=True and center=True: the number of weights "
        "must be 2 (gamma, beta), not 1",
    ),
    (
        "layer_normalization",
        (X, *zeros(2, 4, 5)),
        {"axis": [1, 2]},
        "gamma must have the shape (5, 4), not (4, 5)",
    ),
    (
        "group_normalization",
        (X, zeros(1), zeros(4)),
        {"groups": 2},
        "gamma must have the shape (4,), not (1,)",
    ),
    (
        "group_normalization",
        (X, zeros(4)),
        {"groups": 2},
        "group_normalization with scale=True and center=True: the number of weights "
        "must be 2 (gamma, beta), not 1",
    ),
    (
        "rms_normalization",
        (X, zeros(1)),
        {},
        "scale must have the shape (4,), not (1,)",
    ),
    (
        "rms_normalization",
        (X, zeros(5)),
        {"axis": 1},
        "scale must have the shape (4,), not (5,)",
    ),
    (
        "spectral_normalization",
        (zeros(4, 3), zeros(3)),
        {},
        "vector_u must have the shape (1, 3), not (3,)",
    ),
    (
        "fold_batch_normalization",
        (zeros(4, 3), zeros(1), *zeros(4, 3)),
        {},
        "bias must have the shape (3,), not (1,)",
    ),
    ("renormalize", (X, zeros(1), 1), {}, "mean must have the shape (4,), not (1,)"),
    (
        "moving_average",
        (zeros(4), zeros(1)),
        {},
        "new must have the shape (4,), not (1,)",
    ),
    (
        "lora_dense",
        (X, zeros(4, 3), 0, zeros(4, 2), zeros(1, 3)),
        {},
        "b must have the shape (2, 3), not (1, 3)",
    ),
    (
        "lora_embedding",
        (np.array([0]), zeros(7, 3), zeros(6, 2), zeros(2, 3)),
        {},
        "a must have the shape (7, any), not (6, 2)",
    ),
    (
        "lora_gradients",
        (zeros(5, 4), zeros(4, 2), zeros(2, 1), zeros(5, 3)),
        {},
        "b must have the shape (2, 3), not (2, 1)",
    ),
    (
        "lora_penalty",
        (zeros(4, 2), zeros(3, 2)),
        {},
        "b must have the shape (2, any), not (3, 2)",
    ),
    (
        "merge_lora",
        (zeros(4, 3), zeros(1, 2), zeros(2, 3)),
        {},
        "a must have the shape (4, any), not (1, 2)",
    ),
    (
        "merge_lora_int8",
        (zeros(4, 3), zeros(1, 3), zeros(4, 2), zeros(2, 3)),
        {},
        "kernel_scale must have the shape (3,), not (1, 3)",
    ),
    (
        "lora_int8_dense",
        (X, zeros(3), zeros(4, 2), zeros(2, 1), zeros(4, 3), zeros(3)),
        {},
        "b must have the shape (2, 3), not (2, 1)",
    ),
    (
        "int8_dense",
        (X, zeros(4, 3), zeros(4)),
        {},
        "kernel_scale must have the shape (3,), not (4,)",
    ),
    (
        "int8_embedding",
        (np.array([0]), zeros(7, 3), zeros(7, 1)),
        {},
        "embeddings_scale must have the shape (7,), not (7, 1)",
    ),
    (
        "int8_logits",
        (X, zeros(7, 4), zeros(1)),
        {},
        "embeddings_scale must have the shape (7,), not (1,)",
    ),
    (
        "int4_embedding",
        (np.array([0]), zeros(7, 3), zeros(7)),
        INT4,
        "embeddings must have the shape (any, 2), not (7, 3)",
    ),
    (
        "int4_embedding",
        (np.array([0]), zeros(7, 2), zeros(7, 2), zeros(7, 1), zeros(3)),
        INT4,
        "embeddings_zero must have the shape (7, 2), not (7, 1)",
    ),
    (
        "int4_dense",
        (X, zeros(4, 2), zeros(2, 3), zeros(1, 3), zeros(4)),
        {},
        "kernel_zero must have the shape (2, 3), not (1, 3)",
    ),
    (
        "float8_dense",
        (X, zeros(4, 3), 0, 1.0, zeros(3)),
        {},
        "kernel_scale must have the shape (), not (3,)",
    ),
    (
        "gptq_kernel",
        (zeros(2, 4), zeros(3, 2), zeros(3, 2), zeros(3)),
        {},
        "g_idx must have the shape (4,), not (3,)",
    ),
    (
        "awq_kernel",
        (zeros(2, 4), zeros(3, 2), zeros(3, 2), zeros(1), zeros(4)),
        {},
        "awq_scales must have the shape (4,), not (1,)",
    ),
    (
        "int4_to_gptq",
        (zeros(4, 3), zeros(2, 3), zeros(2, 3)),
        {},
        "packed must have the shape (any, 2), not (4, 3)",
    ),
    (
        "dequantize_groups",
        (zeros(3, 4), zeros(3, 2), zeros(3, 1), 2),
        {},
        "zero must have the shape (3, 2), not (3, 1)",
    ),
    (
        "additive_attention",
        (X, X, None, zeros(4)),
        {"use_scale": False},
        "the number of weights must be 0, not 1",
    ),
    (
        "group_query_attention",
        (X, X, None, *SHARED),
        {},
        "the number of weights must be 8 (query_kernel, query_bias, key_kernel, "
        "key_bias, value_kernel, value_bias, output_kernel, output_bias), not 4",
    ),
    (
        "group_query_attention",
        (X, X, *SHARED),
        {"use_bias": False},
        "key must have the shape (2, 5, any), not (4, 4, 2)",
    ),
    (
        "conv_lstm1d",
        (zeros(2, 3, 5, 4), zeros(2, 4, 9), zeros(2, 3, 12)),
        {},
        "conv_lstm: kernel must have the shape (any, 4, 12), not (2, 4, 9)",
    ),
    (
        "separable_conv1d",
        (X, zeros(3, 4, 2), zeros(1, 8, 3), zeros(8)),
        {},
        "separable_conv: bias must have the shape (3,), not (8,)",
    ),
    (
        "lora_int8_dense",
        (X, zeros(1), zeros(4, 2), zeros(2, 3), zeros(4, 3), zeros(3)),
        {},
        "bias must have the shape (3,), not (1,)",
    ),
    (
        "gru_to_pytorch",
        (zeros(4, 9), zeros(3, 9), zeros(9)),
        {},
        "bias must have the shape (2, 9), not (9,)",
    ),
    (
        "dense_16_bits",
        (X, zeros(4, 3), zeros(1), by_hand.float16),
        {},
        "bias must have the shape (3,), not (1,)",
    ),
    (
        "simple_rnn",
        (X, zeros(4, 3), zeros(3, 3), None, None, [zeros(2, 1)]),
        {},
        "h must have the shape (2, 3), not (2, 1)",
    ),
    (
        "simple_rnn",
        (X, zeros(4, 3), zeros(3, 3), None, None, zeros(2, 3)),
        {},
        "the number of states must be 1 (h), not 2",
    ),
    (
        "simple_rnn_cell",
        (X[:, 0], [zeros(1, 3)], zeros(4, 3), zeros(3, 3)),
        {},
        "simple_rnn: h must have the shape (2, 3), not (1, 3)",
    ),
    (
        "lstm",
        (X, *LSTM, None, [zeros(2, 3)]),
        {},
        "the number of states must be 2 (h, c), not 1",
    ),
    (
        "lstm",
        (X, *LSTM, None, [zeros(2, 3), zeros(2, 1)]),
        {},
        "c must have the shape (2, 3), not (2, 1)",
    ),
    (
        "lstm_cell",
        (X[:, 0], [zeros(2, 3)] * 3, *LSTM),
        {},
        "lstm: the number of states must be 2 (h, c), not 3",
    ),
    (
        "gru",
        (X, *GRU, None, [zeros(3)]),
        {},
        "h must have the shape (2, 3), not (3,)",
    ),
    (
        "gru_cell",
        (X[:, 0], [zeros(2, 3)] * 2, *GRU),
        {},
        "gru: the number of states must be 1 (h), not 2",
    ),
    (
        "bidirectional",
        (by_hand.gru, X, *GRU, *GRU),
        {"initial_state": [zeros(2, 3)] * 3},
        "the number of states must be even, as many for each direction, not 3",
    ),
    (
        "bidirectional",
        (by_hand.lstm, X, *LSTM, *LSTM),
        {"initial_state": [zeros(2, 3)] * 2},
        "lstm: the number of states must be 2 (h, c), not 1",
    ),
    (
        "stacked_rnn_cells",
        (X[:, 0], [[zeros(2, 3)]], [by_hand.gru_cell] * 2),
        {},
        "the number of lists of states must be 2, one for each cell, not 1",
    ),
    (
        "conv_lstm1d",
        (*CONV_LSTM, None, [zeros(2, 4, 3)]),
        {},
        "conv_lstm: the number of states must be 2 (h, c), not 1",
    ),
    (
        "conv_lstm1d",
        (*CONV_LSTM, None, [zeros(2, 4, 3), zeros(2, 1, 3)]),
        {},
        "conv_lstm: c must have the shape (2, 4, 3), not (2, 1, 3)",
    ),
    (
        "time_distributed",
        (by_hand.global_average_pooling1d, IMAGES),
        {"mask": zeros(2, 1, 6)},
        "mask must have the shape (2, 6, any), not (2, 1, 6)",
    ),
    (
        "attention",
        (X, X),
        {"query_mask": zeros(2, 1)},
        "query_mask must have the shape (2, 5), not (2, 1)",
    ),
    (
        "additive_attention",
        (X, X),
        {"use_scale": False, "value_mask": zeros(1, 5)},
        "value_mask must have the shape (2, 5), not (1, 5)",
    ),
    (
        "multi_head_attention",
        (X, X, None, *HEADS),
        {"attention_mask": zeros(2, 4, 5)},
        "attention_mask must broadcast to the shape (2, 5, 5), which (2, 4, 5) does not",
    ),
    (
        "group_query_attention",
        (X, X, None, *SHARED),
        {"use_bias": False, "attention_mask": zeros(2, 2, 5, 5)},
        "multi_head_attention: attention_mask must broadcast to the shape "
        "(2, 4, 5, 5), which (2, 2, 5, 5) does not",
    ),
    (
        "attend_over",
        (X, None, *HEADS),
        {"attention_mask": zeros(4, 5)},
        "multi_head_attention: attention_mask must broadcast to the shape "
        "(2, 5, 5), which (4, 5) does not",
    ),
    (
        "allowed_pairs",
        ((2, 3, 5),),
        {"key_mask": zeros(2, 3)},
        "key_mask must have the shape (2, 5), not (2, 3)",
    ),
    (
        "allowed_pairs",
        ((2, 3, 5),),
        {"attention_mask": zeros(5, 3)},
        "attention_mask must broadcast to the shape (2, 3, 5), which (5, 3) does not",
    ),
    (
        "global_average_pooling1d",
        (X, zeros(2, 1)),
        {},
        "mask must have the shape (2, 5), not (2, 1)",
    ),
    (
        "global_average_pooling1d",
        (X, zeros(2, 5)),
        {"data_format": "channels_first"},
        "mask must have the shape (2, 4), not (2, 5)",
    ),
    (
        "softmax_layer",
        (X, zeros(2, 5)),
        {},
        "mask must broadcast to the shape (2, 5, 4), which (2, 5) does not",
    ),
    ("batch_moments", (X, zeros(2)), {}, "mask must have the shape (2, 5), not (2,)"),
    (
        "masked_mean_squared_error",
        (X, X, zeros(2)),
        {},
        "mask must have the shape (2, 5), not (2,)",
    ),
    (
        "masked_mean_squared_error",
        (X[:, :1], X, zeros(2, 5)),
        {},
        "targets must have the shape (2, 5, 4), not (2, 1, 4)",
    ),
    (
        "dropout",
        (X, zeros(3, 1, 1)),
        {"rate": 0.5},
        "kept must broadcast to the shape (2, 5, 4), which (3, 1, 1) does not",
    ),
    (
        "alpha_dropout",
        (X, zeros(1, 2, 5, 4)),
        {"rate": 0.5},
        "kept must broadcast to the shape (2, 5, 4), which (1, 2, 5, 4) does not",
    ),
    (
        "spatial_dropout1d",
        (X, zeros(2, 1)),
        {"rate": 0.5},
        "spatial_dropout: kept must have the shape (2, 4), not (2, 1)",
    ),
    (
        "gaussian_noise",
        (X, zeros(4)),
        {"stddev": 0.5},
        "z must have the shape (2, 5, 4), not (4,)",
    ),
    (
        "gaussian_dropout",
        (X, zeros(1)),
        {"rate": 0.5},
        "z must have the shape (2, 5, 4), not (1,)",
    ),
    ("normalization", (X,), {}, "mean and variance must be given"),
    (
        "normalization",
        (X, zeros(5), zeros(4)),
        {},
        "mean must broadcast to the shape (4,), which (5,) does not",
    ),
    (
        "normalization",
        (X, zeros(4), zeros(2, 4)),
        {},
        "variance must broadcast to the shape (4,), which (2, 4) does not",
    ),
    (
        "category_encoding",
        (zeros(2, 3), zeros(3)),
        {"num_tokens": 4, "output_mode": "count"},
        "count_weights must have the shape (2, 3), not (3,)",
    ),
    (
        "layer_normalization",
        (X,),
        {"gamma": zeros(4), "scale": False},
        "layer_normalization with scale=False and center=True: there is no gamma",
    ),
    (
        "group_normalization",
        (X,),
        {"beta": zeros(4), "center": False, "groups": 2},
        "group_normalization with scale=True and center=False: there is no beta",
    ),
    (
        "batch_normalization",
        (X, zeros(4)),
        {
            "moving_mean": zeros(4),
            "moving_variance": zeros(4),
            "center": False,
            "beta": zeros(4),
        },
        "batch_normalization with scale=True and center=False: the number of weights "
        "must be 3 (gamma, moving_mean, moving_variance), not 4",
    ),
    (
        "batch_normalization",
        (X,),
        {
            "gamma": zeros(4),
            "moving_mean": zeros(4),
            "moving_variance": zeros(4),
            "scale": False,
        },
        "batch_normalization with scale=False and center=True: there is no gamma",
    ),
    (
        "layer_normalization",
        (X, zeros(4), None),
        {"scale": False},
        "layer_normalization with scale=False and center=True: there is no gamma",
    ),
    ("group_normalization", (X,), {"groups": 3}, "3 groups do not divide 4 channels"),
    ("group_normalization", (X,), {}, "32 groups do not divide 4 channels"),
    (
        "gptq",
        (zeros(4, 3), zeros(7, 3)),
        {},
        "data must have the shape (any, 4), not (7, 3)",
    ),
    (
        "awq",
        (zeros(4, 3), zeros(7, 1)),
        {},
        "data must have the shape (any, 4), not (7, 1)",
    ),
    (
        "dequantize_groups",
        (zeros(3, 4), zeros(3, 2), zeros(3, 2)),
        {},
        "scale must have the shape (3, 1), not (3, 2)",
    ),
    (
        "lstm_to_pytorch",
        (zeros(4, 12), zeros(3, 12), zeros(1)),
        {},
        "bias must have the shape (12,), not (1,)",
    ),
    (
        "lstm_from_pytorch",
        (zeros(12, 4), zeros(12, 3), zeros(12)),
        {},
        "the number of biases must be 2 (bias_ih, bias_hh), not 1",
    ),
    (
        "lstm_from_pytorch",
        (zeros(12, 2), zeros(12, 2)),
        {},
        "weight_hh must have the shape (12, 3), not (12, 2)",
    ),
    (
        "gru_from_pytorch",
        (zeros(9, 4), zeros(9, 3), zeros(9), zeros(1)),
        {},
        "bias_hh must have the shape (9,), not (1,)",
    ),
    (
        "simple_rnn_from_pytorch",
        (zeros(3, 4), zeros(3, 2)),
        {},
        "weight_hh must have the shape (3, 3), not (3, 2)",
    ),
    (
        "attention_from_pytorch",
        ({"in_proj_weight": zeros(12, 4), "out_proj.weight": zeros(4, 4)},),
        {"heads": 3},
        "4 features are no multiple of 3 heads",
    ),
    (
        "attention_from_pytorch",
        ({**OF_PYTORCH, "bias_k": zeros(1, 1, 4)},),
        {"heads": 2},
        "the state must not have bias_k",
    ),
    (
        "attention_from_pytorch",
        ({"q_proj_weight": zeros(4, 4), "out_proj.bias": zeros(4)},),
        {"heads": 2},
        "the state lacks k_proj_weight, v_proj_weight, out_proj.weight, in_proj_bias",
    ),
    *[
        (
            "attention_from_pytorch",
            ({**OF_PYTORCH, name: zeros(*wrong)},),
            {"heads": 2},
            f"{name} must have the shape {right}, not {wrong}",
        )
        for name, right, wrong in [
            ("in_proj_weight", (12, 4), (4, 12)),
            ("in_proj_bias", (12,), (4,)),
            ("out_proj.weight", (4, 4), (4, 3)),
            ("out_proj.bias", (4,), (1, 4)),
        ]
    ],
    *[
        (
            "attention_from_pytorch",
            ({**WITH_KDIM, name: zeros(*wrong)},),
            {"heads": 2},
            f"{name} must have the shape {right}, not {wrong}",
        )
        for name, right, wrong in [
            ("q_proj_weight", "(4, 4)", (4, 3)),
            ("k_proj_weight", "(4, any)", (3, 4)),
            ("v_proj_weight", "(4, any)", (5, 4)),
        ]
    ],
    *[
        (
            "stack_from_pytorch",
            ({**STACK, **more}, by_hand.lstm_from_pytorch),
            {},
            message,
        )
        for more, message in [
            (
                {"weight_hr_l0": zeros(3, 3)},
                "the state must not have weight_hr_l0",
            ),
            (
                {"bias_hh_l1": zeros(12)},
                "the state lacks bias_ih_l0, bias_hh_l0, bias_ih_l1",
            ),
            (
                {"weight_hh_l1_reverse": zeros(12, 3)},
                "the state lacks weight_ih_l0_reverse, weight_hh_l0_reverse, "
                "weight_ih_l1_reverse",
            ),
            (
                {"weight_ih_l0": zeros(4)},
                "weight_ih_l0 must have the shape (any, any), not (4,)",
            ),
            (
                {"weight_hh_l0": zeros(3)},
                "weight_hh_l0 must have the shape (any, any), not (3,)",
            ),
            (
                {"weight_ih_l1": zeros(12, 6)},
                "weight_ih_l1 must have the shape (12, 3), not (12, 6)",
            ),
            (
                {"weight_hh_l1": zeros(12, 2)},
                "weight_hh_l1 must have the shape (12, 3), not (12, 2)",
            ),
        ]
    ],
    (
        "stack_from_pytorch",
        ({"_weight": zeros(1)}, by_hand.lstm_from_pytorch),
        {},
        "the state lacks weight_ih_l0, weight_hh_l0",
    ),
    (
        "stack_from_pytorch",
        (WITH_BIASES, by_hand.lstm_from_pytorch),
        {},
        "bias_hh_l0 must have the shape (12,), not (1,)",
    ),
    (
        "stack_from_pytorch",
        (TWO_WAYS, by_hand.lstm_from_pytorch),
        {},
        "weight_ih_l0_reverse must have the shape (12, 4), not (12, 5)",
    ),
    (
        "stack_to_pytorch",
        ([LSTM, LSTM[:1]], by_hand.lstm_to_pytorch),
        {},
        "layer 1 must have 2 or 3 weights, or 4 or 6 with Bidirectional, not 1",
    ),
    (
        "stack_to_pytorch",
        ([LSTM, (zeros(3, 12), *LSTM[1:2])], by_hand.lstm_to_pytorch),
        {},
        "the state lacks bias_ih_l1, bias_hh_l1",
    ),
    (
        "stack_to_pytorch",
        ([LSTM, LSTM], by_hand.lstm_to_pytorch),
        {},
        "weight_ih_l1 must have the shape (12, 3), not (12, 4)",
    ),
    (
        "attention_to_pytorch",
        (HEADS[:7],),
        {},
        "the number of weights must be 8 (query_kernel, query_bias, key_kernel, "
        "key_bias, value_kernel, value_bias, output_kernel, output_bias), not 7",
    ),
    (
        "attention_to_pytorch",
        (HEADS,),
        {},
        "query_kernel must have the shape (6, 3, 2), not (4, 3, 2)",
    ),
    (
        "attention_to_pytorch",
        ([zeros(4, 2, 2), zeros(3, 2, 1), zeros(4, 2, 2), zeros(2, 2, 4)],),
        {},
        "key_kernel must have the shape (any, 2, 2), not (3, 2, 1)",
    ),
    (
        "attention_to_pytorch",
        ([zeros(4, 4)] * 4,),
        {},
        "query_kernel must have the shape (any, any, any), not (4, 4)",
    ),
    (
        "pytorch_conv2d",
        (X, zeros(4, 5, 3, 3)),
        {},
        "x must have the shape (any, any, any, any), not (2, 5, 4)",
    ),
    (
        "pytorch_conv_transpose2d",
        (X, zeros(5, 4, 3, 3)),
        {},
        "x must have the shape (any, any, any, any), not (2, 5, 4)",
    ),
    (
        "rms_normalization",
        (X, zeros(4)),
        {"axis": 1},
        "scale must have the shape (5,), not (4,)",
    ),
    (
        "batch_norm_from_pytorch",
        ({"weight": zeros(3), "bias": zeros(3)},),
        {},
        "the number of weights must be 4 (weight, bias, running_mean, running_var), not 2",
    ),
    (
        "batch_norm_from_pytorch",
        ({"running_mean": zeros(3), "running_var": zeros(1)},),
        {},
        "running_var must have the shape (3,), not (1,)",
    ),
    (
        "from_pytorch_depthwise_kernel",
        (zeros(6, 1, 3, 3), 4),
        {},
        "6 filters are no multiple of 4 channels",
    ),
    (
        "from_pytorch_linear_after_flatten",
        (zeros(5, 10), 2, 3),
        {},
        "10 features are no multiple of 2 * 3",
    ),
    (
        "lstm_from_onnx",
        (zeros(2, 12, 4), zeros(2, 12, 3)),
        {},
        "R must have the shape (1, 12, 3), not (2, 12, 3)",
    ),
    *[
        (
            "bidirectional_from_onnx",
            (by_hand.lstm_from_onnx, W, zeros(2, 12, 3), *B),
            {},
            message,
        )
        for W, B, message in [
            (
                zeros(1, 12, 4),
                [],
                "W must have the shape (2, any, any), not (1, 12, 4)",
            ),
            (
                zeros(2, 12, 4),
                [zeros(1, 24)],
                "B must have the shape (2, any), not (1, 24)",
            ),
        ]
    ],
    (
        "bidirectional_to_onnx",
        (LSTM, by_hand.lstm_to_onnx),
        {},
        "the number of weights must be 4 or 6, not 3",
    ),
    (
        "gru_to_onnx",
        (zeros(4, 9), zeros(3, 9), zeros(1, 9)),
        {},
        "bias must have the shape (2, 9), not (1, 9)",
    ),
    (
        "dequantize_linear",
        (zeros(6, 4), zeros(2, 4), zeros(1, 4)),
        {"axis": 0, "block_size": 3},
        "x_zero_point must have the shape (2, 4), not (1, 4)",
    ),
    (
        "conv2d_x_gradient",
        ((2, 6, 6, 4), zeros(3, 3, 4, 5), zeros(2, 4, 5, 5)),
        {},
        "y_gradient must have the shape (2, 4, 4, any), not (2, 4, 5, 5)",
    ),
    (
        "rnn_forward",
        (X, zeros(4, 3), zeros(3, 3), zeros(1)),
        {},
        "bias must have the shape (3,), not (1,)",
    ),
    (
        "gradient_error",
        (zeros(3), zeros(1)),
        {},
        "b must have the shape (3,), not (1,)",
    ),
]


@pytest.mark.parametrize(
    "name, given, options, message",
    WRONG,
    ids=[f"{name}: {message.split(': ')[-1]}" for name, *_, message in WRONG],
)
def test_wrong_weights_are_refused(name, given, options, message):
    with pytest.raises(ValueError) as caught:
        getattr(by_hand, name)(*given, **options)
    assert str(caught.value) == (message if ": " in message else f"{name}: {message}")


def test_shapes_of_nested_lists_count_and_none_is_left_out():
    by_hand.check_shapes("f", a=([[1, 2]], (1, 2)), b=(None, (3,)), c=(1.0, ()))
    with pytest.raises(
        ValueError, match=r"^f: b must have the shape \(3,\), not \(1, 2\)"
    ):
        by_hand.check_shapes("f", a=(None, ()), b=([[1, 2]], (3,)))


# -- Every axis of every weight

# The function, its inputs, its weights by name, its keywords. A length below 0 is free:
# another one would be right, too.
CALLS = [
    ("dense", [X], {"kernel": (4, 3), "bias": (3,)}, {}),
    (
        "dense_16_bits",
        [X],
        {"kernel": (4, 3), "bias": (3,)},
        {"rounded": by_hand.float16},
    ),
    ("conv1d", [X], {"kernel": (-2, 4, 3), "bias": (3,)}, {}),
    ("depthwise_conv1d", [X], {"kernel": (-2, 4, 2), "bias": (8,)}, {}),
    (
        "separable_conv1d",
        [X],
        {
            "depthwise_kernel": (-2, 4, 2),
            "pointwise_kernel": (1, 8, 3),
            "bias": (3,),
        },
        {},
    ),
    ("conv1d_transpose", [X], {"kernel": (-2, 3, 4), "bias": (3,)}, {}),
    (
        "conv_lstm1d",
        [zeros(2, 3, 5, 4)],
        {"kernel": (-2, 4, 12), "recurrent_kernel": (-2, 3, 12), "bias": (12,)},
        {},
    ),
    *[
        (
            name,
            [X],
            {"kernel": (4, n), "recurrent_kernel": (3, n), "bias": bias},
            options,
        )
        for name, n, bias, options in [
            ("simple_rnn", 3, (3,), {}),
            ("lstm", 12, (12,), {}),
            ("gru", 9, (2, 9), {}),
            ("gru", 9, (9,), {"reset_after": False}),
        ]
    ],
    ("embedding", [np.array([0])], {"embeddings": (-7, -3)}, {}),
    (
        "reversible_embedding",
        [X],
        {"embeddings": (7, 4), "reverse_embeddings": (4, 7)},
        {"reverse": True},
    ),
    ("attention", [X, X, X], {"scale": ()}, {"use_scale": True}),
    ("attention", [], {"query": (2, -6, 4), "value": (2, 5, -3), "key": (2, 5, 4)}, {}),
    ("additive_attention", [X, X, X], {"scale": (4,)}, {}),
    (
        "additive_attention",
        [],
        {"query": (2, -6, 4), "value": (2, 5, -3), "key": (2, 5, 4)},
        {"use_scale": False},
    ),
    *[
        (
            name,
            [],
            {
                "query": (2, -6, 4),
                "value": (2, 5, 5),
                "key": (2, 5, 6),
                "query_kernel": (4, 4, 3),
                "query_bias": (4, 3),
                "key_kernel": (6, heads, 3),
                "key_bias": (heads, 3),
                "gate_kernel": (4, 4, 2),
                "gate_bias": (4, 2),
                "value_kernel": (5, heads, 2),
                "value_bias": (heads, 2),
                "output_kernel": (4, 2, 7),
                "output_bias": (7,),
            },
            {"use_gate": True},
        )
        for name, heads in [("multi_head_attention", 4), ("group_query_attention", 2)]
    ],
    (
        "batch_normalization",
        [X],
        dict.fromkeys(["gamma", "beta", "moving_mean", "moving_variance"], (4,)),
        {},
    ),
    ("layer_normalization", [X], {"gamma": (5, 4), "beta": (5, 4)}, {"axis": [1, 2]}),
    ("group_normalization", [X], {"gamma": (4,), "beta": (4,)}, {"groups": 2}),
    ("rms_normalization", [X], {"scale": (5, 4)}, {"axis": [2, 1]}),
    ("spectral_normalization", [zeros(4, 3)], {"vector_u": (1, 3)}, {}),
    ("renormalize", [X], {"mean": (4,), "stddev": (4,)}, {}),
    (
        "fold_batch_normalization",
        [zeros(4, 3)],
        dict.fromkeys(
            ["bias", "gamma", "beta", "moving_mean", "moving_variance"], (3,)
        ),
        {},
    ),
    (
        "lora_dense",
        [X],
        {"kernel": (4, 3), "bias": (3,), "a": (4, 2), "b": (2, 3)},
        {},
    ),
    (
        "lora_embedding",
        [np.array([0])],
        {"embeddings": (7, 3), "a": (7, 2), "b": (2, 3)},
        {},
    ),
    (
        "lora_gradients",
        [zeros(5, 4)],
        {"a": (4, 2), "b": (2, 3)},
        {"y_gradient": zeros(5, 3)},
    ),
    ("lora_penalty", [], {"a": (-4, 2), "b": (2, -3)}, {}),
    ("merge_lora", [zeros(4, 3)], {"a": (4, 2), "b": (2, 3)}, {}),
    (
        "merge_lora_int8",
        [],
        {"kernel_q": (4, 3), "kernel_scale": (3,), "a": (4, 2), "b": (2, 3)},
        {},
    ),
    (
        "lora_int8_dense",
        [X],
        {
            "bias": (3,),
            "a": (4, 2),
            "b": (2, 3),
            "kernel": (4, 3),
            "kernel_scale": (1, 3),
        },
        {},
    ),
    ("int8_dense", [X], {"kernel_q": (4, 3), "kernel_scale": (1, 3), "bias": (3,)}, {}),
    (
        "int8_embedding",
        [np.array([0])],
        {"embeddings": (7, -3), "embeddings_scale": (7,)},
        {},
    ),
    ("int8_logits", [X], {"embeddings": (7, 4), "embeddings_scale": (7,)}, {}),
    (
        "int4_embedding",
        [np.array([0])],
        {
            "embeddings": (7, 2),
            "embeddings_scale": (7, 2),
            "embeddings_zero": (7, 2),
            "g_idx": (3,),
        },
        {"output_dim": 3},
    ),
    (
        "int4_dense",
        [X],
        {
            "packed": (4, 2),
            "kernel_scale": (2, 3),
            "kernel_zero": (2, 3),
            "g_idx": (4,),
            "bias": (3,),
        },
        {},
    ),
    (
        "float8_dense",
        [X],
        {"kernel": (4, 3), "bias": (3,), "inputs_scale": (), "kernel_scale": ()},
        {},
    ),
    (
        "awq_kernel",
        [],
        {
            "packed": (2, 4),
            "kernel_scale": (3, 2),
            "kernel_zero": (3, 2),
            "awq_scales": (4,),
            "g_idx": (4,),
        },
        {},
    ),
    (
        "int4_to_gptq",
        [],
        {"packed": (-4, 2), "kernel_scale": (2, 3), "kernel_zero": (2, 3)},
        {},
    ),
    (
        "dequantize_groups",
        [],
        {"q": (3, 4), "scale": (3, 2), "zero": (3, 2)},
        {"group_size": 2},
    ),
    ("gptq", [], {"kernel": (4, -3), "data": (-7, 4)}, {}),
    ("awq", [], {"kernel": (4, -3), "data": (-7, 4)}, {}),
    *[
        (
            f"{name}_to_{framework}",
            [],
            {"kernel": (-4, n), "recurrent_kernel": (3, n), "bias": bias},
            {},
        )
        for framework in ["pytorch", "onnx"]
        for name, n, bias in [("lstm", 12, (12,)), ("gru", 9, (2, 9))]
    ],
    (
        "simple_rnn_to_pytorch",
        [],
        {"kernel": (-4, 3), "recurrent_kernel": (3, 3), "bias": (3,)},
        {},
    ),
    (
        "gru_to_onnx",
        [],
        {"kernel": (-4, 9), "recurrent_kernel": (3, 9), "bias": (9,)},
        {},
    ),
    *[
        (
            f"{name}_from_pytorch",
            [],
            {
                "weight_ih": (n, -4),
                "weight_hh": (n, 3),
                "bias_ih": (n,),
                "bias_hh": (n,),
            },
            {},
        )
        for name, n in [("simple_rnn", 3), ("lstm", 12), ("gru", 9)]
    ],
    *[
        (
            f"{name}_from_onnx",
            [],
            {"W": (1, n, -4), "R": (1, n, 3), "B": (1, 2 * n)},
            {},
        )
        for name, n in [("lstm", 12), ("gru", 9)]
    ],
    (
        "batch_norm_to_pytorch",
        [],
        dict.fromkeys(["gamma", "beta", "moving_mean", "moving_variance"], (3,)),
        {},
    ),
    (
        "pytorch_conv2d",
        [zeros(2, 4, 6, 6)],
        {"kernel": (-5, 4, -3, -3), "bias": (5,)},
        {},
    ),
    (
        "pytorch_conv_transpose2d",
        [zeros(2, 4, 6, 6)],
        {"kernel": (4, -5, -3, -3), "bias": (5,)},
        {},
    ),
    ("to_pytorch_depthwise_kernel", [], {"kernel": (-3, -3, -4, -2)}, {}),
    ("from_pytorch_depthwise_kernel", [], {"kernel": (-8, 1, -3, -3)}, {"channels": 4}),
    (
        "from_pytorch_linear_after_flatten",
        [],
        {"kernel": (-5, -24)},
        {"height": 2, "width": 3},
    ),
    ("channels_last_dense_kernel", [], {"kernel": (24, -5)}, {"shape": (4, 2, 3)}),
    ("int8_to_onnx", [], {"kernel_q": (-4, 3), "kernel_scale": (3,)}, {}),
    *[
        (
            "dequantize_linear",
            [zeros(3, 4)],
            dict.fromkeys(["x_scale", "x_zero_point"], shape),
            options,
        )
        for shape, options in [
            ((4,), {}),
            ((3,), {"axis": 0}),
            ((2, 4), {"axis": 0, "block_size": 2}),
        ]
    ],
    ("dense_gradients", [zeros(5, 4)], {"kernel": (4, 3), "y_gradient": (5, 3)}, {}),
    ("conv2d_gradients", [IMAGES, (3, 3)], {"y_gradient": (2, 4, 4, -5)}, {}),
    *[
        (
            "conv2d_x_gradient",
            [(2, 6, 6, 4)],
            {"kernel": (-3, -3, 4, 5), "y_gradient": (2, n, n, 5)},
            options,
        )
        for n, options in [
            (4, {}),
            (2, {"strides": 2}),
            (3, {"strides": 2, "padding": "same"}),
        ]
    ],
    (
        "max_pooling_gradient",
        [X],
        {"y_gradient": (2, 2, 4)},
        {"pool_size": 2, "strides": 2},
    ),
    (
        "batch_normalization_gradients",
        [X],
        {"gamma": (4,), "y_gradient": (2, 5, 4)},
        {},
    ),
    *[
        (
            name,
            [X],
            {"kernel": (4, n), "recurrent_kernel": (3, n), "bias": (n,)},
            {},
        )
        for name, n in [("rnn_forward", 3), ("lstm_forward", 12)]
    ],
    ("rnn_gradients", [X, STATES], {"kernel": (4, 3), "delta": (2, 5, 3)}, {}),
    (
        "rnn_backward",
        [STATES],
        {"recurrent_kernel": (3, 3), "y_gradient": (-2, 5, 3)},
        {},
    ),
    (
        "lstm_backward",
        [STATES, [STATES[:4]] * 5],
        {"recurrent_kernel": (3, 12), "y_gradient": (2, 5, 3)},
        {},
    ),
    (
        "embedding_gradient",
        [np.zeros((2, 5), int)],
        {"y_gradient": (2, 5, -3)},
        {"input_dim": 7},
    ),
    (
        "attention_gradients",
        [zeros(2, 6, 4)],
        {"value": (2, 5, 3), "key": (2, 5, 4), "scale": (), "y_gradient": (2, 6, 3)},
        {},
    ),
    ("softmax_cross_entropy", [zeros(2, 3)], {"target": (2, 3)}, {}),
]

# The function, its arguments, its masks by keyword, and other keywords.
MASKED = [
    *[
        (name, inputs, {"mask": (2, 5)}, {})
        for name, inputs in [
            ("simple_rnn", [X, zeros(4, 3), zeros(3, 3)]),
            ("lstm", [X, *LSTM]),
            ("gru", [X, *GRU]),
            ("bidirectional", [by_hand.gru, X, *GRU, *GRU]),
            ("global_average_pooling1d", [X]),
            ("batch_moments", [X]),
            ("masked_mean_squared_error", [X, X]),
        ]
    ],
    ("conv_lstm1d", CONV_LSTM, {"mask": (2, 3)}, {}),
    *[
        (name, [X[:, :3], X], {"query_mask": (2, 3), "value_mask": (2, 5)}, options)
        for name, options in [
            ("attention", {}),
            ("additive_attention", {"use_scale": False}),
        ]
    ],
    (
        "allowed_pairs",
        [(2, 3, 5)],
        {"query_mask": (2, 3), "value_mask": (2, 5), "key_mask": (2, 5)},
        {},
    ),
    (
        "time_distributed",
        [by_hand.global_average_pooling1d, IMAGES],
        {"mask": (2, 6, 6)},
        {},
    ),
    ("spatial_dropout1d", [X], {"kept": (2, 4)}, {"rate": 0.5}),
    ("gaussian_noise", [X], {"z": (2, 5, 4)}, {"stddev": 0.5}),
    ("gaussian_dropout", [X], {"z": (2, 5, 4)}, {"rate": 0.5}),
    (
        "category_encoding",
        [zeros(2, 3)],
        {"count_weights": (2, 3)},
        {"num_tokens": 4, "output_mode": "count"},
    ),
]


def ones(shape):
    return np.ones(np.abs(shape).astype(int), "int8")


@pytest.mark.parametrize(
    "name, inputs, shapes, options",
    CALLS,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_weight_may_have_another_axis_or_length(name, inputs, shapes, options):
    function = getattr(by_hand, name)
    weights = {weight: ones(shape) for weight, shape in shapes.items()}
    function(*inputs, *weights.values(), **options)
    for weight, shape in shapes.items():
        wrong = {**weights, weight: ones((1, *shape))}
        with pytest.raises(ValueError, match=f": {weight} must have the shape"):
            function(*inputs, *wrong.values(), **options)
        for axis, n in enumerate(shape):
            for other in {1, n + 1} - {n} if n > 0 else ():
                wrong[weight] = ones((*shape[:axis], other, *shape[axis + 1 :]))
                with pytest.raises(
                    ValueError, match="must have the shape|cannot share"
                ):
                    function(*inputs, *wrong.values(), **options)


@pytest.mark.parametrize(
    "name, arguments, masks, options",
    MASKED,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_mask_may_have_another_axis_or_length(name, arguments, masks, options):
    function = getattr(by_hand, name)
    masks = {mask: np.ones(shape, bool) for mask, shape in masks.items()}
    function(*arguments, **masks, **options)
    for mask, right in masks.items():
        wrong = [right[np.newaxis], right[0]]
        for axis, n in enumerate(right.shape):
            wrong += [np.ones_like(right).take([0] * m, axis) for m in {1, n + 1} - {n}]
        for array in wrong:
            with pytest.raises(ValueError, match=f": {mask} must have the shape"):
                function(*arguments, **{**masks, mask: array}, **options)


@pytest.mark.parametrize(
    "name, arguments, mask, shape, options",
    [
        ("softmax_layer", [X], "mask", (2, 5, 4), {}),
        ("dropout", [X], "kept", (2, 5, 4), {"rate": 0.5}),
        ("alpha_dropout", [X], "kept", (2, 5, 4), {"rate": 0.5}),
        ("allowed_pairs", [(2, 3, 5)], "attention_mask", (2, 3, 5), {}),
        *[
            (name, [X[:, :3], X, None, *weights], "attention_mask", shape, options)
            for name, weights, options in [
                ("multi_head_attention", HEADS, {}),
                ("group_query_attention", SHARED, {"use_bias": False}),
            ]
            for shape in [(2, 3, 5), (2, weights[0].shape[1], 3, 5)]
        ],
        ("normalization", [X], "mean", (5, 4), {"axis": [1, 2], "variance": 1}),
        ("normalization", [X], "variance", (5, 4), {"axis": [1, 2], "mean": 1}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_broadcasts_enlarges_nothing(name, arguments, mask, shape, options):
    function = getattr(by_hand, name)
    right = np.ones(shape, bool)
    wrong = [np.ones((7, *shape), bool)]
    for axis in range(right.ndim):
        function(*arguments, **{mask: right.take([0], axis)}, **options)
        wrong.append(right.take([0] * 7, axis))
    for array in wrong:
        with pytest.raises(ValueError, match=f": {mask} must broadcast to the shape"):
            function(*arguments, **{mask: array}, **options)


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("simple_rnn", (X, zeros(4, 3), zeros(3, 3))),
        ("lstm", (X, *LSTM)),
        ("gru", (X, *GRU)),
        ("conv_lstm", CONV_LSTM),
        ("depthwise_conv", (X, zeros(3, 4, 2))),
        ("separable_conv", (X, zeros(3, 4, 2), zeros(1, 8, 3))),
        ("group_query_attention", (X, X)),
        ("attend_over", (X, None)),
        ("layer_normalization", (X,)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_keyword_names_the_function_that_was_called(name, arguments):
    with pytest.raises(TypeError, match=rf"^{name}\(\) got .* argument 'paddings'"):
        getattr(by_hand, name)(*arguments, paddings="same")


# -- Right ones


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


def compute(name, x, weights, options):
    if name.endswith("attention"):
        return getattr(by_hand, name)(x, x, None, *weights, **options)
    return getattr(by_hand, name)(x, *weights, **options)


FLAGS = [{"scale": False}, {"center": False}, {"scale": False, "center": False}]
NO_BIAS = {"use_bias": False}
BEFORE = {"reset_after": False}


@pytest.mark.parametrize(
    "layer, name, of_layer, options",
    [
        *[(layers.BatchNormalization, "batch_normalization", f, f) for f in FLAGS],
        *[(layers.LayerNormalization, "layer_normalization", f, f) for f in FLAGS],
        *[
            (layers.GroupNormalization, "group_normalization", f, f)
            for f in ({"groups": 2, **flags} for flags in FLAGS)
        ],
        (layers.GRU, "gru", {"units": 3, **BEFORE}, BEFORE),
        (layers.GRU, "gru", {"units": 3, **BEFORE, **NO_BIAS}, BEFORE),
        (layers.GRU, "gru", {"units": 3, **NO_BIAS}, {}),
        (layers.LSTM, "lstm", {"units": 3, **NO_BIAS}, {}),
        (layers.SimpleRNN, "simple_rnn", {"units": 3, **NO_BIAS}, {}),
        (layers.Dense, "dense", {"units": 3, **NO_BIAS}, {}),
        (layers.Conv1D, "conv1d", {"filters": 3, "kernel_size": 2, **NO_BIAS}, {}),
        (
            layers.MultiHeadAttention,
            "multi_head_attention",
            {"num_heads": 3, "key_dim": 4, **NO_BIAS},
            NO_BIAS,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_right_weights_are_taken_as_keras_has_them(layer, name, of_layer, options):
    layer = layer(dtype="float64", **of_layer)
    x, weights = draw(layer, (2, 5, 4))
    inputs = (x, x) if name.endswith("attention") else (x,)
    assert_equal(layer(*inputs), compute(name, x, weights, options))


def test_a_weight_that_is_lacking_may_be_left_out_or_none():
    x, weights = draw(layers.BatchNormalization(scale=False), (2, 5, 4))
    names = "beta", "moving_mean", "moving_variance"
    expected = by_hand.batch_normalization(x, None, *weights, scale=False)
    for given, named in ((weights, {}), ((), dict(zip(names, weights)))):
        y = by_hand.batch_normalization(x, *given, **named, scale=False)
        np.testing.assert_array_equal(y, expected)


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


# -- In the dtype that comes in


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "layer, name, options",
    [
        (layers.Dense(3), "dense", {}),
        (
            layers.EinsumDense("bsf,fu->bsu", (5, 3)),
            "einsum_dense",
            {"equation": "bsf,fu->bsu"},
        ),
        (layers.Conv1D(3, 2), "conv1d", {}),
        (layers.DepthwiseConv1D(2), "depthwise_conv1d", {}),
        (layers.SeparableConv1D(3, 2), "separable_conv1d", {}),
        (layers.Conv1DTranspose(3, 2), "conv1d_transpose", {}),
        (layers.SimpleRNN(3), "simple_rnn", {}),
        (layers.LSTM(3), "lstm", {}),
        (layers.GRU(3), "gru", {}),
        (layers.MultiHeadAttention(3, 2), "multi_head_attention", {}),
        (layers.GroupQueryAttention(2, 4, 2), "group_query_attention", {}),
        (layers.BatchNormalization(), "batch_normalization", {}),
        (
            layers.BatchNormalization(scale=False),
            "batch_normalization",
            {"scale": False},
        ),
        (layers.LayerNormalization(), "layer_normalization", {}),
        (layers.RMSNormalization(), "rms_normalization", {}),
        (layers.GroupNormalization(2), "group_normalization", {"groups": 2}),
        (layers.PReLU(), "prelu", {}),
        (layers.Normalization(), "normalization", {}),
        (layers.Rescaling(0.1, 0.2), "rescaling", {"scale": 0.1, "offset": 0.2}),
        (layers.MaxPooling1D(), "max_pooling1d", {}),
        (layers.Activation("gelu"), "gelu", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_numbers_stay_in_their_dtype(layer, name, options, dtype):
    layer = type(layer).from_config(layer.get_config())  # not built yet
    x, weights = draw(layer, (2, 5, 4), dtype)
    assert compute(name, x, weights, options).dtype == dtype


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
