"""keras_by_hand.py and the reference: the functions of the pages, collected."""

import ast
import gzip
import re

import collected
import pytest
from environments import bare_environment
from keras_facts import read_facts
from paths import EXAMPLES
from project import PAGES, SITE, downloads, run
from scripts import find_headings

FILE = downloads("py")[collected.FILE.name]
NAMES = {"Activations": ["relu", "leaky_relu"], "Layers": ["ReLU", "Conv2D", "LSTM"]}


def test_it_needs_nothing_but_numpy(tmp_path):
    python = bare_environment(tmp_path / "bare", "numpy")
    copy = tmp_path / "keras_by_hand.py"
    copy.write_bytes(FILE.read_bytes())
    code = "import keras_by_hand as k; print(k.softmax(k.np.zeros(2)))"
    assert run(python, "-c", code, cwd=tmp_path) == "[0.5 0.5]\n"


def test_it_says_where_it_is_from():
    header = ast.get_docstring(ast.parse(FILE.read_text()))
    assert "BSD 3-Clause License" in header
    assert re.search(r"Made\s+from\s+commit\s+\w+", header)
    assert re.search(r"Keras\s+\d+\.\d+", header)
    for page in re.findall(r"^# http\S+/auto_examples/(\S+)$", FILE.read_text(), re.M):
        assert (SITE / "auto_examples" / page).is_file()


def test_each_function_stands_there_as_on_its_page():
    text = FILE.read_text()
    found = collected.collect()
    assert len(found) > 50
    for definition in found.values():
        assert definition.source in text
        assert definition.source in (EXAMPLES / f"{definition.page}.py").read_text()


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
    things = collected.things_by_function(NAMES)
    assert things.get(collected.plain(function)) == thing


PAGE = '''"""
relu
====
"""
import math
import numpy as np

# %%
# Compute it
# ----------
ZERO = 0


def relu(x):
    return np.maximum(x, {uses})


# %%
# Check it
# --------
OTHER = 1
'''


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """Return a function that makes pages of relu, each of what it uses and copies."""

    def make(**uses):
        pages = []
        for name, used in uses.items():
            pages.append(tmp_path / "trial" / f"plot_{name}.py")
            pages[-1].parent.mkdir(exist_ok=True)
            pages[-1].write_text(PAGE.format(uses=used))
        monkeypatch.setattr(collected, "find_pages", lambda: pages)
        monkeypatch.setattr(collected, "read_facts", lambda: NAMES)
        return collected.with_needed(collected.collect().values())

    return make


def test_what_a_function_needs_comes_along(trial):
    assert [d.name for d in trial(one="ZERO")] == ["np", "ZERO", "relu"]
    assert [d.name for d in trial(two="math.pi")] == ["math", "np", "relu"]


def test_one_function_may_have_several_names(trial):
    definitions = trial(one="ZERO)\n\n\nconv2d = leaky_relu = (relu")
    assert {"relu", "conv2d", "leaky_relu"} <= {d.name for d in definitions}
    assert collected.sources(definitions).count("conv2d = leaky_relu = (relu)") == 1


def test_a_function_that_needs_something_else_is_no_function_to_copy(trial):
    with pytest.raises(ValueError, match="plot_one: relu needs OTHER, which the page"):
        trial(one="OTHER")


def test_two_pages_cannot_compute_the_same(trial):
    with pytest.raises(
        ValueError, match="plot_two and trial/plot_one both compute relu"
    ):
        trial(one="ZERO", two="ZERO")


# -- The reference


def test_the_reference_has_all_that_keras_has():
    text = (SITE / "reference.html").read_text()
    for things in read_facts().values():
        for name in things:
            assert re.search(rf"\b{name}\b", text), name


def test_the_reference_is_light():
    assert len(gzip.compress((SITE / "reference.html").read_bytes())) <= 120_000


def test_headings_are_those_above():
    page = next(page for page in PAGES if page.stem == "plot_relu")
    tree = ast.parse(page.read_text())
    headings = find_headings(page, tree)
    assert headings[0] == "" and headings[-1] == "See it"
    assert len(headings) == len(tree.body)
