"""The tests themselves, and who may import whom: docs/_ext, gallery/ and tests/."""

import ast
import fnmatch
import graphlib

import pytest

from gallery.dependencies import find_imported
from gallery.paths import DOCS, ROOT

EXTENSIONS = sorted((DOCS / "_ext").glob("*.py"))
KNOWLEDGE = sorted((ROOT / "gallery").glob("*.py"))


def test_no_folder_of_tests_is_left_out(pytestconfig):
    folders = {file.parent for file in pytestconfig.rootpath.glob("tests/**/test_*.py")}
    names = {part for folder in folders for part in folder.parts}
    assert {"build", "proof", "site"} <= names
    for pattern in pytestconfig.getini("norecursedirs"):
        assert fnmatch.filter(names, pattern) == []


def imported_by(file):
    """Return the names of the modules that a file imports anywhere."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return names


@pytest.mark.parametrize("file", EXTENSIONS, ids=lambda file: file.stem)
def test_docs_ext_has_extensions_and_nothing_else(file):
    statements = ast.parse(file.read_text()).body
    functions = {s.name for s in statements if isinstance(s, ast.FunctionDef)}
    assert "setup" in functions
    others = {f.name for f in file.parent.iterdir() if f.suffix != ".py"}
    assert others <= {"__pycache__"}


def test_a_test_imports_an_extension_only_to_test_it():
    extensions = {file.stem for file in EXTENSIONS}
    for file in ROOT.glob("tests/**/*.py"):
        assert imported_by(file) & extensions <= {file.stem.removeprefix("test_")}, file


@pytest.mark.parametrize("file", KNOWLEDGE, ids=lambda file: file.stem)
def test_gallery_stands_below_the_build_and_the_tests(file):
    above = {module.stem for module in ROOT.glob("tests/**/*.py")}
    above |= {module.stem for module in [*EXTENSIONS, *ROOT.glob("*.py")]}
    assert {name.split(".")[0] for name in imported_by(file)} & above == set()


def test_modules_of_gallery_need_each_other_in_one_order():
    needs = {file: find_imported([file], [ROOT]) - {file} for file in KNOWLEDGE}
    assert len(needs[ROOT / "gallery/functions.py"]) > 3
    order = list(graphlib.TopologicalSorter(needs).static_order())
    assert order.index(ROOT / "gallery/paths.py") < order.index(
        ROOT / "gallery/linker.py"
    )
