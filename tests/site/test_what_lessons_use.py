"""A lesson uses only what stands above it in the course: functions, names of Keras, and the
words of the glossary. Nor does it lean on its place."""

import ast
import functools
import re
from unittest import mock

import docutils.core
import numpy as np
import pytest
from docutils import nodes
from docutils.parsers.rst import directives, roles
from sphinx_gallery.py_source_parser import split_code_and_text_blocks

from gallery.course import read_course
from gallery.exercises import TRY_IT
from gallery.glossary import (
    compile_words,
    find_terms,
    find_terms_for,
    read_entries,
)
from gallery.linker import is_linkable
from gallery.package import find_module
from gallery.paths import SOURCES
from gallery.scripts import TITLES, find_headings, read_title

NAMES = [item.name for item in read_course()]
# Functions that a lesson computes by hand, without giving them a name
TAUGHT = {
    "attention": "attention/plot_attention",
    "conv2d": "convolution/plot_conv2d",
    "dense_gradients": "training/plot_dense_gradient",
    "sigmoid": "recurrent/plot_lstm",
    "softmax": "training/plot_softmax_cross_entropy",
    "softmax_cross_entropy": "training/plot_softmax_cross_entropy",
}
# Functions that a lesson takes as they are, and says so
TAKEN = {
    "sigmoid": "recurrent/plot_lstm",
    "train_small_gpt": "models/plot_sampling",
}
# What each network, or each lab, has of its own
OWN = {"attend", "draw", "forward", "train", "write"}
# Words that a lesson says in a sentence, above the one that is about them
SAID = {"bias": "dense/plot_no_bias", "learning rate": "training/plot_losses"}
# What a page prints of its own run
ABOUT_THE_PAGE = {"keras.__version__", "keras.backend.backend"}
PLACES = r"\bwould you\b|\b(?:next|last|previous) (?:lesson|page)s?\b"


def path_of(name):
    return SOURCES / f"{name}.py"


@functools.cache
def read_statements(name):
    """Return [(heading, statement), ...] of a page as it is written."""
    tree = ast.parse(path_of(name).read_text())
    return list(zip(find_headings(path_of(name), tree), tree.body))


# -- Functions


@functools.cache
def find_definitions(name):
    """Return {function that a page defines: its ast}."""
    return {
        statement.name: statement
        for heading, statement in read_statements(name)
        if isinstance(statement, ast.FunctionDef) and heading != "See it"
    }


def find_imported(name):
    """Return the functions that a page imports to use them, and not under "In full"."""
    found = []
    for heading, statement in read_statements(name):
        if isinstance(statement, ast.ImportFrom) and heading != "In full":
            if is_linkable(path_of(name), statement.module):
                data = find_data(find_module(statement.module, path_of(name).parent))
                names = [alias.name for alias in statement.names]
                found += [name for name in names if name not in data]
    return found


@functools.cache
def find_data(module):
    """Return the names to which a module assigns something: a text, say."""
    return {
        target.id
        for statement in ast.parse(module.read_text()).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def first_to_define(function, names):
    return next((name for name in names if function in find_definitions(name)), None)


@pytest.mark.parametrize("number, name", list(enumerate(NAMES)))
def test_what_a_lesson_imports_was_computed_above(number, name):
    above = NAMES[:number]
    new = [
        function
        for function in find_imported(name)
        if TAUGHT.get(function) not in above
        and not first_to_define(function, above)
        and TAKEN.get(function) != name
    ]
    assert not new, f"computed in no lesson above: {', '.join(new)}"


def test_the_table_of_what_is_taught_has_what_is_needed_and_no_more():
    imported = {function for name in NAMES for function in find_imported(name)}
    assert TAUGHT.keys() | TAKEN.keys() <= imported
    for function, lesson in TAUGHT.items():
        assert not first_to_define(function, NAMES[: NAMES.index(lesson) + 1])


@pytest.mark.parametrize("number, name", list(enumerate(NAMES)))
def test_a_function_is_written_as_in_the_lesson_that_has_it_first(number, name):
    for function, definition in find_definitions(name).items():
        if function in OWN:
            continue
        if first := first_to_define(function, NAMES[:number]):
            above = find_definitions(first)[function]
            assert ast.dump(definition) == ast.dump(above), f"{function}, as in {first}"


@pytest.mark.parametrize(
    "file",
    sorted(SOURCES.glob("*/written_before.py")),
    ids=lambda file: file.parent.name,
)
def test_what_was_written_before_is_what_a_lesson_wrote(file):
    """Pages link a module beside them, so there is one in each of two families."""
    functions = [
        statement
        for statement in ast.parse(file.read_text()).body
        if isinstance(statement, ast.FunctionDef)
    ]
    assert functions
    for function in functions:
        first = first_to_define(function.name, NAMES)
        written = find_definitions(first)[function.name]
        assert ast.dump(function) == ast.dump(written), (
            f"{function.name}, as in {first}"
        )


# -- Names of Keras


@functools.cache
def find_keras(name):
    """Return the names of Keras that a page uses, such as "keras.layers.Dense"."""
    statements = [statement for _, statement in read_statements(name)]
    parts = [node for statement in statements for node in ast.walk(statement)]
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in parts
        if isinstance(node, ast.ImportFrom) and re.match(r"keras\b", node.module)
        for alias in node.names
        if not is_linkable(path_of(name), node.module)
    }
    found = set(imported.values())
    for node in parts:
        if isinstance(node, ast.Attribute):
            first, *rest = ast.unparse(node).split(".")
            found.add(".".join([imported.get(first, first), *rest]))
    names = {n for n in found if re.fullmatch(r"keras(\.[a-z_]+)*\.\w+", n)}
    modules = {n.rpartition(".")[0] for n in names} | {n for n in names if is_module(n)}
    return {n for n in names - modules - ABOUT_THE_PAGE if not is_of_numpy(n)}


def is_of_numpy(name):
    """Whether a function of keras.ops is that of NumPy of the same name."""
    return name.startswith("keras.ops.") and hasattr(np, name.split(".")[-1])


def is_module(name):
    return re.fullmatch(r"keras\.[a-z]+", name)


def plain(name):
    """A name as the function and the class that are one thing of Keras share it."""
    return name.split(".")[-1].replace("_", "").lower()


def find_mentioned(name):
    """Return what a page has as code in its prose, and the words of its title."""
    blocks = split_code_and_text_blocks(str(path_of(name)))[1]
    prose = "\n".join(text for kind, text, _ in blocks if kind == "text")
    code = " ".join(re.findall(r"``(.+?)``", prose, re.DOTALL))
    words = re.findall(r"\w+", f"{code} {read_title(path_of(name))}")
    return set(map(plain, words))


@pytest.mark.parametrize("number, name", list(enumerate(NAMES)))
def test_a_name_of_keras_is_mentioned_where_it_is_used_first(number, name):
    known = {plain(used) for above in NAMES[:number] for used in find_keras(above)}
    known |= find_mentioned(name)
    silent = [used for used in find_keras(name) if plain(used) not in known]
    assert not silent, f"not mentioned: {', '.join(sorted(silent))}"


# -- Words


def find_prose(name):
    """Return the paragraphs of a page above "Try it", without what stands in them as code,
    as mathematics, or as the title of a page."""
    texts = []
    for kind, text, _ in split_code_and_text_blocks(str(path_of(name)))[1]:
        if kind == "text" and not text.startswith(f"{TRY_IT}\n"):
            texts.append(TITLES.sub("the page", text))
    settings = {"report_level": 5, "syntax_highlight": "none"}
    with (  # without those of Sphinx, which another test may have brought
        mock.patch.dict(directives._directives, clear=True),
        mock.patch.dict(roles._roles, clear=True),
    ):
        doctree = docutils.core.publish_doctree(
            "\n\n".join(texts), settings_overrides=settings
        )
    return [
        " ".join(text.split())
        for text in doctree.findall(nodes.Text)
        if isinstance(text.parent, nodes.paragraph)
    ]


def find_teaching():
    """Return {word of the glossary: the first lesson that its entry names, or that says
    what it is}. An entry that names none says all that one needs."""
    teaching = {}
    for term, entry in read_entries().items():
        named = re.findall(r":doc:`auto_examples/(\w+/\w+)`", entry)
        if any(name in NAMES for name in named):
            named.append(SAID.get(term.lower()))
            teaching[term.lower()] = next(name for name in NAMES if name in named)
    return teaching


def find_early(number, name):
    """Yield (word, lesson that teaches it, a text with it) of the words in a lesson that
    only a later one teaches."""
    teaching = find_teaching()
    senses = {term.lower() for term in find_terms_for(f"auto_examples/{name}")}
    words = compile_words(find_terms())
    for text in find_prose(name):
        for match in words.finditer(text):
            word = match[1].lower()
            lesson = teaching.get(word)
            if word in senses and lesson and lesson not in NAMES[: number + 1]:
                around = text[max(0, match.start() - 40) : match.end() + 40]
                yield word, lesson, around


@pytest.mark.parametrize("number, name", list(enumerate(NAMES)))
def test_a_word_of_the_glossary_was_taught_above(number, name):
    early = list(find_early(number, name))
    assert not early, "\n".join(
        f'"{word}" is of {lesson}: {text}' for word, lesson, text in early
    )


def test_words_are_said_early_in_lessons_above_those_that_teach_them():
    glossed = {term.lower() for term in find_terms()}
    assert SAID.keys() <= glossed and set(SAID.values()) <= set(NAMES)
    for word, lesson in SAID.items():
        assert find_teaching()[word] == lesson, word  # none above has it
        assert re.search(rf"\b{word}", " ".join(find_prose(lesson)), re.IGNORECASE), (
            word
        )


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_does_not_lean_on_its_place(name):
    blocks = split_code_and_text_blocks(str(path_of(name)))[1]
    prose = " ".join(text for kind, text, _ in blocks if kind == "text")
    assert not re.findall(PLACES, " ".join(prose.split()), re.IGNORECASE)
