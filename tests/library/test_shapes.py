"""What functions take in, by the functions that take it in: each answer, and each refusal
word for word."""

from collections.abc import Callable
from typing import Literal

import by_hand
import numpy as np
import pytest
from library.engine.refusals import for_each, read

from keras_by_hand import names


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
    ("as_gradient", ((2,),), {"x": [1, 2]}, np.array([1, 2])),
    ("as_slots", ({},), {"x": None}, None),
    ("as_slots", ({"m": f64(0)},), {"x": {"m": [1]}}, {"m": np.array([1])}),
    ("as_array_or_texts", (), {"x": [["a"]]}, np.array([["a"]])),
    ("as_array_or_texts", (), {"x": TRACED}, TRACED),
    ("check_shapes", (), {"x": (f64(1, 2), (None,)), "b": (None, (3,))}, None),
    ("check_shapes", (), {"x": ([[1, 2]], ("batch", 2))}, None),
    ("check_broadcasts", (), {"x": (f64(1), (2, 3)), "b": (None, (3,))}, None),
    ("check_pair", (), {"x": f64(1, 2), "y": [[1], [2]]}, None),
    ("check_pair", (), {"x": [[[1], [2]]], "y": [[1, 2]]}, None),
    ("check_pair", (0,), {"x": f64(1, 2), "y": 3}, None),
    ("check_one_rank", ([[1, 2]], [[1, 2], [3, 4]]), {}, None),
    ("check_counted", (f64(1, 2), f64(1, 2), f64(1, 2)), {}, None),
    ("check_counted", (f64(1, 2), [[1], [2]], f64(1, 2)), {}, None),
    ("check_counted", ([[1, 2]], [[1, 2]], f64(1), 1), {}, None),
    ("check_entries", (["a", "b"],), {"state": {"b": 1, "a": 2}}, None),
    ("check_states", (["h"], [f64(1)], (1,)), {}, None),
    ("check_states", (["h"], None, (1,)), {}, None),
    ("check_rank", (1,), {"x": f64(1, 2)}, None),
    ("check_rank", (1, 2), {"x": [[1]]}, None),
    ("check_count", ("weights", ["kernel"], [1]), {}, None),
    ("check_numbers", (), {"b": None}, None),
    ("check_shape", (1, 2), {"x": [3, 4]}, None),
    ("check_shape", (), {"x": ()}, None),
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

ONE, MASKED = [1], np.ma.array([1, 2], mask=[0, 1])
LARGEST = np.finfo("float64").max
TYPE_ERRORS = """
as_array(pool, x="two") -> x must be an array of numbers, not of text
as_array(pool, x=b"two") -> x must be an array of numbers, not of text
as_array(pool, x=None) -> x must be an array of numbers, not None
as_array(pool, x={}) -> x must be an array of numbers, not of type dict
as_array(pool, x=np.array(None)) -> x must be an array of numbers, not of type ndarray
as_array(pool, x=[[1], [2, 3]])
    -> x must be an array of numbers, not rows of different lengths
as_array(pool, x=[[1], None])
    -> x must be an array of numbers, not rows of different lengths
as_array(pool, x=[1, None]) -> x must be an array of numbers, not one with None in it
as_array(pool, x=np.array([1], object)) -> x must be an array of numbers, not of objects
as_array(pool, x=np.array(["a"])) -> x must be an array of numbers, not of text
as_array(pool, x=1j) -> x must be an array of numbers, not of complex numbers
as_array(pool, x=np.datetime64("2000")) -> x must be an array of numbers, not of dates
as_array(pool, x=np.timedelta64(1)) -> x must be an array of numbers, not of durations
as_array(pool, x=MASKED)
    -> x must be an array of numbers, not one with a mask: x.filled(...) has none
as_array(pool, x=[MASKED])
    -> x must be an array of numbers, not one with a mask: x.filled(...) has none
as_function(pool, activation=3)
    -> activation must be a function, None, or one of ALL, not 3
check_functions(pool, layer="dense") -> layer must be a function, not 'dense'
check_sizes(pool, size=1.5) -> size must be a whole number of at least 1, not 1.5
check_sizes(pool, size=True) -> size must be a whole number of at least 1, not True
check_sizes(pool, size=None) -> size must be a whole number of at least 1, not None
check_sizes(pool, size=(1,)) -> size must be a whole number of at least 1, not (1,)
check_sizes(pool, size=np.array(1))
    -> size must be a whole number of at least 1, not array(1)
check_sizes(pool, 2, 2, size="two")
    -> size must be a whole number of at least 2, or 2 of them, not 'two'
check_sizes(pool, 2, 2, size=None)
    -> size must be a whole number of at least 2, or 2 of them, not None
check_numbers(pool, rate="half") -> rate must be a number, not 'half'
check_numbers(pool, rate=[1]) -> rate must be a number, not [1]
check_numbers(pool, rate=None) -> rate must be a number, not None
check_each(pool, 0, 1, rates=[1, None]) -> rates must be a number from 0 to 1, not None
check_entries(pool, ["a", "b"], state=[1]) -> state must be a dict of a, b, not [1]
as_list(pool, x=f64(1)) -> x must be a list of arrays, not ndarray
as_list(pool, x=None) -> x must be a list of arrays, not NoneType
as_list(pool, x=[1, "a"]) -> x[1] must be an array of numbers, not of text
as_array_or_texts(pool, x=[[1], [1, 2]])
    -> x must be an array, not rows of different lengths
check_positive(pool, bound="two") -> bound must be a number, not 'two'
check_axes(pool, 3, True, axis=[1]) -> axis must be an axis from -3 to 2, not [1]
check_axes(pool, 3, axis=np.array(1)) -> axis must be an axis from -3 to 2, not array(1)
check_axes(pool, 3, axis=1.0) -> axis must be an axis from -3 to 2, not 1.0
"""
VALUE_ERRORS = """
check_booleans(pool, kept=f64(0, 0.5)) -> kept must be booleans
as_array(pool, x=np.ones((0, 3))) -> x must have at least one entry, not the shape (0, 3)
check_shapes(pool, x=(ONE, (2,))) -> x must have the shape (2,), not (1,)
check_tokens(pool, [0, 4], 4) -> x must have tokens from 0 to 3, not from 0 to 4
check_tokens(pool, [-1, 3], 4) -> x must have tokens from 0 to 3, not from -1 to 3
check_shapes(pool, x=([ONE], (None, "units", 3)))
    -> x must have the shape (any, units, 3), not (1, 1)
check_pair(pool, x=f64(1, 2), y=f64(1, 2, 3))
    -> x and y must have one shape, not (2,) and (3,)
check_pair(pool, x=[[1, 2], [3, 4]], y=[[[1], [2], [3]]])
    -> x and y must have one shape, not (2, 2) and (1, 3, 1)
check_pair(pool, x=1, y=f64(1, 2)) -> x must have 1 axes or more, not the shape ()
check_one_rank(pool, f64(1, 2), [[1, 2]])
    -> y_true must have as many axes as y_pred, 2, not the shape (2,)
check_one_rank(pool, f64(1, 2), f64(1, 2, 3))
    -> y_true and y_pred must have one shape, not (2,) and (3,)
check_counted(pool, [[1, 2]], [[1, 2], [3, 4]], None)
    -> y_true and y_pred must have one shape, not (1, 2) and (2, 2)
check_counted(pool, f64(1, 2), f64(1, 2), None, 0)
    -> y_pred must have 2 axes or more, not the shape (2,)
check_counted(pool, [[1, 2]], [[1, 2]], None, 2)
    -> class_id must be an axis from -2 to 1, not 2
check_counted(pool, [[1, 2]], [[1, 2]], f64(1, 2), 1)
    -> sample_weight must broadcast to the shape (1, 1), which (2, 1) does not
check_entries(pool, ["a", "b"], state={"a": 1}) -> state must be a dict of a, b, not of a
check_broadcasts(pool, x=(f64(1, 2), (4, 3)))
    -> x must broadcast to the shape (4, 3), which (2,) does not
check_broadcasts(pool, x=([[1]], (1,)))
    -> x must broadcast to the shape (1,), which (1, 1) does not
check_rank(pool, 2, x=ONE) -> x must have 2 axes or more, not the shape (1,)
check_rank(pool, 2, 2, x=ONE) -> x must have 2 axes, not the shape (1,)
check_rank(pool, 2, 3, x=[[[ONE]]]) -> x must have 2 to 3 axes, not the shape (1, 1, 1, 1)
check_count(pool, "weights", ["kernel", "bias"], ONE)
    -> the number of weights must be 2 (kernel, bias), not 1
check_count(pool, "states", [], ONE) -> the number of states must be 0, not 1
check_images(pool, 1, np.ones((2, 3)), None)
    -> x must have the shape (batch, length, channels), not (2, 3)
check_images(pool, 2, np.ones((2, 3)), "channels_first")
    -> x must have the shape (batch, channels, height, width), not (2, 3)
check_images(pool, 3, np.ones((2, 3)), "channels_last")
    -> x must have the shape (batch, depth, height, width, channels), not (2, 3)
check_fits(pool, np.ones((2, 3, 5)), (4,), "valid", "channels_last", 1)
    -> x must not be shorter than a window of (4,), as (3,) is; padding='same' takes it
check_fits(pool, np.ones((2, 3, 5)), (4,), "valid", "channels_first", 2)
    -> x must not be shorter than a window of (7,), as (5,) is; padding='same' takes it
check_steps(pool, 2, (1, 2), 3) -> strides or dilation_rate must be 1, not (1, 2) and 3
as_function(pool, activation="no such text")
    -> activation must be a function, None, or one of ALL, not 'no such text'
as_option(pool, padding="no such text")
    -> padding must be 'valid', 'same' or None, not 'no such text'
as_option(pool, padding=0) -> padding must be 'valid', 'same' or None, not 0
as_option(pool, padding=["same"]) -> padding must be 'valid', 'same' or None, not ['same']
as_option(pool, padding=np.array(["same", "valid"]))
    -> padding must be 'valid', 'same' or None, not array(['same', 'valid'], dtype='<U5')
check_sizes(pool, size=0) -> size must be a whole number of at least 1, not 0
check_flags(pool, invert=None) -> invert must be True or False, not None
check_flags(pool, invert=1) -> invert must be True or False, not 1
check_flags(pool, invert="True") -> invert must be True or False, not 'True'
check_flags(pool, invert=np.array(True)) -> invert must be True or False, not array(True)
check_sizes(pool, 1, size=list(range(99)))
    -> size must be a whole number of at least 1, not [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
    12, 13, 14, 15, 16, 17, 18, 19, 20, 21...
check_sizes(pool, 2, 2, size=(2, 1))
    -> size must be a whole number of at least 2, or 2 of them, not (2, 1)
check_sizes(pool, 2, 2, size=(2,))
    -> size must be a whole number of at least 2, or 2 of them, not (2,)
check_sizes(pool, 2, 2, size=[])
    -> size must be a whole number of at least 2, or 2 of them, not []
check_numbers(pool, rate=float("nan")) -> rate must be a number, not nan
check_numbers(pool, 0, rate=-0.5) -> rate must be a number of at least 0, not -0.5
check_each(pool, 0, 1, rates=[1, 1.5]) -> rates must be a number from 0 to 1, not 1.5
check_numbers(pool, 0, 1, rate=1.5) -> rate must be a number from 0 to 1, not 1.5
check_numbers(pool, 0, LARGEST, rate=np.inf)
    -> rate must be a finite number of at least 0, not inf
check_numbers(pool, -np.inf, 1, rate=2) -> rate must be at most 1, not 2
as_list(pool, ["h", "c"], x=[1]) -> the number of arrays in x must be 2 (h, c), not 1
check_states(pool, ["h", "c"], [f64(1), f64(1, 2)], (1,))
    -> c must have the shape (1,), not (2,)
check_positive(pool, bound=0) -> bound must be above 0, not 0
check_positive(pool, bound=-0.5) -> bound must be above 0, not -0.5
check_axes(pool, 0, axis=-1) -> a single number has no axis -1
check_axes(pool, 0, axis=0) -> a single number has no axis 0
check_axes(pool, 3, axis=3) -> axis must be an axis from -3 to 2, not 3
check_axes(pool, 3, axis=[]) -> axis must be an axis from -3 to 2, or several, not []
check_axes(pool, 3, axis=-4) -> axis must be an axis from -3 to 2, not -4
check_axes(pool, 3, axis=[0, 3])
    -> axis must be an axis from -3 to 2, or several, not [0, 3]
check_axes(pool, 3, axis=[0, -3])
    -> axis must be an axis from -3 to 2, or several, not [0, -3]: one is there twice
"""
ALL = ", ".join(map(repr, names.ALONE))
REFUSED = read(TYPE_ERRORS.replace("ALL", ALL), TypeError, globals(), by="pool")
REFUSED += read(VALUE_ERRORS.replace("ALL", ALL), ValueError, globals(), by="pool")


@pytest.mark.parametrize("name, args, keywords, expected", RIGHT)
def test_what_is_right_is_taken(name, args, keywords, expected):
    found = getattr(by_hand, name)(pool, *args, **keywords)
    if isinstance(expected, np.ndarray | list):
        np.testing.assert_equal(found, expected)
        pairs = zip(*(v if isinstance(v, list) else [v] for v in (found, expected)))
        assert all(getattr(a, "dtype", 0) == getattr(b, "dtype", 0) for a, b in pairs)
    else:
        assert found == expected


@for_each(REFUSED)
def test_what_is_wrong_is_refused_by_name(row):
    row.check()
