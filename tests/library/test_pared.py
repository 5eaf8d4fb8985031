"""What pages link of each function computes what the function does: it leaves out what is
refused, or handed on as it is, and no more. It takes arrays, and functions."""

import functools
import inspect
from pathlib import Path

import numpy as np
from library.engine import contract
from library.engine.answers import differ, record, tolerance_of
from library.engine.cases import describe, map_arrays
from library.engine.subjects import read_cases
from library.test_derived import for_each

from gallery.package import find_needed, pared_text
from keras_by_hand.names import ACTIVATIONS, Activation

read_cases()
CALLED = contract.called()


@functools.cache
def link(function):
    """Return a function made of the code that pages have of it."""
    file = Path(inspect.getsourcefile(function))
    found, imports = find_needed(file, [function.__name__])
    names = {}
    for text in [*(s.text for s in imports), *map(pared_text, found)]:
        exec(text, names)
    return names[function.__name__]


def with_functions(subject, case):
    """The case with functions in the place of activations' names."""
    for name, parameter in contract.parameters_of(subject).items():
        text = case.config.get(name)
        if parameter.annotation == Activation and text in ACTIVATIONS:
            case = case.but(config={**case.config, name: ACTIVATIONS[text]})
    return case


@for_each(CALLED)
def test_linked_code_answers_as_keras_does(name):
    subject = CALLED[name]
    linked = link(contract.function_of(subject))
    for number, (case, answer, *_) in enumerate(record(name)):
        if contract.can_call(subject, case):
            y = contract.call(subject, with_functions(subject, case), function=linked)
            how = differ(answer[: len(y)], y, tolerance_of(name, case))
            assert how is None, f"{name}, case {number}: another {how}"


def as_whole(x):
    return np.abs(x).astype("int64") if x.dtype.kind == "f" else x


def as_halves(x):
    return x.astype("float16") if x.dtype.kind in "iuf" else x


def variants(subject, case):
    """Yield the case with inputs of other dtypes, and without an activation."""
    for cast in (as_whole, as_halves):
        yield case.but(inputs=map_arrays(cast, case.inputs))
    for name, parameter in contract.parameters_of(subject).items():
        if parameter.annotation == Activation:
            yield case.but(config={**case.config, name: None})


@for_each(CALLED)
def test_linked_code_answers_as_the_function_does(name):
    """What Keras was not asked, and the function takes."""
    subject = CALLED[name]
    linked = link(contract.function_of(subject))
    for other in variants(subject, with_functions(subject, record(name)[0].case)):
        try:
            expected = contract.call(subject, other)
        except contract.REFUSALS:
            continue
        y = contract.call(subject, other, function=linked)
        assert [a.dtype for a in y] == [a.dtype for a in expected]
        assert differ(expected, y, 0) is None, describe(name, other)
