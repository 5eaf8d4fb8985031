"""The scripts that the site offers: each needs only what a reader has, and runs alone."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys

import pytest
import running
from environments import locked
from project import PAGES, ROOT, downloads

# What the build records, the errors that are expected, and bare assertions.
CHECKS = {
    "assert_allclose",
    "assert_array_equal",
    "assert_array_less",
    "assert_equal",
    "assert_raises",
}
BACKENDS = {"jax", "tensorflow", "torch"}


def plain(names):
    """Names of packages in one spelling; TensorFlow has two, by what it runs on."""
    return {name.lower().replace("_", "-").removesuffix("-cpu") for name in names}


def importable():
    """What a page may import: Python's own modules, and what Binder installs."""
    packages = plain(locked("binder/requirements.txt"))
    modules = {
        module
        for module, names in importlib.metadata.packages_distributions().items()
        if packages & plain(names)
    }
    return modules | sys.stdlib_module_names


IMPORTABLE = importable()


def beside_keras(tree):
    """The statements that import a backend where Keras runs on it: it is there."""
    return {
        statement
        for node in ast.walk(tree)
        if isinstance(node, ast.If)
        for statement in node.body
        if isinstance(statement, ast.Import)
        and ast.unparse(node.test)
        == f"keras.backend.backend() == {statement.names[0].name!r}"
    }


def imports(tree):
    """The modules that are imported anywhere, without what follows the first dot."""
    names, left_out = set(), beside_keras(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and node not in left_out:
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(f"{'.' * node.level}{node.module}")
    return {name.split(".")[0] for name in names}


def problems(tree, source):
    """What a page does that its readers cannot, or should not have to."""
    imported = imports(tree)
    found = [f"imports {name}" for name in sorted(imported - IMPORTABLE)]
    if BACKENDS & imported and "This page needs " not in source:
        found.append("imports a backend, and does not say that it needs it")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("assert_"):
            if ast.unparse(node) not in {f"np.testing.{name}" for name in CHECKS}:
                found.append(f"line {node.lineno}: checks by {ast.unparse(node)}")
    for number, line in enumerate(source.splitlines(), 1):
        line = re.sub("^# {7}", "", line)  # the build moves a check to the right
        if len(line) > 80 and "https://" not in line:
            found.append(f"line {number}: is longer than 80 columns")
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page_is_self_contained(path):
    page = running.Page(path)
    assert {"keras", "numpy"} <= imports(page.tree)
    assert problems(page.tree, path.read_text()) == []


@pytest.mark.parametrize(
    "line, problem",
    [
        ("import h5py, sklearn.datasets, zipfile", None),
        ("from keras import layers", None),
        ("from project import ROOT", "imports project"),
        ("from . import recording", "imports "),
        ("import pytest", "imports pytest"),
        ("import tensorflow as tf", "imports a backend"),
        ("if keras.backend.backend() == 'torch':\n    import torch", None),
        ("if keras.backend.backend() == 'jax':\n    import tensorflow", "imports a"),
        ("np.testing.assert_allclose(1, 1)", None),
        (
            "np.testing.assert_almost_equal(1, 1)",
            "line 1: checks by np.testing.assert_al",
        ),
        ("keras.testing.assert_equal(1, 1)", "line 1: checks by keras.testing"),
        ("# " + 80 * "-", "line 1: is longer than 80 columns"),
        ("# see https://keras.io/" + 80 * "-", None),
        ("#       " + 80 * "-", None),
        ("#       " + 81 * "-", "line 1: is longer than 80 columns"),
    ],
)
def test_problems_are_found(line, problem):
    found = problems(ast.parse(line), line)
    assert len(found) == (problem is not None), found
    assert problem is None or found[0].startswith(problem)


def test_the_snippet_of_the_home_page_runs():
    variables = running.run((ROOT / "docs/home.py").read_text(), "home.py")
    assert variables["y"].shape == (2, 3)


# The others run alone as notebooks in test_notebooks.py, and as scripts in "make
# test-binder".
def test_a_page_runs_alone(tmp_path):
    name = PAGES[0].name
    script = tmp_path / name
    script.write_bytes(downloads("py")[name].read_bytes())
    run = subprocess.run(
        [sys.executable, "-I", script],  # -I: nothing of this repository in reach
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout
    assert "Traceback" not in run.stderr
    assert [file.name for file in tmp_path.iterdir()] == [name]
