"""The reader of a page, where there is no Keras: NumPy and h5py predict alone."""

import ast
from importlib import metadata

import keras
import numpy as np
import pytest
import running
from environments import bare_environment
from project import run

from gallery.paths import EXAMPLES

PAGE = running.Page(EXAMPLES / "files/plot_predict_without_keras.py")
NEEDED = ("h5py", "numpy")
USE = """
import sys

_, file, given, wanted = sys.argv
np.save(wanted, predict(np.load(given), read(file)))
"""


def reader():
    """The lines that a reader copies: those under "Compute it", the functions above the
    first heading, and what they import of all that the page does."""
    copied = [
        statement
        for statement, heading in zip(PAGE.tree.body, PAGE.headings)
        if (heading == "Compute it" and not isinstance(statement, ast.Expr))
        or (heading == "" and isinstance(statement, ast.FunctionDef))
    ]
    code = ast.unparse(ast.Module(copied, []))
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    imports = [
        ast.unparse(statement)
        for statement in PAGE.tree.body
        if isinstance(statement, ast.Import)
        for name in statement.names
        if (name.asname or name.name) in used
    ]
    return "\n".join([*imports, code])


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The Python of an environment with nothing but NumPy and h5py."""
    return bare_environment(tmp_path_factory.mktemp("bare"), *NEEDED)


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("reader") / "reader.py"
    path.write_text(reader() + USE)
    return path


LISTED = (
    "from importlib import metadata as m; print(*[d.name for d in m.distributions()])"
)


def test_the_environment_is_bare(bare):
    assert set(run(bare, "-c", LISTED).split()) == set(NEEDED)
    missing = "import importlib.util as u; print(u.find_spec('keras'))"
    assert run(bare, "-c", missing).strip() == "None"
    with pytest.raises(AssertionError, match="No module named 'keras'"):
        run(bare, "-c", "import keras")
    version = "import numpy; print(numpy.__version__)"
    assert run(bare, "-c", version).strip() == metadata.version("numpy")


def test_the_reader_imports_no_more():
    lines = reader().splitlines()
    imported = {line.split()[1] for line in lines if line.startswith("import ")}
    assert imported == {"h5py", "json", "numpy", "re", "zipfile"}


def model_of(*layers):
    return keras.Sequential([keras.Input(shape=(2,)), *layers])


def saved(activations, file):
    """A model with misleading names, its weights, and the file that it is saved to."""
    first, second, third, last = activations
    model = model_of(
        keras.layers.Dense(16, activation=first, name="dense_1"),
        keras.layers.Dense(8, use_bias=False, activation=second, name="dense"),
        keras.layers.Dense(12, activation=third, name="dense_2"),
        keras.layers.Dense(3, activation=last, name="first"),
    )
    keras.utils.set_random_seed(313)
    for weight in model.weights:
        weight.assign(np.random.randint(-2, 3, size=weight.shape) / 4)
    model.save(file)
    return model


def predicted(bare, script, file, x, folder):
    """What the reader makes of a file, where there is no Keras."""
    given, wanted = folder / "x.npy", folder / "y.npy"
    np.save(given, x)
    assert run(bare, "-I", script, file, given, wanted, cwd=folder) == ""
    return np.load(wanted)


def test_it_predicts_the_same_to_the_bit(bare, script, tmp_path):
    activations = ["relu", "linear", "relu", "linear"]
    model = saved(activations, tmp_path / "m.keras")
    x = np.random.randint(-3, 4, size=(100, 2)).astype("float32")
    found = predicted(bare, script, tmp_path / "m.keras", x, tmp_path)
    assert found.shape == (100, 3)
    np.testing.assert_array_equal(found, model.predict(x, verbose=0))


def test_it_predicts_with_the_other_activations(bare, script, tmp_path):
    activations = ["tanh", "sigmoid", "relu", "softmax"]
    model = saved(activations, tmp_path / "m.keras")
    x = np.random.normal(size=(100, 2)).astype("float32")
    found = predicted(bare, script, tmp_path / "m.keras", x, tmp_path)
    y = model.predict(x, verbose=0)
    assert np.ptp(y, axis=0).min() > 0.01
    assert np.max(np.abs(found - y)) < 1e-4  # rough: the page has the limits


def functional():
    model = model_of(keras.layers.Dense(2))
    return keras.Model(model.inputs[0], model.outputs[0])


def quantized():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="q")])
    model.quantize("int8", filters="q")
    return model


REFUSED = {
    "layers: Functional": functional,
    "q has linear and .*int8": quantized,
    "InputLayer Lambda": lambda: model_of(keras.layers.Lambda(lambda x: 2 * x)),
    "InputLayer Normalization": lambda: model_of(keras.layers.Normalization()),
    "has gelu": lambda: model_of(keras.layers.Dense(2, activation="gelu")),
    "has {.*LeakyReLU": lambda: model_of(
        keras.layers.Dense(2, activation=keras.layers.LeakyReLU())
    ),
    "mixed_bfloat16": lambda: model_of(keras.layers.Dense(2, dtype="mixed_bfloat16")),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_it_refuses_what_it_does_not_know(reason, tmp_path):
    """In this process, where Keras can make the files."""
    variables = {}
    exec(compile(reader(), "reader", "exec"), variables)
    file = tmp_path / "model.keras"
    REFUSED[reason]().save(file)
    with pytest.raises(ValueError, match=reason.replace("{", r"\{")):
        variables["read"](file)
