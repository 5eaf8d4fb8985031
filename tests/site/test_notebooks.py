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
import tempfile
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
from tiers import SHARES

from gallery.exercise_cells import CHECK, has_tag
from gallery.launching import FIRST_CELL
from gallery.one_file import FILE
from gallery.repository import REPOSITORY

NOTEBOOKS = downloads("ipynb")


def test_every_page_has_its_notebook():
    assert set(NOTEBOOKS) == {
        "check_your_model.ipynb",
        "my_port.ipynb",
        *(f"{page.stem}.ipynb" for page in PAGES),
    }


def read_code(name):
    """Return the code of a notebook as that of a script, without its first cell, which
    is for Colab, and those of its exercises; the titles of folded cells are comments in
    both."""
    _, first, *cells = nbformat.read(NOTEBOOKS[name], as_version=4).cells
    assert first.source == FIRST_CELL
    codes = [cell for cell in cells if cell.cell_type == "code"]
    return "\n".join(cell.source for cell in codes if "tags" not in cell.metadata)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_notebook_runs_what_its_script_does(page):
    notebook, script = (
        ast.parse(read_code(f"{page.stem}.ipynb")),
        ast.parse(page.read_text()),
    )
    assert ast.dump(notebook) == ast.dump(ast.Module(script.body[1:], []))


RUN_ALONE = [
    *(f"{page.stem}.ipynb" for page in SECTIONS.values()),  # one of each family
    *("check_your_model.ipynb", "my_port.ipynb"),
]


@pytest.mark.drawn
@pytest.mark.parametrize("group", range(SHARES))
def test_notebooks_run_alone(group, tmp_path):
    """In groups, as each imports Keras once; make test-notebooks runs all."""
    run_notebooks([NOTEBOOKS[name] for name in RUN_ALONE[group::SHARES]], tmp_path)


def test_a_notebook_runs_in_a_fresh_kernel(tmp_path):
    """Past the checks of its exercises, which are red as nobody has answered."""
    notebook = nbformat.read(NOTEBOOKS[f"{PAGES[0].stem}.ipynb"], as_version=4)
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(notebook, timeout=120, resources=resources).execute()
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in codes)
    red = [cell for cell in codes if "Traceback" in str(cell.outputs)]
    assert red == [cell for cell in codes if has_tag(cell, CHECK)] != []
    assert any(cell.outputs for cell in codes if cell not in red)


def test_what_colab_needs_stands_below_the_title():
    for name, file in NOTEBOOKS.items():
        text, *_ = nbformat.read(file, as_version=4).cells
        assert text.source.strip().startswith("# "), name
        assert read_code(name)


# -- check_your_model, here in this process, where Keras is imported already

NO_PATH = "path = None  #"


def check_model(statements="", change=("", ""), by_hand=None):
    """Run check_your_model with statements that make a model and set its path, as a
    reader's file would be there before, with a change of its code, or with another
    keras_by_hand; return what it prints, and its variables."""
    notebook = nbformat.read(ROOT / "docs/check_your_model.ipynb", as_version=4)
    first, *cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert first.source == FIRST_CELL  # which is not Python throughout
    code = "\n".join(cell.source for cell in cells)
    for part in (NO_PATH, change[0]):
        assert part in code
    code = code.replace(*change)
    with (
        tempfile.TemporaryDirectory() as own,
        mock.patch.dict(sys.modules, keras_by_hand=by_hand or load_by_hand()),
        running.conditions(),
        contextlib.redirect_stdout(io.StringIO()) as printed,
    ):
        if statements:
            keras.utils.set_random_seed(313)
            made = {
                "__name__": "made",
                "keras": keras,
                "np": np,
                "path": f"{own}/another.keras",
            }
            exec(statements, made)
            code = code.replace(NO_PATH, f"path = {made['path']!r}  #")
        variables = {"__name__": "__main__"}
        exec(compile(code, "check_your_model", "exec"), variables)
    return printed.getvalue(), variables


def saved(statements):
    """Statements that make a model, and those that save it."""
    return f"""{statements}
model.save(path)
"""


ERROR = r"\d\.\de[-+]\d\d"


def errors_of(text, layer, kind):
    """Return the errors of a layer in each table that was printed, [(arrived, own)]."""
    row = rf"^ +{layer} +{kind} +\(.*?\) +({ERROR}) +\(.*\) +\S+ +({ERROR})$"
    return [tuple(map(float, pair)) for pair in re.findall(row, text, re.M)]


def test_check_your_model_compares_each_call_and_the_whole():
    text, variables = check_model()
    for layer, kind in (
        ("embedding", "Embedding"),
        ("last", "LSTM"),
        ("answer", "Dense"),
    ):
        single, double = errors_of(text, layer, kind)
        assert max(single) < 1e-5 and max(double) < 1e-13
    assert max(errors_of(text, "last", "LSTM")[0]) > 1e-9
    for dtype in ("float32", "float64"):
        assert re.search(rf"^from end to end in {dtype}, .* {ERROR}$", text, re.M)
    for who in ("NumPy, both files", "Keras, second file"):
        assert f"{who} ...\nno layer differs\n" in text
    assert all(row.own == 0 for row in variables["again"]["NumPy"].rows if row.tensor)
    assert text.endswith("NumPy and Keras agree in all 7 calls of layers.\n")


def test_check_your_model_checks_weights_that_all_differ():
    """A bias of zeros would not be seen to be misplaced."""
    _, variables = check_model()
    for array in variables["model"].get_weights():
        assert len(set(array.ravel())) == array.size


DENSE = saved("""
inputs = keras.Input((3,))
outputs = keras.layers.Dense(2, name="double")(inputs)
model = keras.Model(inputs, outputs)
model.layers[-1].bias.assign([1, 2])
""")


def test_check_your_model_has_float64_only_on_tensorflow():
    text, variables = check_model(DENSE, ("keras.config.backend()", "'jax'"))
    assert "float32" in text and "float64" not in text
    assert list(variables["found"]) == ["float32"]


def test_check_your_model_makes_no_model_where_there_is_one(monkeypatch):
    _, variables = check_model(DENSE)
    assert "model" not in variables
    monkeypatch.setattr(keras.Model, "fit", None)
    monkeypatch.setattr(keras.Sequential, "fit", None)
    check_model()  # nor is the small one trained


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
    for layer, kind in (
        ("shared", "Dense"),  # which is used twice
        ("shared#2", "Dense"),
        (r"bidirectional\w*", "Bidirectional"),  # of the model that is used twice
        (r"bidirectional\w*#2", "Bidirectional"),
        (r"softmax\w*", "Softmax"),  # of the one at the end
    ):
        assert len(errors_of(text, layer, kind)) == 2  # in float32 and float64
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
    leaky = DENSE.replace('name="double"', '"leaky_relu", name="leaky"')
    text, _ = check_model(leaky.replace("[1, 2]", "[-9, -9]"))
    line = "1 of them agree as far as float32 holds: first leaky (Dense).\n"
    assert text.endswith(line)


def test_check_your_model_tells_of_each_comparison_before_it_begins(monkeypatch):
    """A bar of its own has gone: a comparison of a deep model takes seconds."""
    by_hand, said = load_by_hand(), []
    compare = by_hand.compare

    @functools.wraps(compare)
    def told(*args, **options):
        said.append(sys.stdout.getvalue().splitlines()[-1])
        return compare(*args, **options)

    monkeypatch.setattr(by_hand, "compare", told)
    tail = "keras.layers.Identity()"
    deep = (
        f"model = keras.Sequential([keras.Input((2,)), *[{tail} for _ in range(52)]])"
    )
    text, _ = check_model(saved(deep), by_hand=by_hand)
    assert said == [
        "Keras in float32 ...",
        "Keras in float64 ...",
        "NumPy, both files ...",
        "Keras, second file ...",
    ]
    assert "compared 52 of 52 layers" in text
    assert "in all 52 calls" in text


def test_check_your_model_takes_16_bits():
    text, _ = check_model(DENSE.replace('"double"', '"half", dtype="mixed_float16"'))
    single, double = errors_of(text, "half", "Dense")
    assert 1e-5 < max(single) < 1e-2 and max(double) < 1e-13
    assert "NumPy and Keras agree in all 1 calls" in text


def test_check_your_model_needs_no_loss_of_ones_own():
    """A model is loaded as for predict: what it was trained with may be unknown here."""
    own_loss = 'model.compile(loss=type("Own", (keras.losses.Loss,), {})())'
    text, _ = check_model(DENSE.replace("\nmodel.save", f"\n{own_loss}\nmodel.save"))
    assert "NumPy and Keras agree in all 1 calls" in text


OWN_LAYER = saved("""
class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x


model = keras.Sequential([keras.Input((3,)), Twice(name="own")])
""")
LAMBDA = OWN_LAYER.replace("Twice(n", "keras.layers.Lambda(lambda x: 2 * x, n")
WEIGHTS = DENSE.replace(
    "model.save(path)",
    'path = path.replace(".keras", ".weights.h5")\nmodel.save_weights(path)',
)


@pytest.mark.parametrize(
    "statements, reason",
    [
        (OWN_LAYER, r"layer own \(Twice\): a class of your own"),
        (LAMBDA, r"layer own \(Lambda\): it holds code"),
        (WEIGHTS, r"has weights alone"),
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
    with pytest.raises(
        AssertionError, match=r"first in double \(Dense\) of the second"
    ):
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


@pytest.mark.parametrize("shape", [(4, 4), (4, 3)])
def test_check_your_model_sees_axes_in_another_order(shape):
    by_hand = load_by_hand()
    function, kind = by_hand.LAYERS["Permute"]

    @functools.wraps(function)
    def wrong(x, **options):
        return x

    by_hand.LAYERS["Permute"] = wrong, kind
    turned = saved(f"""
turn = keras.layers.Permute((2, 1), name="turn")
model = keras.Sequential([keras.Input({shape}), turn])
""")
    with pytest.raises(AssertionError, match=r"first in turn \(Permute\)"):
        check_model(turned, by_hand=by_hand)


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
