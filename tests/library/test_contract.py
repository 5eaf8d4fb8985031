"""The contract of each function: it agrees with Keras, or refuses by name; there is no
third. What is asked is derived from signatures and from the cases that were drawn. What
Keras takes and a function need not stands in reasons.py."""

import numpy as np
import pytest
from library import reasons
from library.engine import contract
from library.engine.answers import differ, record, tolerance_of
from library.engine.subjects import read_cases
from library.test_derived import assert_accepted, for_each

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
