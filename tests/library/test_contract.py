"""The contract of each function: it agrees with Keras, or refuses by name; there is no
third. What is asked is derived from signatures and from the cases that were drawn. What
Keras takes and a function need not stands in reasons.py."""

import contextlib
import doctest
import inspect
import io
import re
import sys
from numbers import Integral, Real

import numpy as np
import pytest
from library import reasons
from library.engine import contract
from library.engine.answers import differ, record, tolerance_of
from library.engine.cases import map_arrays
from library.engine.subjects import read_cases
from library.test_derived import assert_accepted, for_each
from numpy.typing import ArrayLike

import keras_by_hand
from keras_by_hand.shapes import options_of

read_cases()
CALLED = contract.called()


@for_each(CALLED)
def test_a_direct_call_answers_as_keras_does(name):
    for number, (case, answer, *_) in enumerate(record(name)):
        if not contract.can_call(CALLED[name], case):
            continue
        y = contract.call(CALLED[name], case)
        how = differ(answer[: len(y)], y, tolerance_of(name, case))
        assert how is None, f"{name}, case {number}: another {how}"


@for_each(CALLED)
def test_lists_are_taken_as_arrays(name):
    case, answer, *_ = record(name)[0]
    y = contract.call(CALLED[name], case, given_as=np.ndarray.tolist)
    how = differ(answer[: len(y)], y, tolerance_of(name, case))
    assert how is None, f"{name}: another {how} from lists"


@for_each(CALLED)
def test_matrices_are_taken_as_arrays(name):
    """A product of matrices is another one than that of arrays."""

    def as_matrix(array):
        return array.view(np.matrix) if array.ndim == 2 else array

    case, answer, *_ = record(name)[0]
    y = contract.call(CALLED[name], case, given_as=as_matrix)
    assert {type(array) for array in y} == {np.ndarray}
    how = differ(answer[: len(y)], y, tolerance_of(name, case))
    assert how is None, f"{name}: another {how} from matrices"


def masked(array):
    return np.ma.array(array, mask=np.zeros(array.shape, bool))


def without_entries(array):
    return array[:0] if array.ndim else np.zeros(0)


@pytest.mark.parametrize("change", [masked, without_entries])
@for_each(CALLED)
def test_masks_and_arrays_without_entries_are_refused_by_name(name, change):
    """A mask would be lost, and predict takes no batch of no samples."""
    subject = CALLED[name]
    case = record(name)[0].case
    names = "|".join(contract.speakers(contract.function_of(subject)))
    arrays = map_arrays(lambda array: array.dtype.kind in "biuf", case.inputs)
    if name in reasons.GIVEN_NO_NUMBERS:
        assert not any(arrays), "see reasons.py"
        return
    with pytest.raises((TypeError, ValueError), match=f"^({names}): "):
        contract.call(subject, case, given_as=change)


@pytest.mark.parametrize("dtype", contract.NARROW)
@for_each(CALLED)
def test_numbers_of_few_bits_are_the_numbers_that_they_are(name, dtype):
    """What is refused of one is refused of the other, by name, too."""
    subject = CALLED[name]
    narrow, wide = contract.narrow_and_wide(record(name)[0].case, dtype)
    y, refused = contract.refusal(lambda: contract.call(subject, narrow))
    expected, _ = contract.refusal(lambda: contract.call(subject, wide))
    if refused is not None:
        assert contract.NAMED.match(str(refused)), f"{name}: {refused!r} of {dtype}"
        return
    assert expected is not None, (
        f"{name} computes of {dtype} what it refuses of float64"
    )
    how = differ(expected, y, 1e-6)
    assert how is None, f"{name}: another {how} of {dtype}"


@pytest.mark.drawn
@for_each(CALLED)
def test_what_keras_refuses_is_refused_by_name(name, record_property):
    subject, found = CALLED[name], {}
    odd_calls = contract.odd_calls(subject)
    record_property("calls that nobody means", len(odd_calls))
    for odd in odd_calls:
        if odd.words in reasons.STOPS_PYTHON.get(name, []):
            continue
        if how := contract.judge(subject, odd):
            found[odd.words] = f"{name}, {odd.words} {how}"
    assert_accepted(found, reasons.NOT_REFUSED.get(name, {}), "NOT_REFUSED")


@for_each(CALLED)
def test_each_text_is_declared(name):
    """An option that takes a text has a Literal in its annotation, or says that it is a
    name of a function or any text."""
    function = contract.function_of(CALLED[name])
    for argument, parameter in contract.parameters_of(CALLED[name]).items():
        values = [case.config.get(argument) for case, *_ in record(name)]
        if any(isinstance(value, str) for value in [parameter.default, *values]):
            assert parameter.annotation is not parameter.empty, f"{name}: {argument}"
            declared = options_of(function, argument)
            is_free = "str" in str(parameter.annotation)
            assert declared or is_free, f"{name}: {argument} declares no texts"


# -- Each argument in the examples of each function

ODD = [
    *(None, "text", b"text", True, 0, -1, 1.5, np.nan, 1j, object(), {}, {1}),
    *([], (), [2], (2,), [1, None], [[1], [1, 2]], ["a"]),
    *(np.array(2), np.array(0.5), np.array(True), np.array("a"), np.array(None)),
    *(np.zeros(0), np.zeros((0, 3)), np.array([2, 2]), np.datetime64("2000")),
    *(np.ma.array([1.0, 2.0], mask=[0, 1]), np.ones((1, 2)).view(np.matrix)),
]
FUNCTIONS = {
    name: function
    for name, function in vars(keras_by_hand).items()
    if inspect.isfunction(function)
    and name not in ("build_model", "compare", "load_model")
}
# What goes to a function of the user's as it comes in.
HANDED_ON = {
    "identity_layer": ["inputs"],
    "lambda_layer": ["inputs"],
    "rnn": ["initial_state"],
    "stacked_rnn_cells": ["states"],
}
WRAPPED = {"bidirectional": ["simple_rnn"], "time_distributed": ["dense"]}


def calls_in_example(function):
    """The calls of a function in its example, with their arguments by name."""
    signature, calls = inspect.signature(function), []

    def call(*args, **keywords):
        calls.append(signature.bind(*args, **keywords))
        return function(*args, **keywords)

    names = {**vars(sys.modules[function.__module__]), "np": np}
    names[function.__name__] = call
    for example in doctest.DocTestParser().get_examples(function.__doc__):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(example.source, function.__name__, "exec"), names)
    return calls


def is_of(kind, value):
    """Whether a value is of a kind that an annotation may name."""
    if kind is bool:
        return isinstance(value, bool)
    if kind is int:
        return isinstance(value, Integral) and value is not True
    if kind is float:
        is_plain = type(value) is np.ndarray and value.dtype.kind in "iuf"
        return isinstance(value, Real) or is_plain and value.ndim == 0
    array, is_masked = np.asarray(value), isinstance(value, np.ma.MaskedArray)
    return array.size and array.dtype.kind in "biuf" and not is_masked


def may_be(value, annotation):
    """Whether a value may be taken for an argument, as far as its annotation says."""
    for kind in (bool, int, float, ArrayLike):
        if annotation in (kind, kind | None):
            return is_of(kind, value) or annotation != kind and value is None
    return True


def odd_arguments(function):
    """Yield an argument, its annotation, an odd value of it, and a call with that."""
    for call in calls_in_example(function):
        for name, parameter in call.signature.parameters.items():
            is_one = parameter.kind.name not in ("VAR_POSITIONAL", "VAR_KEYWORD")
            if is_one and name not in HANDED_ON.get(function.__name__, []):
                for value in ODD:
                    odd = call.signature.bind(*call.args, **call.kwargs)
                    odd.arguments[name] = value
                    yield name, parameter.annotation, value, odd


@pytest.mark.parametrize("name", FUNCTIONS)
def test_odd_arguments_are_refused_by_name(name, record_property):
    function, found = FUNCTIONS[name], []
    # In one line; a wrapper's layer may refuse what goes to it.
    names = "|".join([*contract.speakers(function), *WRAPPED.get(name, [])])
    refused = re.compile(rf"({names})(: | with |\(\) (got|takes) ).*")
    tried = list(odd_arguments(function))
    for argument, annotation, value, odd in tried:
        try:
            function(*odd.args, **odd.kwargs)
        except (TypeError, ValueError) as error:
            if not refused.fullmatch(str(error)):
                found.append(f"{argument}={value!r}: {error}")
        else:
            if not may_be(value, annotation):
                found.append(f"{argument}={value!r} is computed in silence")
    record_property("odd arguments", len(tried))
    assert not found, f"{name}: {'; '.join(found)}"
