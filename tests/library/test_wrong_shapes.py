"""Weights and masks of functions that are no layer's, in other shapes: each axis of each
must be as it is, but for those that are free. Of layers, test_contract.py derives as much;
and what Keras has no words for stays in the dtype that comes in.
"""

import by_hand
import numpy as np
import pytest


def zeros(*shape):
    return np.zeros(shape)


X = zeros(2, 5, 4)  # (batch, steps, features)
IMAGES = zeros(2, 6, 6, 4)  # (batch, height, width, channels)
GRU = zeros(4, 9), zeros(3, 9), zeros(2, 9)
STATES = [zeros(2, 3)] * 6  # before the first step, and after each

# The function, its inputs, its weights by name, its keywords. A length below 0 is free:
# another one would be right, too.
CALLS = [
    (
        "dense_16_bits",
        [X],
        {"kernel": (4, 3), "bias": (3,)},
        {"rounded": by_hand.float16},
    ),
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
            ("bidirectional", [by_hand.gru, X, *GRU, *GRU]),
            ("batch_moments", [X]),
            ("masked_mean_squared_error", [X, X]),
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
]


def ones(shape):
    return np.ones(np.abs(shape).astype(int), "int8")


def refused_calls():
    """Yield (function, arguments, keywords) of calls with a weight of another shape."""
    for name, inputs, shapes, options in CALLS:
        weights = {weight: ones(shape) for weight, shape in shapes.items()}
        for weight, shape in shapes.items():
            for other in other_shapes(shape):
                wrong = {**weights, weight: ones(other)}
                yield getattr(by_hand, name), (*inputs, *wrong.values()), options


def other_shapes(shape):
    """Yield shapes with an axis more, and with another length of an axis that is not
    free."""
    yield (1, *shape)
    for axis, n in enumerate(shape):
        for other in sorted({1, n + 1} - {n}) if n > 0 else ():
            yield (*shape[:axis], other, *shape[axis + 1 :])


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
        for other in other_shapes(shape):
            wrong = {**weights, weight: ones(other)}
            with pytest.raises(ValueError, match=f"{name}: .* must have the shape"):
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
        ("dropout", [X], "kept", (2, 5, 4), {"rate": 0.5}),
        ("alpha_dropout", [X], "kept", (2, 5, 4), {"rate": 0.5}),
        ("allowed_pairs", [(2, 3, 5)], "attention_mask", (2, 3, 5), {}),
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
