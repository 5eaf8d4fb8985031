"""The reference: each function by the name that Keras has for what it computes."""

import ast
import gzip
import re

import pytest
from project import PAGES, SITE

from gallery import functions
from gallery.keras_facts import read_facts
from gallery.scripts import find_headings

NAMES = {"Activations": ["relu", "leaky_relu"], "Layers": ["ReLU", "Conv2D", "LSTM"]}


@pytest.mark.parametrize(
    "function, thing",
    [
        ("relu", ("Activations", "relu")),
        ("leaky_relu", ("Activations", "leaky_relu")),
        ("relu_layer", ("Layers", "ReLU")),
        ("conv2d", ("Layers", "Conv2D")),
        ("lstm", ("Layers", "LSTM")),
        ("lstm_step", None),
        ("conv", None),
    ],
)
def test_a_name_tells_what_a_function_computes(function, thing):
    things = functions.things_by_function(NAMES)
    assert things.get(functions.plain(function)) == thing


def test_each_function_for_something_of_keras_has_a_page_about_it():
    pages = {page.stem for page in PAGES}
    found = functions.find_things()
    assert len(found) > 170
    for name in found.values():
        assert functions.page_of(name).partition("/")[2] in pages, name
    pages = {
        "lstm": "recurrent/plot_lstm",
        "conv_lstm2d": "recurrent/plot_conv_lstm",  # another name of conv_lstm
        "sparse_categorical_crossentropy": (  # which needs log_softmax
            "training/plot_sparse_categorical_crossentropy"
        ),
    }
    assert {name: functions.page_of(name) for name in pages} == pages


@pytest.mark.parametrize("name", ["gelu", "text_vectorization", "conv_lstm2d", "lstm"])
def test_what_is_copied_from_the_reference_runs_alone(name):
    variables = {}
    assert functions.source_of(name).count("import numpy as np") == 1
    code = f"{functions.read_shared()}\n\n\n{functions.source_of(name)}"
    exec(code, variables)
    assert callable(variables[name])
    pytest.raises(TypeError, variables[name])  # which lacks its arguments


def test_the_reference_has_all_that_keras_has():
    words = set(re.findall(r"\w+", (SITE / "reference.html").read_text()))
    for title, things in read_facts().items():
        assert things.keys() <= words, title


def test_the_reference_has_all_functions_for_something_of_keras():
    text = re.sub("<.*?>", "", (SITE / "reference.html").read_text())
    found = functions.find_things()
    assert set(found.values()) <= set(re.findall(r"\w+", text))
    titles = [title for title, _ in found]
    for title, things in read_facts().items():
        count = f"{titles.count(title)} of {len(things)} have a NumPy function here."
        assert re.search(rf"\b{title}\S*\s+{count}", text), title


def test_the_reference_is_light():
    assert len(gzip.compress((SITE / "reference.html").read_bytes())) <= 120_000


def test_headings_are_those_above():
    page = next(page for page in PAGES if page.stem == "plot_relu")
    tree = ast.parse(page.read_text())
    headings = find_headings(page, tree)
    assert headings[0] == "" and headings[-1] == "In full"
    assert len(headings) == len(tree.body)
