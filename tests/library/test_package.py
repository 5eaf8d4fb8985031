"""The library as a package and as one file: what it needs, and what it hands on."""

import ast
import inspect
import re
import shutil

import numpy as np
import one_file
import pytest
from environments import bare_environment
from functions import find_things
from package import (
    PACKAGE,
    find_functions,
    find_modules,
    order_modules,
    read_statements,
)
from project import ROOT, SITE, load_by_hand, run

import keras_by_hand
from keras_by_hand.models.registry import ACTIVATIONS, LAYERS

FUNCTIONS = [
    (file, statement)
    for file in find_modules()
    if not file.is_relative_to(PACKAGE / "models") and file.stem != "__main__"
    for statement in read_statements(file)
    if not statement.is_import
]


@pytest.mark.parametrize("whole", [True, False], ids=["package", "one file"])
def test_it_needs_nothing_but_numpy(whole, tmp_path):
    """Without a build, and h5py only where a model is read."""
    python = bare_environment(tmp_path / "bare", "numpy")
    if whole:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=ignored)
    else:
        shutil.copy(one_file.FILE, tmp_path)
    code = "import keras_by_hand as k; import numpy; print(k.softmax(numpy.zeros(2)))"
    assert run(python, "-c", code, cwd=tmp_path) == "[0.5 0.5]\n"


def test_every_public_name_is_handed_on():
    for file, statement in FUNCTIONS:
        for name in statement.binds:
            if not name.startswith("_"):
                assert hasattr(keras_by_hand, name), (
                    f"{file.name} has {name}, and keras_by_hand/__init__.py does not "
                    "import it"
                )
    assert len(find_functions()) > 290


@pytest.mark.parametrize(
    "name",
    [n for n, s in find_functions().items() if isinstance(s.node, ast.FunctionDef)],
)
def test_each_function_tells_what_it_takes(name):
    assert len(inspect.getdoc(getattr(keras_by_hand, name))) > 10


def test_the_registry_has_every_layer_and_activation():
    for (title, thing), name in find_things().items():
        table = {"Layers": LAYERS, "Activations": ACTIVATIONS}.get(title, {})
        if title in ("Layers", "Activations"):
            assert table[thing] is getattr(keras_by_hand, name), thing


def test_modules_need_each_other_in_one_order():
    order = [str(file.relative_to(PACKAGE)) for file in order_modules(find_modules())]
    assert order.index("activations.py") < order.index("layers/recurrent.py")
    assert order.index("layers/windows.py") < order.index("layers/convolution.py")


# -- One file


def test_it_says_where_it_is_from():
    header = ast.get_docstring(ast.parse(one_file.FILE.read_text()))
    assert "BSD 3-Clause License" in header
    assert re.search(r"Made\s+from\s+commit\s+\w+", header)
    assert re.search(r"Keras\s+\d+\.\d+", header)
    assert f"{len(find_functions())} names" in header
    assert (SITE / "keras_by_hand.py").read_bytes() == one_file.FILE.read_bytes()


def test_each_definition_stands_there_word_for_word():
    text = one_file.FILE.read_text()
    for file in find_modules():
        for statement in read_statements(file)[1:]:
            if not statement.is_import:
                assert f"\n{statement.text}\n" in text, (file, statement.line)


def test_it_computes_what_the_package_does():
    joined = load_by_hand()
    rng = np.random.default_rng(313)
    x = rng.normal(size=(2, 5, 3))
    weights = [rng.normal(size=shape) for shape in ((3, 8), (2, 8), (8,))]
    np.testing.assert_array_equal(
        joined.lstm(x, *weights), keras_by_hand.lstm(x, *weights)
    )
    for name in find_functions():
        assert hasattr(joined, name), name


@pytest.mark.parametrize(
    "text", ["pixel_distances = 1\n", "\n\ndef relu(x):\n    pass\n"]
)
def test_one_name_stands_for_one_thing(text, tmp_path, monkeypatch):
    package = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    with (package / "losses.py").open("a") as file:
        file.write(text)
    for module in ("package", "one_file"):
        monkeypatch.setattr(f"{module}.PACKAGE", package)
    monkeypatch.setattr("package.ROOT", tmp_path)
    name = "pixel_distances" if "pixel" in text else "relu"
    with pytest.raises(ValueError, match=rf"\.py and .*\.py both have {name}"):
        one_file.join()


def test_the_root_of_the_repository_has_it_without_a_build():
    assert PACKAGE.parent == ROOT
    assert not {"_build", "docs"} & set(PACKAGE.parts[len(ROOT.parts) :])
