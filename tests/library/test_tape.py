"""The tape: each of its rules has cases, and what it has no rule for is refused by name."""

import numpy as np
import pytest
from library.engine.answers import record
from library.engine.subjects import SUBJECTS, read_cases

import keras_by_hand
from keras_by_hand.tracing.entries import PULLS
from keras_by_hand.tracing.tape import FLAT, RULES, NoGradient, Traced, gradients

read_cases()
CASES = [
    (recorded.compute, recorded.case)
    for name, subject in SUBJECTS.items()
    if subject.module.startswith("tracing.")
    for recorded in record(name)
]


def test_each_rule_and_each_slope_has_a_case(monkeypatch):
    used = set()

    def noted(function, *key):
        def note(*args, **options):
            used.add(key)
            return function(*args, **options)

        return note

    for key, rule in RULES.items():
        monkeypatch.setitem(RULES, key, noted(rule, key))
    for key, slopes in PULLS.items():
        told = [slope and noted(slope, key, n) for n, slope in enumerate(slopes)]
        monkeypatch.setitem(PULLS, key, told)
    for compute, case in CASES:
        compute(case)
    slopes = {
        (key, n) for key, told in PULLS.items() for n, slope in enumerate(told) if slope
    }
    missing = {(key,) for key in RULES} | slopes
    missing -= used
    assert not missing, f"draw rows for these in tests/library/cases/tracing: {missing}"


@pytest.mark.parametrize(
    "function", sorted(FLAT, key=lambda function: function.__name__)
)
def test_what_has_no_slope_is_no_longer_traced(function):
    x = np.array([0.0, 1.0, 2.0])
    is_of_two = function in (np.isclose, np.allclose, np.searchsorted)
    number = getattr(function, "nin", 1 + is_of_two)
    found = function(*[Traced(x)] * number)
    assert not isinstance(found, Traced)
    np.testing.assert_array_equal(found, function(*[x] * number))


def write(x):
    y = np.zeros(3)
    y[:] = x


LOST = "what becomes a plain array loses its gradient"


@pytest.mark.parametrize(
    "function, said",
    [
        (np.fft.fft, "no gradient of numpy.fft.fft is known"),
        (np.linalg.svd, "no gradient of numpy.linalg.svd is known"),
        (np.cbrt, "no gradient of numpy.cbrt is known"),
        (np.subtract.accumulate, "no gradient of numpy.subtract.accumulate is known"),
        (np.asarray, LOST),
        (lambda x: float(x[0]), LOST),
        (write, LOST),
        (lambda x: np.add(x, 1, out=np.zeros(3)), "add writes into another array"),
        (lambda x: np.add(x, 1, out=x[:]), "add writes into another array"),
    ],
)
def test_what_the_tape_does_not_know_is_refused_by_name(function, said):
    with pytest.raises(NoGradient, match=f"^{said}$"):
        function(Traced([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_gradient_has_the_dtype_of_its_array(dtype):
    x, y = Traced(np.ones(3, dtype)), Traced(np.ones(3, "float64"))
    assert [g.dtype for g in gradients(x * y + x, [x, y])] == [dtype, "float64"]
    assert keras_by_hand.gradient(np.sum)(np.ones(3, dtype)).dtype == dtype


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda g: g(3), "function must be a function, not 3"),
        (
            lambda g: g(np.square)([1]),
            "arrays must have fractions, not the dtype int64",
        ),
        (lambda g: g(np.square)("a"), "arrays must have fractions, not the dtype <U1"),
        (lambda g: g(np.sign)([1.0]), "the function must return an array that depends"),
        (lambda g: g(lambda x: [x])([1.0]), "the function must return an array that"),
    ],
)
def test_gradient_refuses(call, said):
    with pytest.raises(TypeError, match=f"^gradient: {said}"):
        call(keras_by_hand.gradient)


def test_gradient_knows_the_library():
    """As its own modules hand them on, by place and by keyword."""
    found = keras_by_hand.gradient(keras_by_hand.relu)(
        np.array([-1.0, 0.0, 2.0]), negative_slope=0.5
    )
    np.testing.assert_array_equal(found, [0.5, 0.5, 1.0])
