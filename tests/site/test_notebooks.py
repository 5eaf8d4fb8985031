"""The notebooks that the site offers, run as a reader would, and what the one that checks
a model makes of models of all kinds.
"""

import ast
import contextlib
import functools
import io
import re
import shutil
import sys
import urllib.request
from pathlib import Path
from unittest import mock

import keras
import nbformat
import numpy as np
import pytest
import running
from environments import run_notebooks
from nbclient import NotebookClient
from project import PAGES, ROOT, SECTIONS, downloads, load_by_hand

from gallery.launching import FIRST_CELL
from gallery.one_file import FILE
from gallery.repository import REPOSITORY

NOTEBOOKS = downloads("ipynb")


def test_every_page_has_its_notebook():
    assert set(NOTEBOOKS) == {
        "check_your_model.ipynb",
        *(f"{page.stem}.ipynb" for page in PAGES),
    }


def read_code(name):
    """Return the code of a notebook as that of a script, without its first cell, which
    is for Colab; the titles of folded cells are comments in both."""
    _, first, *cells = nbformat.read(NOTEBOOKS[name], as_version=4).cells
    assert first.source == FIRST_CELL
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_notebook_runs_what_its_script_does(page):
    notebook, script = (
        ast.parse(read_code(f"{page.stem}.ipynb")),
        ast.parse(page.read_text()),
    )
    assert ast.dump(notebook) == ast.dump(ast.Module(script.body[1:], []))


def test_notebooks_run_alone(tmp_path):
    """One of each family; make test-notebooks runs all."""
    files = [NOTEBOOKS[f"{page.stem}.ipynb"] for page in SECTIONS.values()]
    run_notebooks([*files, NOTEBOOKS["check_your_model.ipynb"]], tmp_path)


def test_a_notebook_runs_in_a_fresh_kernel(tmp_path):
    notebook = nbformat.read(NOTEBOOKS[f"{PAGES[0].stem}.ipynb"], as_version=4)
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(notebook, timeout=120, resources=resources).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert outputs
    assert "Traceback" not in str(outputs)


def test_what_colab_needs_stands_below_the_title():
    for name, file in NOTEBOOKS.items():
        text, *_ = nbformat.read(file, as_version=4).cells
        assert text.source.strip().startswith("# "), name
        assert read_code(name)


# -- check_your_model, here in this process, where Keras is imported already

OWN_PATH = 'path = f"{folder.name}/words.keras"\n'


def check_model(statements=OWN_PATH, change=("", ""), by_hand=None):
    """Run check_your_model with other statements that set its path, with a change of its
    code, or with another keras_by_hand; return what it prints, and its variables."""
    notebook = nbformat.read(ROOT / "docs/check_your_model.ipynb", as_version=4)
    first, *cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert first.source == FIRST_CELL  # which is not Python throughout
    if "model.save" in statements:  # the notebook's own need not be trained
        cells = [cell for cell in cells if cell.id != "model"]
    code = "\n".join(cell.source for cell in cells)
    for part in (OWN_PATH, change[0]):
        assert part in code
    code = code.replace(OWN_PATH, statements).replace(*change)
    variables = {"__name__": "__main__"}
    with (
        mock.patch.dict(sys.modules, keras_by_hand=by_hand or load_by_hand()),
        running.conditions(),
        contextlib.redirect_stdout(io.StringIO()) as printed,
    ):
        exec(compile(code, "check_your_model", "exec"), variables)
    return printed.getvalue(), variables


def saved(statements):
    """Statements that make a model, and those that save it and set the path."""
    return f"""{statements}
path = f"{{folder.name}}/another.keras"
model.save(path)
"""


def test_check_your_model_compares_each_call_and_the_whole():
    text, _ = check_model()
    error = r"\d\.\de[-+]\d\d"
    for row in ("embedding +Embedding", "last +LSTM", "answer +Dense"):
        assert re.search(rf"^{row} +\(5, .*\) +{error} +{error}$", text, re.M)
    for dtype in ("float32", "float64"):
        assert re.search(rf"^end to end in {dtype}: error {error}$", text, re.M)
    assert "from the second file: NumPy differs by 0.0e+00" in text
    assert text.endswith("NumPy and Keras agree in all 7 calls of layers.\n")


DENSE = saved("""
inputs = keras.Input((3,))
outputs = keras.layers.Dense(2, name="double")(inputs)
model = keras.Model(inputs, outputs)
model.layers[-1].bias.assign([1, 2])
""")


def test_check_your_model_has_float64_only_on_tensorflow():
    text, _ = check_model(DENSE, ("keras.config.backend()", "'jax'"))
    assert "float32" in text and "float64" not in text


MANY_KINDS = saved("""
words = keras.Input((None,), dtype="int32")
y = keras.layers.Embedding(13, 4, mask_zero=True)(words)
y = keras.layers.Bidirectional(keras.layers.GRU(3, return_sequences=True))(y)
encoder = keras.Model(words, keras.layers.GlobalAveragePooling1D()(y), name="encoder")
inputs = {
    "question": keras.Input((None,), name="question"),
    "answer": keras.Input((6,), dtype="int32", name="answer"),
    "image": keras.Input((None, None, 3), name="image"),
    "steps": keras.Input((9, 2), name="steps"),
}
shared = keras.layers.Dense(6, activation="tanh", name="shared")
question, answer = (shared(encoder(inputs[name])) for name in ("question", "answer"))
image = keras.layers.Rescaling(1 / 255)(inputs["image"])
image = keras.layers.Conv2D(2, 3, strides=2, activation="relu")(image)
image = keras.layers.GlobalMaxPooling2D()(image)
steps = keras.layers.LSTM(2)(keras.layers.Masking(-1.0)(inputs["steps"]))
both = keras.layers.Concatenate()([question * 2 - answer, image, steps])
tail = [keras.layers.Dense(2), keras.layers.Dropout(0.5), keras.layers.Softmax()]
model = keras.Model(inputs, {"p": keras.Sequential(tail)(both), "q": answer})
""")


def test_check_your_model_takes_models_of_many_kinds():
    text, variables = check_model(MANY_KINDS)
    assert re.search("NumPy and Keras agree in all \\d+ calls", text)
    assert len(re.findall(r"^shared +Dense", text, re.M)) == 2
    assert len(re.findall(r"^encoder +Functional", text, re.M)) == 2
    assert re.search(r"^softmax +Softmax", text, re.M)
    x = variables["x"]
    for name in ("question", "answer"):
        assert x[name].max() < 13 and np.all(x[name] == np.int32(x[name]))
        assert np.all(x[name][:, 0] > 0) and np.any(x[name][:, -1] == 0)
    assert x["image"].min() >= 0 and 250 < x["image"].max() < 255
    assert np.any(x["steps"][:, -1] == -1) and np.all(x["steps"][:, 0] != -1)


def test_check_your_model_takes_data_of_ones_own():
    _, variables = check_model(DENSE, ("x = None", "x = np.ones((2, 3))"))
    np.testing.assert_array_equal(variables["x"], np.ones((2, 3)))


def test_check_your_model_says_where_tensorflow_rounds():
    text, _ = check_model(DENSE.replace('name="double"', '"gelu", name="smooth"'))
    line = "1 of them agree as far as float32 holds: first smooth (Dense).\n"
    assert text.endswith(line)


def test_check_your_model_shows_its_progress_in_a_deep_model():
    tail = "keras.layers.Identity()"
    deep = (
        f"model = keras.Sequential([keras.Input((2,)), *[{tail} for _ in range(52)]])"
    )
    text, _ = check_model(saved(deep))
    assert "52/52" in text
    assert "in all 52 calls" in text


OWN_LAYER = saved("""
class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x


model = keras.Sequential([keras.Input((3,)), Twice(name="own")])
""")
LAMBDA = OWN_LAYER.replace("Twice(n", "keras.layers.Lambda(lambda x: 2 * x, n")
WEIGHTS = DENSE.replace(".keras", ".weights.h5").replace(".save(", ".save_weights(")


@pytest.mark.parametrize(
    "statements, reason",
    [
        (OWN_LAYER, r"layer own \(Twice\): a class of your own"),
        (LAMBDA, r"layer own \(Lambda\): it holds code"),
        (WEIGHTS, r"is an HDF5 file"),
    ],
)
def test_check_your_model_names_what_it_cannot_check(statements, reason):
    text, _ = check_model(statements)
    assert re.search(rf"^Not checked: .*{reason}.*\n\Z", text, re.M)


def test_check_your_model_sees_what_keras_loads_wrong(monkeypatch):
    load = keras.layers.Dense.load_own_variables

    def load_reversed(self, store):
        load(self, {"0": store["0"], "1": store["1"][::-1]})

    monkeypatch.setattr(keras.layers.Dense, "load_own_variables", load_reversed)
    with pytest.raises(AssertionError, match=r"first in double \(Dense\)"):
        check_model(DENSE)


def test_check_your_model_sees_what_keras_saves_wrong(monkeypatch):
    save = keras.layers.Dense.save_own_variables

    def save_doubled(self, store):
        held = {}
        save(self, held)
        store["0"], store["1"] = 2 * held["0"], held["1"]

    monkeypatch.setattr(keras.layers.Dense, "save_own_variables", save_doubled)
    with pytest.raises(AssertionError, match="first in the second file"):
        check_model(DENSE)


LSTM = saved("""
inputs = keras.Input((4, 3))
y = keras.layers.Activation("tanh", name="flat")(inputs)
y = keras.layers.LSTM(2, name="last")(y)
y = keras.layers.Reshape((2, 1), name="turned")(y)
model = keras.Model(inputs, keras.layers.Dense(2, name="hidden")(y))
""")


@pytest.mark.parametrize("factor", [2, 1 + 2e-6])  # the latter shows only in float64
def test_check_your_model_names_the_first_layer_that_differs(factor):
    by_hand = load_by_hand()
    for name in ("LSTM", "Dense"):
        function, kind = by_hand.LAYERS[name]

        @functools.wraps(function)
        def wrong(*args, right=function, **options):
            return factor * right(*args, **options)

        by_hand.LAYERS[name] = wrong, kind
    with pytest.raises(AssertionError, match=r"first in last \(LSTM\)") as error:
        check_model(LSTM, by_hand=by_hand)
    assert "hidden (Dense)" in str(error.value)
    assert "turned" not in str(error.value)  # an error stays where it was made


def test_check_your_model_downloads_what_is_not_beside_it(monkeypatch, tmp_path):
    asked = []

    def urlretrieve(address, name):
        asked.append(address)
        shutil.copy(FILE, name)

    notebook = nbformat.read(ROOT / "docs/check_your_model.ipynb", as_version=4)
    (code,) = [cell.source for cell in notebook.cells if cell.id == "imports"]
    monkeypatch.setattr(urllib.request, "urlretrieve", urlretrieve)
    monkeypatch.chdir(tmp_path)
    elsewhere = [p for p in sys.path if not (Path(p) / "keras_by_hand").exists()]
    monkeypatch.setattr(sys, "path", ["", *elsewhere])
    installed = [f for f in sys.meta_path if "editable" not in str(f)]
    monkeypatch.setattr(sys, "meta_path", installed)
    for name in [n for n in sys.modules if n.split(".")[0] == "keras_by_hand"]:
        monkeypatch.delitem(sys.modules, name)
    for _ in range(2):
        with mock.patch.dict(sys.modules):
            variables = {}
            exec(code, variables)
            assert variables["by_hand"].load_model
    owner, name = REPOSITORY.split("/")  # a fork's readers need no other file
    assert asked == [f"https://{owner}.github.io/{name}/{FILE.name}"]
