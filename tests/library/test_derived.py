"""Every layer, activation, loss, optimizer, initializer, regularizer and constraint of the
library, and its other functions, in drawn cases; what is checked is derived from them.

A function that you add needs a generator of cases: some five lines in the module of
``cases`` that has the name of its module. The rest follows. What need not be noticed stands
in reasons.py.
"""

import collections
import inspect

import pytest
from library import reasons
from library.engine import (
    contract,
    files,
    gradients,
    kinds,
    mutants,
    runner,
    sensitivity,
    strings,
)
from library.engine.answers import differ, record, tolerance_of
from library.engine.cases import describe, map_arrays
from library.engine.subjects import SUBJECTS, FunctionSubject, LayerSubject, read_cases

from keras_by_hand.models.registry import LAYERS as layers_by_name

read_cases()
LAYERS = {n: s for n, s in SUBJECTS.items() if isinstance(s, LayerSubject)}


OWN_FUNCTIONS = [
    name
    for name, subject in SUBJECTS.items()
    if isinstance(subject, FunctionSubject)
    and subject.function.__module__.startswith("keras_by_hand")
]


def for_each(subjects):
    return pytest.mark.parametrize("name", subjects)


def cases_of(name):
    return [recorded.case for recorded in record(name)]


def narrowed(array):
    return array.astype("float32") if array.dtype == "float64" else array


def assert_accepted(found, accepted, place):
    """What was found is what stands in reasons.py, no more and no less.

    found: {what: message}.
    """
    new = [message for what, message in found.items() if what not in accepted]
    old = [f"{what}: no longer true" for what in accepted if what not in found]
    said = "\n".join([*new, *old])
    assert said == "", f"{said}\nSee {place} in tests/library/reasons.py."


@for_each(SUBJECTS)
def test_the_library_answers_as_keras_does(name, record_property):
    record_property("subjects", 1)
    record_property("cases", len(record(name)))
    for number, (case, answer, compute, *_) in enumerate(record(name)):
        how = differ(answer, compute(case), tolerance_of(name, case))
        assert how is None, f"case {number}, {describe(name, case)}: another {how}"


@for_each(SUBJECTS)
def test_the_first_case_has_the_defaults(name):
    subject, case = SUBJECTS[name], cases_of(name)[0]
    parameters = subject.signature.parameters.values()
    optional = {p.name for p in parameters if p.default is not p.empty}
    optional -= {"seed"}  # without it, no two answers are equal
    for argument in optional & case.config.keys():
        config = {key: case.config[key] for key in case.config if key != argument}
        assert is_refused(subject, case.but(config=config)), (
            f"{name}: the first case has {argument}, which has a default"
        )


def is_refused(subject, case):
    try:
        subject.ask(case)
    except Exception:
        return True
    return False


@for_each(SUBJECTS)
def test_arguments_stand_in_the_order_that_keras_gives_them(name):
    """Cases name them, so none tells who is taken for whom by place."""
    subject = SUBJECTS[name]
    function = getattr(subject, "function", None) or layers_by_name[name][0]
    ours = inspect.signature(function).parameters.values()
    ours = [p.name for p in ours if p.kind is p.POSITIONAL_OR_KEYWORD]
    of_keras = list(subject.signature.parameters)
    assert [p for p in ours if p in of_keras] == [p for p in of_keras if p in ours]


HINTS = {
    "never drawn": "is never drawn: give it to draw.some() in the generator",
    "no effect": "changes no answer: draw a case that it changes",
    "refused": "Keras refuses each changed case: draw one that it computes",
}


@for_each(SUBJECTS)
def test_each_argument_weight_and_input_changes_an_answer(name, record_property):
    subject, silent = SUBJECTS[name], {}
    faults = sensitivity.find_faults(subject, cases_of(name))
    record_property("faults", len(faults))
    for words, fault in faults.items():
        state = sensitivity.judge(subject, words, fault)
        if state != "noticed":
            silent[words] = f"{name}, {words}: {HINTS[state]}"
    record_property("faults without effect, with reasons", len(silent))
    assert_accepted(silent, reasons.WITHOUT_EFFECT.get(name, {}), "WITHOUT_EFFECT")


@for_each(OWN_FUNCTIONS)
def test_nothing_is_float64_where_nothing_was(name):
    case = cases_of(name)[0]
    inputs, config = map_arrays(narrowed, (case.inputs, case.config))
    answers = SUBJECTS[name].compute(case.but(inputs=inputs, config=config))
    found = {
        place: f"{name}: answer {place} is float64, though no array that comes in is"
        for place, y in enumerate(answers)
        if y.dtype == "float64"
    }
    assert_accepted(found, reasons.OTHER_DTYPE.get(name, {}), "OTHER_DTYPE")


@for_each(LAYERS)
def test_what_changes_no_answer_does_what_it_is_for(name):
    failed = {}
    for argument, check in kinds.arguments_by_kind(SUBJECTS[name]).items():
        if not kinds.holds(SUBJECTS[name], argument, check):
            failed[argument] = f"{name}, {argument}: {check.__name__} does not hold"
    assert_accepted(failed, reasons.NOT_OF_ITS_KIND.get(name, {}), "NOT_OF_ITS_KIND")


@for_each(SUBJECTS)
def test_each_text_that_an_argument_may_be_is_drawn(name):
    missing = {
        what: f"{name}: {what} is allowed, and never drawn"
        for what in strings.never_drawn(SUBJECTS[name])
    }
    assert_accepted(missing, reasons.NEVER_DRAWN.get(name, {}), "NEVER_DRAWN")


@for_each({n: s for n, s in SUBJECTS.items() if gradients.has_gradient(s)})
def test_gradients_are_those_of_keras(name):
    found = gradients.compare(SUBJECTS[name], record(name))
    assert_accepted(found, reasons.OTHER_GRADIENT.get(name, {}), "OTHER_GRADIENT")


@for_each(LAYERS)
def test_a_compiled_model_and_its_file_answer_the_same(name, tmp_path):
    case, answer, *_ = record(name)[0]
    for y in files.predictions(SUBJECTS[name], case, tmp_path):
        assert differ(answer[: len(y)], y, 1e-5) is None


@for_each(LAYERS)
def test_a_config_forgets_nothing(name):
    """A layer that is made of its config answers as the first, and has as many weights;
    what changes no answer is in the config, too."""
    subject, recorded, refused = SUBJECTS[name], record(name), False
    for number in contract.cover(subject):
        case, answer, *_ = recorded[number]
        try:
            layer = subject.rebuild(case)
        except TypeError:
            refused = True
            continue
        how = differ(answer, subject.answer_of(layer, case), tolerance_of(name, case))
        assert how is None, f"case {number}, {describe(name, case)}: another {how}"
        config = layer.get_config()
        told = {n: v for n, v in case.config.items() if isinstance(v, bool | str)}
        told.pop("dtype", None)  # which becomes a policy
        forgotten = {n for n, value in told.items() if config.get(n, value) != value}
        assert not forgotten, f"case {number}: the config has other {forgotten}"
    assert refused == (name in reasons.CONFIG_REFUSED), "see reasons.py"


FUNCTIONS = [(m, f) for m in mutants.find_modules() for f in mutants.functions_of(m)]


@pytest.mark.drawn
@pytest.mark.parametrize("module, name", FUNCTIONS)
def test_each_line_counts(module, name, record_property):
    """Each function of the library is reached by cases that need all its lines, and notice
    all its mutants."""
    measured = mutants.measure(module, name)
    hint = f"a generator in tests/library/cases/{module.replace('.', '/')}.py"
    if name in reasons.WITHOUT_CASES:
        assert not measured.runs, f"{name} in WITHOUT_CASES is no longer true"
        return
    assert measured.runs, f"no case reaches {name}: add {hint}"
    for state, number in collections.Counter(measured.states.values()).items():
        record_property(f"mutants {state}", number)
    found = {line: f"{name}: no case needs the line {line}" for line in measured.idle}
    for change, state in measured.states.items():
        if state == "unnoticed":
            found[change[:2]] = f"{name}, no case notices {change[0]} -> {change[1]}"
    assert_accepted(found, reasons.SURVIVORS.get(name, {}), "SURVIVORS")


def test_all_that_models_can_have_is_compared():
    left = runner.NAMES - SUBJECTS.keys() - reasons.WITHOUT_SUBJECT.keys()
    assert left == set(), "draw cases for these in tests/library/cases/"
    assert reasons.WITHOUT_SUBJECT.keys() <= runner.NAMES - SUBJECTS.keys()


def test_each_reason_is_about_something_there_is():
    functions = {name for _, name in FUNCTIONS}
    for table in (reasons.WITHOUT_CASES, reasons.SURVIVORS):
        assert table.keys() <= functions
    tables = reasons.WITHOUT_EFFECT, reasons.NOT_OF_ITS_KIND, reasons.NEVER_DRAWN
    tables += (reasons.OTHER_DTYPE,)
    for table in (*tables, reasons.OTHER_GRADIENT, reasons.NOT_COMPARED):
        assert table.keys() <= SUBJECTS.keys()
    for name, arguments in reasons.NOT_COMPARED.items():
        subject = SUBJECTS[name]
        known = {*subject.signature.parameters, *subject.of_call.parameters}
        assert arguments.keys() <= known, name
