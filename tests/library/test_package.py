"""The library as a package, a wheel and one file: what it needs, what it hands on."""

import ast
import functools
import inspect
import os
import re
import shutil
import subprocess
import zipfile

import keras
import numpy as np
import pytest
from environments import bare_environment
from project import ROOT, TEMPORARY, join_by_hand, load_by_hand, run

import keras_by_hand
from gallery import one_file, wheel
from gallery.functions import find_things
from gallery.package import (
    PACKAGE,
    find_functions,
    find_modules,
    find_modules_of_functions,
    order_modules,
    read_statements,
)
from keras_by_hand.models.activations import ACTIVATIONS
from keras_by_hand.models.registry import LAYERS

FUNCTIONS = [
    (file, statement)
    for file in find_modules_of_functions()
    for statement in read_statements(file)
    if not statement.is_import
]


FORMS = ["package", "wheel", "one file"]


@functools.cache
def build_wheel():
    """Build the wheel of the library as it is now; return its path."""
    return wheel.build(TEMPORARY.name)


def put(form, folder):
    """Put the library, in a form that readers can have, into a folder."""
    if form == "package":
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=ignored)
    elif form == "wheel":
        with zipfile.ZipFile(build_wheel()) as archive:
            archive.extractall(folder)
    else:
        shutil.copy(join_by_hand(), folder)


@pytest.mark.parametrize("form", FORMS)
def test_it_needs_nothing_but_numpy(form, tmp_path):
    python = bare_environment(tmp_path / "bare", "numpy")
    put(form, tmp_path)
    code = "import keras_by_hand as k; import numpy; print(k.softmax(numpy.zeros(2)))"
    assert run(python, "-c", code, cwd=tmp_path) == "[0.5 0.5]\n"
    refused = subprocess.run(
        [python, "-m", "keras_by_hand", "model.keras"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    said = "model.keras: to read it needs h5py: pip install h5py\n"
    assert refused.stderr == said


def test_each_form_of_it_predicts_the_same(tmp_path):
    """With NumPy and h5py alone, what Keras predicts."""
    model = keras.Sequential([keras.Input((5, 3)), keras.layers.GRU(4)])
    model.add(keras.layers.Dense(2, activation="gelu"))
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(313).normal(size=(2, 5, 3)).astype("float32")
    np.save(tmp_path / "x.npy", x)
    python = bare_environment(tmp_path / "bare", "numpy", "h5py")
    answers = []
    for form in FORMS:
        (tmp_path / form).mkdir()
        put(form, tmp_path / form)
        command = (
            f"-m keras_by_hand ../model.keras --input ../x.npy --output {form[0]}.npy"
        )
        run(python, *command.split(), cwd=tmp_path / form)
        answers.append(np.load(tmp_path / form / f"{form[0]}.npy"))
    for answer in answers:
        np.testing.assert_array_equal(answer, answers[0], strict=True)
    expected = model.predict(x, verbose=0)
    np.testing.assert_allclose(answers[0], expected, rtol=1e-4, atol=1e-6)


def test_the_wheel_is_the_package():
    with zipfile.ZipFile(build_wheel()) as archive:
        names = [name for name in archive.namelist() if name.endswith(".py")]
        assert {PACKAGE.parent / name for name in names} == set(PACKAGE.rglob("*.py"))
        for name in names:
            assert archive.read(name) == (PACKAGE.parent / name).read_bytes(), name
        folder = f"{wheel.FILE.name.removesuffix('-py3-none-any.whl')}.dist-info"
        told = archive.read(f"{folder}/METADATA").decode()
        commands = archive.read(f"{folder}/entry_points.txt").decode()
    for line in ("License-Expression: BSD-3-Clause", "Requires-Dist: numpy"):
        assert f"\n{line}\n" in told
    assert re.search(r'^Requires-Dist: h5py; extra == "files"$', told, re.M)
    assert "keras-by-hand = keras_by_hand.__main__:main" in commands


def test_an_older_wheel_is_built_again(tmp_path, monkeypatch):
    copy = tmp_path / wheel.FILE.name
    monkeypatch.setattr(wheel, "FILE", copy)
    assert not wheel.is_new()
    wheel.build(tmp_path)
    assert wheel.is_new()
    os.utime(copy, (0, 0))
    assert not wheel.is_new()


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
    layers = {name: function for name, (function, _) in LAYERS.items()}
    of_right = {**ACTIVATIONS, "sparsemax": keras_by_hand.sparsemax}  # not Keras' own
    tables = {"Layers": layers, "Activations": of_right}
    for (title, thing), name in find_things().items():
        if title in tables:
            assert tables[title][thing] is getattr(keras_by_hand, name), thing


def test_modules_need_each_other_in_one_order():
    order = [str(file.relative_to(PACKAGE)) for file in order_modules(find_modules())]
    assert order.index("activations.py") < order.index("layers/recurrent.py")
    assert order.index("layers/windows.py") < order.index("layers/convolution.py")


# -- One file


def test_it_says_where_it_is_from():
    header = ast.get_docstring(ast.parse(join_by_hand().read_text()))
    assert "BSD 3-Clause License" in header
    assert re.search(r"Made\s+from\s+commit\s+\w+", header)
    assert re.search(r"Keras\s+\d+\.\d+", header)
    assert f"{len(find_functions())} names" in header


def test_each_definition_stands_there_word_for_word():
    text = join_by_hand().read_text()
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
        monkeypatch.setattr(f"gallery.{module}.PACKAGE", package)
    monkeypatch.setattr("gallery.package.ROOT", tmp_path)
    name = "pixel_distances" if "pixel" in text else "relu"
    with pytest.raises(ValueError, match=rf"\.py and .*\.py both have {name}"):
        one_file.join()


def test_the_root_of_the_repository_has_it_without_a_build():
    assert PACKAGE.parent == ROOT
    assert not {"_build", "docs"} & set(PACKAGE.parts[len(ROOT.parts) :])
