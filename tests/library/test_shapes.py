"""What functions take in, by the functions that take it in: each answer, and each refusal
word for word."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest

from keras_by_hand import names, shapes


def pool(
    x,
    b: list | None = None,
    y_true: list | None = None,
    size=2,
    padding: Literal["valid", "same"] | None = "valid",
    backward_layer: Callable | None = None,
):
    """A function that asks."""


def f64(*numbers):
    return np.array(numbers, "float64")


class Traced:
    """What speaks NumPy's protocols, and is no array."""

    def __array_function__(self, *_):
        raise AssertionError("it is handed on, not computed with")


TRACED = Traced()

# The function, what it is asked beside pool, by place and by name, and what it answers.
RIGHT = [
    ("as_arrays", (), {"x": [1, 2], "b": None}, [np.array([1, 2]), None]),
    ("as_array", (), {"x": 1.5}, np.array(1.5)),
    ("as_array", (), {"x": np.float32(2)}, np.array(2, "float32")),
    ("as_array", (), {"x": np.array([True])}, np.array([1])),
    ("as_array", (), {"x": np.array([255], "uint8")}, np.array([255])),
    ("as_raw_array", (), {"x": np.array([True])}, np.array([True])),
    ("as_raw_array", (), {"x": np.uint8(255)}, np.array(255, "uint8")),
    ("as_array", (), {"x": TRACED}, TRACED),
    ("as_list", (), {"x": ([1], 2.5)}, [np.array([1]), np.array(2.5)]),
    ("as_list", (["h", "c"],), {"b": None}, None),
    ("as_array_or_texts", (), {"x": [["a"]]}, np.array([["a"]])),
    ("as_array_or_texts", (), {"x": TRACED}, TRACED),
    ("check_shapes", (), {"x": (f64(1, 2), (None,)), "b": (None, (3,))}, None),
    ("check_shapes", (), {"x": ([[1, 2]], ("batch", 2))}, None),
    ("check_broadcasts", (), {"x": (f64(1), (2, 3)), "b": (None, (3,))}, None),
    ("check_states", (["h"], [f64(1)], (1,)), {}, None),
    ("check_states", (["h"], None, (1,)), {}, None),
    ("check_rank", (1,), {"x": f64(1, 2)}, None),
    ("check_rank", (1, 2), {"x": [[1]]}, None),
    ("check_count", ("weights", ["kernel"], [1]), {}, None),
    ("check_images", (1, np.ones((2, 5, 3)), "channels_last"), {}, None),
    ("check_fits", (np.ones((2, 3, 5)), (3,), "same", None), {}, None),
    ("check_steps", (2, (1, 2), 1), {}, None),
    ("check_steps", (2, 1, (2, 1)), {}, None),
    ("check_fits", (np.ones((2, 3, 5)), (3,), "valid", None), {}, None),
    ("check_fits", (np.ones((2, 3, 5)), (3,), "valid", "channels_first", 2), {}, None),
    ("as_option", (), {"padding": "same"}, "same"),
    ("as_option", (), {"padding": "VALID"}, "valid"),
    ("as_option", (), {"padding": None}, None),
    ("check_functions", (), {"layer": np.tanh, "backward_layer": None}, None),
    ("check_sizes", (), {"size": 1}, None),
    ("check_sizes", (1,), {"size": (1,), "strides": np.array([2])}, None),
    ("check_sizes", (2, 0), {"size": (0, 3)}, None),
    ("check_flags", (), {"invert": False, "ragged": np.bool_(True)}, None),
    ("check_sizes", (2,), {"size": np.int64(3)}, None),
    ("check_numbers", (0, 1), {"rate": 0, "other": 1}, None),
    ("check_numbers", (0,), {"rate": np.float32(2)}, None),
    ("check_numbers", (), {"rate": np.array(-2.5)}, None),
    ("check_positive", (), {"bound": 0.5, "scale": np.float32(2)}, None),
    ("check_tokens", (f64(-0.5, 3), 4), {}, None),
    ("check_tokens", ([], 4), {}, None),
    ("check_axes", (3,), {"axis": -3, "axes": [0, 2]}, None),
    ("check_axes", (3, True), {"axis": -3}, None),
    ("check_booleans", (), {"kept": np.array([0, 1]), "mask": None}, None),
    ("as_function", (), {"activation": "relu"}, names.ACTIVATIONS["relu"]),
    ("as_function", (), {"activation": np.tanh}, np.tanh),
    ("as_function", (), {"activation": None}, None),
]

ACTIVATIONS = ", ".join(map(repr, names.ALONE))
NOT, SHAPES, ONE = "x must be an array of numbers, not", "must have the shape", [1]
MASKED, FILLED = np.ma.array([1, 2], mask=[0, 1]), "x.filled(...) has none"
WRONG = [
    ("check_booleans", (), {"kept": f64(0, 0.5)}, ValueError, "kept must be booleans"),
    ("as_array", (), {"x": "two"}, TypeError, f"{NOT} of text"),
    ("as_array", (), {"x": b"two"}, TypeError, f"{NOT} of text"),
    ("as_array", (), {"x": None}, TypeError, f"{NOT} None"),
    ("as_array", (), {"x": {}}, TypeError, f"{NOT} of type dict"),
    ("as_array", (), {"x": np.array(None)}, TypeError, f"{NOT} of type ndarray"),
    (
        "as_array",
        (),
        {"x": [[1], [2, 3]]},
        TypeError,
        f"{NOT} rows of different lengths",
    ),
    ("as_array", (), {"x": [[1], None]}, TypeError, f"{NOT} rows of different lengths"),
    ("as_array", (), {"x": [1, None]}, TypeError, f"{NOT} one with None in it"),
    ("as_array", (), {"x": np.array([1], object)}, TypeError, f"{NOT} of objects"),
    ("as_array", (), {"x": np.array(["a"])}, TypeError, f"{NOT} of text"),
    ("as_array", (), {"x": 1j}, TypeError, f"{NOT} of complex numbers"),
    ("as_array", (), {"x": np.datetime64("2000")}, TypeError, f"{NOT} of dates"),
    ("as_array", (), {"x": np.timedelta64(1)}, TypeError, f"{NOT} of durations"),
    ("as_array", (), {"x": MASKED}, TypeError, f"{NOT} one with a mask: {FILLED}"),
    ("as_array", (), {"x": [MASKED]}, TypeError, f"{NOT} one with a mask: {FILLED}"),
    (
        "as_array",
        (),
        {"x": np.ones((0, 3))},
        ValueError,
        "x must have at least one entry, not the shape (0, 3)",
    ),
    ("check_shapes", (), {"x": (ONE, (2,))}, ValueError, f"x {SHAPES} (2,), not (1,)"),
    *[
        (
            "check_tokens",
            (tokens, 4),
            {},
            ValueError,
            f"x must have tokens from 0 to 3, not from {tokens[0]} to {tokens[1]}",
        )
        for tokens in ([0, 4], [-1, 3])
    ],
    (
        "check_shapes",
        (),
        {"x": ([ONE], (None, "units", 3))},
        ValueError,
        f"x {SHAPES} (any, units, 3), not (1, 1)",
    ),
    (
        "check_broadcasts",
        (),
        {"x": (f64(1, 2), (4, 3))},
        ValueError,
        "x must broadcast to the shape (4, 3), which (2,) does not",
    ),
    (
        "check_broadcasts",
        (),
        {"x": ([[1]], (1,))},
        ValueError,
        "x must broadcast to the shape (1,), which (1, 1) does not",
    ),
    (
        "check_rank",
        (2,),
        {"x": ONE},
        ValueError,
        "x must have 2 axes or more, not the shape (1,)",
    ),
    (
        "check_rank",
        (2, 2),
        {"x": ONE},
        ValueError,
        "x must have 2 axes, not the shape (1,)",
    ),
    (
        "check_rank",
        (2, 3),
        {"x": [[[ONE]]]},
        ValueError,
        "x must have 2 to 3 axes, not the shape (1, 1, 1, 1)",
    ),
    (
        "check_count",
        ("weights", ["kernel", "bias"], ONE),
        {},
        ValueError,
        "the number of weights must be 2 (kernel, bias), not 1",
    ),
    (
        "check_count",
        ("states", [], ONE),
        {},
        ValueError,
        "the number of states must be 0, not 1",
    ),
    *[
        (
            "check_images",
            (rank, np.ones((2, 3)), data_format),
            {},
            ValueError,
            f"x {SHAPES} ({wanted}), not (2, 3)",
        )
        for rank, data_format, wanted in [
            (1, None, "batch, length, channels"),
            (2, "channels_first", "batch, channels, height, width"),
            (3, "channels_last", "batch, depth, height, width, channels"),
        ]
    ],
    *[
        (
            "check_fits",
            (np.ones((2, 3, 5)), (size,), "valid", data_format, rate),
            {},
            ValueError,
            f"x must not be shorter than a window of ({span},), as ({length},) is; "
            "padding='same' takes it",
        )
        for size, data_format, rate, span, length in [
            (4, "channels_last", 1, 4, 3),
            (4, "channels_first", 2, 7, 5),
        ]
    ],
    (
        "check_steps",
        (2, (1, 2), 3),
        {},
        ValueError,
        "strides or dilation_rate must be 1, not (1, 2) and 3",
    ),
    *[
        (
            "as_function",
            (),
            {"activation": value},
            error,
            f"activation must be a function, None, or one of {ACTIVATIONS}, not {value!r}",
        )
        for value, error in [("no such text", ValueError), (3, TypeError)]
    ],
    *[
        (
            "as_option",
            (),
            {"padding": value},
            ValueError,
            f"padding must be 'valid', 'same' or None, not {value!r}",
        )
        for value in ("no such text", 0, ["same"], np.array(["same", "valid"]))
    ],
    (
        "check_functions",
        (),
        {"layer": "dense"},
        TypeError,
        "layer must be a function, not 'dense'",
    ),
    *[
        (
            "check_sizes",
            (),
            {"size": value},
            error,
            f"size must be a whole number of at least 1, not {value!r}",
        )
        for value, error in [
            (0, ValueError),
            *[(odd, TypeError) for odd in (1.5, True, None, (1,), np.array(1))],
        ]
    ],
    *[
        (
            "check_flags",
            (),
            {"invert": value},
            ValueError,
            f"invert must be True or False, not {value!r}",
        )
        for value in (None, 1, "True", np.array(True))
    ],
    (
        "check_sizes",
        (1,),
        {"size": list(range(99))},
        ValueError,
        "size must be a whole number of at least 1, not [0, 1, 2, 3, 4, 5, 6, 7, 8, 9,"
        " 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21...",
    ),
    *[
        (
            "check_sizes",
            (2, 2),
            {"size": value},
            error,
            f"size must be a whole number of at least 2, or 2 of them, not {value!r}",
        )
        for value, error in [
            ((2, 1), ValueError),
            ((2,), ValueError),
            ([], ValueError),
            ("two", TypeError),
            (None, TypeError),
        ]
    ],
    *[
        (
            "check_numbers",
            limits,
            {"rate": value},
            error,
            f"rate must be {wanted}, not {value!r}",
        )
        for limits, wanted, value, error in [
            ((), "a number", "half", TypeError),
            ((), "a number", [1], TypeError),
            ((), "a number", None, TypeError),
            ((), "a number", float("nan"), ValueError),
            ((0,), "a number of at least 0", -0.5, ValueError),
            ((0, 1), "a number from 0 to 1", 1.5, ValueError),
            ((-np.inf, 1), "at most 1", 2, ValueError),
        ]
    ],
    (
        "as_list",
        (),
        {"x": f64(1)},
        TypeError,
        "x must be a list of arrays, not ndarray",
    ),
    ("as_list", (), {"x": None}, TypeError, "x must be a list of arrays, not NoneType"),
    (
        "as_list",
        (["h", "c"],),
        {"x": [1]},
        ValueError,
        "the number of arrays in x must be 2 (h, c), not 1",
    ),
    (
        "as_list",
        (),
        {"x": [1, "a"]},
        TypeError,
        "x[1] must be an array of numbers, not of text",
    ),
    (
        "as_array_or_texts",
        (),
        {"x": [[1], [1, 2]]},
        TypeError,
        "x must be an array, not rows of different lengths",
    ),
    (
        "check_states",
        (["h", "c"], [f64(1), f64(1, 2)], (1,)),
        {},
        ValueError,
        f"c {SHAPES} (1,), not (2,)",
    ),
    *[
        ("check_positive", (), {"bound": value}, error, f"bound must be {wanted}")
        for value, error, wanted in [
            (0, ValueError, "above 0, not 0"),
            (-0.5, ValueError, "above 0, not -0.5"),
            ("two", TypeError, "a number, not 'two'"),
        ]
    ],
    ("check_axes", (0,), {"axis": -1}, ValueError, "a single number has no axis -1"),
    ("check_axes", (0,), {"axis": 0}, ValueError, "a single number has no axis 0"),
    (
        "check_axes",
        (3, True),
        {"axis": [1]},
        TypeError,
        "axis must be an axis from -3 to 2, not [1]",
    ),
    *[
        (
            "check_axes",
            (3,),
            {"axis": value},
            error,
            f"axis must be an axis from -3 to 2{more}",
        )
        for value, error, more in [
            (3, ValueError, ", not 3"),
            (np.array(1), TypeError, ", not array(1)"),
            ([], ValueError, ", or several, not []"),
            (-4, ValueError, ", not -4"),
            (1.0, TypeError, ", not 1.0"),
            ([0, 3], ValueError, ", or several, not [0, 3]"),
            ([0, -3], ValueError, ", or several, not [0, -3]: one is there twice"),
        ]
    ],
]


def module_of(name):
    return names if name == "as_function" else shapes


def calls():
    """Yield all of these: (function, arguments, keywords)."""
    for name, args, keywords, *_ in [*RIGHT, *WRONG]:
        yield getattr(module_of(name), name), (pool, *args), keywords


@pytest.mark.parametrize("name, args, keywords, expected", RIGHT)
def test_what_is_right_is_taken(name, args, keywords, expected):
    found = getattr(module_of(name), name)(pool, *args, **keywords)
    if isinstance(expected, np.ndarray | list):
        np.testing.assert_equal(found, expected)
        pairs = zip(*(v if isinstance(v, list) else [v] for v in (found, expected)))
        assert all(getattr(a, "dtype", 0) == getattr(b, "dtype", 0) for a, b in pairs)
    else:
        assert found == expected


@pytest.mark.parametrize("name, args, keywords, error, message", WRONG)
def test_what_is_wrong_is_refused_by_name(name, args, keywords, error, message):
    with pytest.raises(error) as raised:
        getattr(module_of(name), name)(pool, *args, **keywords)
    assert str(raised.value) == f"pool: {message}"
