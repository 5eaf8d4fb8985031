"""Every notebook that the site offers, run as a reader would."""

import re
import sys

import nbformat
import pytest
from binder import run_alone
from conftest import PAGES, ROOT, SECTIONS, SITE
from launch import FIRST_CELL
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = sorted(SITE.glob("_downloads/*/*.ipynb"))
FIRST = {page.stem for page in SECTIONS.values()} | {"check_your_model"}


def test_every_notebook_runs_alone(tmp_path):
    run = run_alone(sys.executable, 1, NOTEBOOKS, tmp_path)
    assert set(run) == {notebook.stem for notebook in NOTEBOOKS}


@pytest.mark.parametrize(
    "notebook",
    [notebook for notebook in NOTEBOOKS if notebook.stem in FIRST],
    ids=lambda notebook: notebook.stem,
)
def test_notebook_runs_in_a_fresh_kernel(notebook, tmp_path):
    content = nbformat.read(notebook, as_version=4)
    assert any(cell.cell_type == "code" for cell in content.cells)
    NotebookClient(
        content, timeout=120, resources={"metadata": {"path": tmp_path}}
    ).execute()
    outputs = [output for cell in content.cells for output in cell.get("outputs", [])]
    assert outputs
    assert "Traceback" not in str(outputs)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_notebook_begins_with_what_colab_needs(notebook):
    assert nbformat.read(notebook, as_version=4).cells[0].source == FIRST_CELL


def test_every_page_has_its_notebook():
    names = {notebook.stem for notebook in NOTEBOOKS}
    assert names == {page.stem for page in PAGES} | {"check_your_model"}


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


def check_model(folder, statements):
    """Run check_your_model with other statements that set its path; return its text."""
    notebook = nbformat.read(ROOT / "docs/check_your_model.ipynb", as_version=4)
    own = 'path = f"{folder.name}/rings.keras"\n'
    (cell,) = [cell for cell in notebook.cells if own in cell.source]
    cell.source = cell.source.replace(own, statements)
    resources = {"metadata": {"path": folder}}
    NotebookClient(notebook, timeout=120, resources=resources).execute()
    return "".join(
        output.get("text", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )


def test_check_your_model_names_what_it_cannot_check(tmp_path):
    text = check_model(tmp_path, ANOTHER_MODEL)
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


def test_check_your_model_predicts_from_the_file(tmp_path):
    text = check_model(tmp_path, FUNCTIONAL_MODEL)
    assert "3 Dense layers compared with the file, to the bit\n" in text
    line = r"^predicted from the file: largest error \d\.\d+e-\d+, 0\.\d\d of limit$"
    assert re.search(line, text, re.M)


CALLED_TWICE = """
inputs = keras.Input((4,))
shared = keras.layers.Dense(4, name="shared")
path = f"{folder.name}/shared.keras"
keras.Model(inputs, shared(inputs=shared(inputs=inputs))).save(path)
"""


def test_check_your_model_sees_a_layer_that_is_used_twice(tmp_path):
    text = check_model(tmp_path, CALLED_TWICE)
    reason = "NumPy does not know layers that are not in a row here"
    assert f"not predicted from the file: {reason}\n" in text


WRONG_LOAD = """
inner_load = keras.layers.Dense.load_own_variables


def load_reversed(self, store):
    inner_load(self, {"0": store["0"], "1": store["1"][::-1]})


keras.layers.Dense.load_own_variables = load_reversed
path = f"{folder.name}/rings.keras"
"""


def test_check_your_model_sees_what_keras_loads_wrong(tmp_path):
    with pytest.raises(CellExecutionError, match="first in the file"):
        check_model(tmp_path, WRONG_LOAD)


def test_check_your_model_says_what_a_weights_file_lacks(tmp_path):
    path = 'path = f"{folder.name}/rings.weights.h5"\nmodel.save_weights(path)\n'
    with pytest.raises(CellExecutionError, match="no layers and no activations"):
        check_model(tmp_path, path)
