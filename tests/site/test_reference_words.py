"""The words for arguments, and the equations, that people write for the reference."""

import inspect
import re
from fnmatch import filter as filter_names

import pytest
from docutils.core import publish_doctree

from gallery.functions import find_things, name_alone
from gallery.keras_names import accepted, named
from gallery.package import find_functions
from gallery.reference_words import (
    ANY,
    EQUATIONS,
    equation_of,
    headings_of,
    option_in_words,
    read_equations,
    read_words,
    words_of,
)
from gallery.signatures import options_of

WARNING = 2  # of docutils
LITERAL = re.compile("``(.+?)``")
# Docstrings tell of these.
INPUTS = {"data", "inputs", "sequence", "sequences", "w", "x"}
# Words tell these better.
WITHOUT_EQUATION = """Adafactor AugMix CategoryEncoding CenterCrop Concatenate Constant
Cropping?D CutMix Discretization Flatten initializers.Identity IntegerLookup Lambda Masking
MixUp Muon Ones Permute RandAugment Random[!NU]* RepeatVector Reshape Resizing
StackedRNNCells StringLookup TextVectorization ZeroPadding?D Zeros""".split()
NAMES = {name_alone(title, name): named()[title][name] for title, name in find_things()}


def called_with(thing):
    """The arguments of a call of what a class makes."""
    call = getattr(thing, "call" if hasattr(thing, "call") else "__call__")
    if not inspect.isclass(thing) or not inspect.isfunction(call):
        return []
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = list(inspect.signature(call).parameters.values())[1:]
    return [parameter.name for parameter in parameters if parameter.kind not in kinds]


ARGUMENTS = {
    (name, argument)
    for name, thing in NAMES.items()
    for argument in [*accepted(thing), *called_with(thing)]
}


def test_a_name_of_keras_means_one_thing():
    assert len(NAMES) == len(find_things()) > 170


def test_a_call_may_have_what_a_class_hands_on_but_not_what_it_sets():
    assert {"filters", "lora_rank", "name"} <= set(accepted(NAMES["Conv2D"]))
    assert "rank" not in accepted(NAMES["Conv2D"])  # told to the base by its name
    assert "zero_output_for_mask" in accepted(NAMES["LSTM"])
    assert "cell" not in accepted(NAMES["LSTM"])  # told to the base in its order
    assert "trainable" not in accepted(NAMES["Discretization"])  # hands nothing on
    assert accepted(NAMES["leaky_relu"]) == ["negative_slope"]


def test_each_argument_has_words():
    lacking = []
    for name, argument in sorted(ARGUMENTS):
        try:
            words_of(name, argument)
        except KeyError as error:
            if argument not in INPUTS:
                lacking.append(error.args[0])
    assert not lacking, "\n".join(lacking)


def test_words_are_for_arguments_that_there_are():
    used = set()
    for name, argument in ARGUMENTS:
        headings = [h for h in headings_of(name) if argument in read_words()[h]]
        assert len(headings) < 2, f"{name} has words for {argument} twice: {headings}"
        used.add((headings[0] if headings else ANY, argument))
    told = {(h, argument) for h, words in read_words().items() for argument in words}
    assert told - used == set()


def test_headings_name_what_keras_has():
    for heading in read_words().keys() - {ANY}:
        for pattern in heading.split():
            assert filter_names(NAMES, pattern), f"[{heading}]: {pattern}"


def test_no_words_repeat_those_for_any():
    common = read_words()[ANY]
    for heading in read_words().keys() - {ANY}:
        for argument, words in read_words()[heading].items():
            assert words != common.get(argument), (heading, argument)


def find_texts():
    """Yield all that is told, with the heading and the argument."""
    for heading, words in read_words().items():
        for argument, what in words.items():
            for text in what.values() if isinstance(what, dict) else [what]:
                yield heading, argument, text


def test_words_are_few_and_no_sentence():
    for told in find_texts():
        text = told[-1]
        assert 2 <= len(text.split()) <= 12, told
        assert not text.endswith(".") and not text[0].isupper(), told
        assert text.count("``") % 2 == 0, told


OPTIONS = [
    (name, argument, [value for value in values if value is not None])
    for thing, function in find_things().items()
    for name in [name_alone(*thing)]
    for argument, values in options_of(find_functions()[function]).items()
    if (name, argument) in ARGUMENTS
]


def test_each_text_of_an_option_is_told_once():
    """By its function; words for an option have none, or a table for all of them."""
    assert len(OPTIONS) > 100
    for name, argument, texts in OPTIONS:
        words = words_of(name, argument)
        if isinstance(words, dict):
            assert words.keys() >= set(texts), (name, argument)
        else:
            assert {*LITERAL.findall(words)}.isdisjoint(texts), (name, argument)


def test_words_are_for_options_that_there_are():
    there = {}
    for name, argument, texts in OPTIONS:
        found = [h for h in headings_of(name) if argument in read_words()[h]]
        there.setdefault((*found, ANY)[0] + argument, set()).update(texts)
    for heading, words in read_words().items():
        for argument, what in words.items():
            if isinstance(what, dict):
                assert what.keys() == there.get(heading + argument), argument


def test_an_option_is_told_with_its_texts():
    told = option_in_words("what it does", {"a": "", "b": "Conv1D", None: ""})
    assert told == 'what it does: ``"a"``, ``"b"`` (Conv1D) or ``None``'
    words = {"a": "does this", "b": "does that"}
    told = option_in_words(words, {"b": "", "a": "Conv1D"})
    assert told == '``"b"`` does that, ``"a"`` (Conv1D) does this'
    assert option_in_words("what it does", {}) == "what it does"
    pytest.raises(KeyError, option_in_words, words, {"c": ""})


def test_what_nobody_has_told_is_an_error():
    pytest.raises(KeyError, words_of, "Dense", "unit")
    assert equation_of("Flatten") is None
    assert equation_of("Dense")["latex"] == "y = x W + b"


def test_there_is_one_equation_for_each_that_words_do_not_tell_better():
    told = [name for equation in read_equations() for name in equation["names"]]
    assert sorted(told) == sorted(set(told))
    without = {n for pattern in WITHOUT_EQUATION for n in filter_names(NAMES, pattern)}
    wanted = NAMES.keys() - without
    lacking, more = wanted - set(told), set(told) - wanted
    assert not lacking, (
        f"{EQUATIONS.name} has no equation of {', '.join(sorted(lacking))}"
    )
    assert not more, f"{EQUATIONS.name} has one of {', '.join(sorted(more))}"


def test_texts_are_restructuredtext():
    texts = [text for *_, text in find_texts()]
    texts += [equation.get("letters", "") for equation in read_equations()]
    for text in texts:
        publish_doctree(text, settings_overrides={"halt_level": WARNING})
