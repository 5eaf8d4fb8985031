"""The notebooks that the site offers, run as a reader would, and what the one that checks
a model makes of models of all kinds.
"""

import contextlib
import io
import re
import sys

import keras
import nbformat
import pytest
import running
from environments import run_alone
from launch import FIRST_CELL
from nbclient import NotebookClient
from project import PAGES, ROOT, downloads

NOTEBOOKS = downloads("ipynb")


def test_every_page_has_its_notebook():
    assert set(NOTEBOOKS) == {
        "check_your_model.ipynb",
        *(f"{page.stem}.ipynb" for page in PAGES),
    }


@pytest.mark.parametrize("half", [0, 1])  # one for each core
def test_every_notebook_runs_alone(half, tmp_path):
    files = list(NOTEBOOKS.values())[half::2]
    peaks, said = run_alone(sys.executable, 1, files, tmp_path)
    assert set(peaks) == {file.stem for file in files}
    assert "Traceback" not in said
    assert "retracing" not in said
    left = {file.name for file in tmp_path.iterdir()}
    assert {name for name in left if not name.startswith(".")} == set()


def test_a_notebook_runs_in_a_fresh_kernel(tmp_path):
    notebook = nbformat.read(NOTEBOOKS[f"{PAGES[0].stem}.ipynb"], as_version=4)
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(notebook, timeout=120, resources=resources).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert outputs
    assert "Traceback" not in str(outputs)


def test_what_colab_needs_stands_below_the_title():
    for name, file in NOTEBOOKS.items():
        text, first, *_ = nbformat.read(file, as_version=4).cells
        assert text.source.strip().startswith("# "), name
        assert first.source == FIRST_CELL, name


# -- check_your_model, here in this process, where Keras is imported already

OWN_PATH = 'path = f"{folder.name}/rings.keras"\n'


def check_model(statements=OWN_PATH, change=("", "")):
    """Run check_your_model with other statements that set its path, and with a change of
    its code; return what it prints."""
    notebook = nbformat.read(ROOT / "docs/check_your_model.ipynb", as_version=4)
    first, *cells = [c.source for c in notebook.cells if c.cell_type == "code"]
    assert first == FIRST_CELL  # which is not Python throughout
    code = "\n".join(cells)
    for part in (OWN_PATH, change[0]):
        assert part in code
    code = code.replace(OWN_PATH, statements).replace(*change)
    with running.conditions(), contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "check_your_model", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


ANOTHER_MODEL = """
import os
inputs = keras.Input((3, 4), name="inputs")
shared = keras.layers.Dense(4, name="shared")
y = shared(shared(inputs))
y = keras.layers.Dense(5, activation="gelu", name="smooth")(y)
y = keras.layers.LayerNormalization(name="norm")(y)
y = keras.layers.Dense(6, dtype="mixed_float16", name="half")(y)
y = keras.layers.Dense(7, activation="sigmoid", name="first")(y)
y = keras.layers.Flatten("channels_first", name="turned")(y)
y = keras.layers.Flatten(name="flat")(y)
y = keras.layers.Dense(2, use_bias=False, name="last")(y)
path = os.path.join(folder.name, "another.keras")
keras.Model(inputs, y).save(path)
"""


def test_check_your_model_names_what_it_cannot_check():
    text = check_model(ANOTHER_MODEL)
    for line in (
        "smooth: NumPy does not know activation gelu here",
        "norm: NumPy does not know a layer of class LayerNormalization here",
        "half: NumPy does not know dtype mixed_float16 here",
        "turned: NumPy does not know Flatten with channels first here",
    ):
        assert f"not checked: {line}\n" in text
    assert "4 of 8 layers checked" in text
    for name in ("shared", "first", "flat", "last"):
        assert re.search(rf"^{name} .* 0\.\d\d$", text, re.M)
    assert "5 Dense layers compared with the file, to the bit\n" in text
    reason = "NumPy does not know every layer here"
    assert f"not predicted from the file: {reason}\n" in text


FUNCTIONAL_MODEL = """
inputs = keras.Input((3, 4), name="inputs")
y = keras.layers.Dense(5, activation="relu", name="dense_1")(inputs)
y = keras.layers.Flatten(name="flat")(y)
y = keras.layers.Dense(6, activation="tanh", use_bias=False, name="dense")(y)
y = keras.layers.Dense(2, activation="sigmoid", name="last")(y)
path = f"{folder.name}/functional.keras"
keras.Model(inputs, y).save(path)
"""


def test_check_your_model_predicts_from_the_file():
    text = check_model(FUNCTIONAL_MODEL)
    assert "3 Dense layers compared with the file, to the bit\n" in text
    line = r"^predicted from the file: largest error \d\.\d+e-\d+, 0\.\d\d of limit$"
    assert re.search(line, text, re.M)


CALLED_TWICE = """
inputs = keras.Input((4,))
shared = keras.layers.Dense(4, name="shared")
path = f"{folder.name}/shared.keras"
keras.Model(inputs, shared(inputs=shared(inputs=inputs))).save(path)
"""


def test_check_your_model_sees_a_layer_that_is_used_twice():
    text = check_model(CALLED_TWICE)
    reason = "NumPy does not know layers that are not in a row here"
    assert f"not predicted from the file: {reason}\n" in text


def test_check_your_model_sees_what_keras_loads_wrong(monkeypatch):
    load = keras.layers.Dense.load_own_variables

    def load_reversed(self, store):
        load(self, {"0": store["0"], "1": store["1"][::-1]})

    monkeypatch.setattr(keras.layers.Dense, "load_own_variables", load_reversed)
    with pytest.raises(AssertionError, match="first in the file"):
        check_model()


def test_check_your_model_sees_what_exceeds_its_limit():
    limit = "roundings / 2 * eps * magnitude"
    with pytest.raises(AssertionError, match="layers beyond their limit"):
        check_model(change=(limit, limit.replace("2", "2e6")))


def test_check_your_model_says_what_a_weights_file_lacks():
    path = 'path = f"{folder.name}/rings.weights.h5"\nmodel.save_weights(path)\n'
    with pytest.raises(ValueError, match="no layers and no activations"):
        check_model(path)
