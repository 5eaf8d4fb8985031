"""What functions refuse that no drawn case calls directly, such as steps of optimizers:
each by name. Of the others, test_contract.py derives as much."""

import by_hand
import numpy as np
import pytest

W = [1.0, 2.0]
SHAPE, ABOVE = "must have the shape (2,), not (1,)", "must be above 0, not 0"
FINITE = "a finite number of at least 0"
LIST = "gradients must be a list of arrays, not ndarray"

# The function, its arguments, by place and by name, and what it says.
WRONG = [
    *[
        (
            "sparse_categorical_crossentropy",
            ([0], [W]),
            {"axis": axis},
            f"axis must be {allowed}, not {axis!r}",
        )
        for axis, allowed in [
            (0, "-1 or 1, the last one"),
            (-2, "-1 or 1, the last one"),
            (True, "an axis from -2 to 1"),
        ]
    ],
    *[
        (name, (W,), {name: -1}, f"{name} must be {FINITE}, not -1")
        for name in ("l1", "l2")
    ],
    ("l1l2", (W,), {"l2": np.inf}, f"l2 must be {FINITE}, not inf"),
    ("activity_regularization", (W,), {"l1": -1}, f"l1 must be {FINITE}, not -1"),
    ("softmax", (W,), {"axis": True}, "axis must be an axis from -1 to 0, not True"),
    ("sgd", (W, [1.0], W), {}, f"gradient {SHAPE}"),
    ("sgd", (W, W, [0.0]), {}, f"velocity {SHAPE}"),
    ("sgd", (W, W, W, "fast"), {}, "learning_rate must be a number, not 'fast'"),
    (
        "sgd",
        (W, W, W),
        {"momentum": 1.5},
        "momentum must be a number from 0 to 1, not 1.5",
    ),
    ("nesterov", (W, W, W), {}, "gradient must be a function, not [1.0, 2.0]"),
    ("nesterov", (W, np.square, [0.0]), {}, f"velocity {SHAPE}"),
    (
        "nesterov",
        (W, np.square, W, None),
        {},
        "learning_rate must be a number, not None",
    ),
    (
        "nesterov",
        (W, np.square, W),
        {"momentum": -0.5},
        "momentum must be a number from 0 to 1, not -0.5",
    ),
    *[
        ("rmsprop", [[0.0] if n == m else W for m in range(5)], {}, f"{name} {SHAPE}")
        for n, name in enumerate(["gradient", "v", "m", "a"], 1)
    ],
    (
        "rmsprop",
        [W] * 5,
        {"momentum": -0.5},
        "momentum must be a number of at least 0, not -0.5",
    ),
    *[
        ("rmsprop", [W] * 5, {name: "half"}, f"{name} must be a number, not 'half'")
        for name in ("learning_rate", "rho", "epsilon")
    ],
    *[
        (step, args, keywords, message)
        for step in ("adam", "adamw", "adam_of_pytorch")
        for args, keywords, message in [
            ((W, [0.0], W, W, 1), {}, f"gradient {SHAPE}"),
            ((W, W, [0.0], W, 1), {}, f"m {SHAPE}"),
            ((W, W, W, [0.0], 1), {}, f"v {SHAPE}"),
            ((W, W, W, W, 0), {}, "t must be a whole number of at least 1, not 0"),
            (
                (W, W, W, W, 1, "fast"),
                {},
                "learning_rate must be a number, not 'fast'",
            ),
            (
                (W, W, W, W, 1),
                {"beta_1": -0.5},
                "beta_1 must be a number of at least 0, not -0.5",
            ),
            ((W, W, W, W, 1), {"beta_2": 1}, "beta_2 must be below 1, not 1"),
            ((W, W, W, W, 1), {"epsilon": []}, "epsilon must be a number, not []"),
        ]
    ],
    (
        "adamw",
        (W, W, W, W, 1),
        {"weight_decay": None},
        "weight_decay must be a number, not None",
    ),
    *[
        (clip, args, {}, message)
        for clip in ("clipvalue", "clipnorm", "global_clipnorm")
        for args, message in [
            (([W], 0), f"bound {ABOVE}"),
            ((np.ones((2, 3)), 1), LIST),
            (([W, "W"], 1), "gradients[1] must be an array of numbers, not of text"),
        ]
    ],
    ("loss_scale_step", (W, [1.0], 8, 0), {}, f"gradient {SHAPE}"),
    ("loss_scale_step", (W, W, 0, 0), {}, f"scale {ABOVE}"),
    (
        "loss_scale_step",
        (W, W, 8, -1),
        {},
        "finite_steps must be a whole number of at least 0, not -1",
    ),
    (
        "loss_scale_step",
        (W, W, 8, 0, "fast"),
        {},
        "learning_rate must be a number, not 'fast'",
    ),
    (
        "loss_scale_step",
        (W, W, 8, 0),
        {"dynamic_growth_steps": 0},
        "dynamic_growth_steps must be a whole number of at least 1, not 0",
    ),
    (
        "variance_scaling",
        (W,),
        {},
        "draw must have 2 axes or more, not the shape (2,)",
    ),
    ("variance_scaling", ([W], 0), {}, f"scale {ABOVE}"),
    (
        "variance_scaling",
        ([W],),
        {"mode": "fan"},
        "mode must be 'fan_in', 'fan_out' or 'fan_avg', not 'fan'",
    ),
    (
        "variance_scaling",
        ([W],),
        {"distribution": "normal"},
        "distribution must be 'uniform', 'truncated_normal' or 'untruncated_normal', "
        "not 'normal'",
    ),
    ("orthogonal", (W,), {}, "draw must have the shape (rows, columns), not (2,)"),
    ("orthogonal", ([W],), {"gain": "more"}, "gain must be a number, not 'more'"),
    ("lambda_layer", (W,), {"function": 3}, "function must be a function, not 3"),
    (
        "lambda_layer",
        (W,),
        {"function": np.clip, "arguments": [3]},
        "arguments must be a dict or None, not [3]",
    ),
    (
        "masked_mean_squared_error",
        ([W], [W], [1]),
        {},
        "mask must be an array of booleans",
    ),
]

HEADS = [np.ones((4, 2, 3))] * 3 + [np.ones((2, 3, 4))]  # a kernel for each part
SHARED = [np.ones((4, 2, 3)), *[np.ones((4, 3, 3))] * 2, np.ones((2, 3, 4))]
WRONG += [
    ("add", (np.ones((2, 3)),), {}, "inputs must be a list of arrays, not ndarray"),
    ("concatenate", ([],), {}, "inputs must be a list of one or more arrays"),
    ("gaussian_dropout", ([1], [1]), {"rate": 1}, "rate must be below 1"),
    ("sinusoidal_positions", (2, 3), {}, "features must be even, not 3"),
    (
        "multi_head_attention",
        (*[np.ones((1, 3, 2, 4))] * 2, None, *HEADS),
        {"use_bias": False, "attention_axes": 2, "use_causal_mask": True},
        "use_causal_mask and sliding_window are of axis 1; along other axes, give an "
        "attention_mask",
    ),
    (
        "group_query_attention",
        (*[np.ones((1, 3, 4))] * 2, None, *SHARED),
        {"use_bias": False},
        "2 heads of the query cannot share 3 heads of the key",
    ),
]


def calls():
    """Yield all of these: (function, arguments, keywords)."""
    for name, args, keywords, _ in WRONG:
        yield getattr(by_hand, name), args, keywords


@pytest.mark.parametrize("name, args, keywords, message", WRONG)
def test_what_is_wrong_is_refused_by_name(name, args, keywords, message):
    with pytest.raises((TypeError, ValueError)) as raised:
        getattr(by_hand, name)(*args, **keywords)
    assert str(raised.value) == f"{name}: {message}"


def test_a_distribution_is_lowered_first_as_keras_does():
    y = by_hand.variance_scaling([W], distribution="Uniform")
    np.testing.assert_array_equal(
        y, by_hand.variance_scaling([W], 1.0, "fan_in", "uniform")
    )
