"""The project under test: its folders, pages and site, its make, and copies of it."""

import functools
import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import nbformat

from gallery import one_file
from gallery.moved import read_moved
from gallery.paths import EXAMPLES, ROOT, SOURCES, find_pages

TEMPORARY = tempfile.TemporaryDirectory()  # removed when the tests have run
SITE = ROOT / "docs" / "_build" / "html"
PAGES = find_pages()  # as readers get them
SCRIPTS = [
    SOURCES / page.relative_to(EXAMPLES) for page in PAGES
]  # as they are written
SECTIONS = {page.parent.name: page for page in reversed(PAGES)}  # the first of each
MOVED = {SITE / f"{old}.html" for old in read_moved()}  # these only lead on
HTML = [
    file.relative_to(SITE).as_posix()
    for file in sorted(SITE.glob("**/*.html"))
    if file not in MOVED
]

# What a test's own make must not inherit from the make that runs the tests.
INHERITED = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "PYTHON")


def html_of(page):
    """Return the name, in the site, of the page that a script of examples/ became."""
    return f"auto_examples/{page.parent.name}/{page.stem}.html"


def downloads(kind):
    """Return the files of the site that end so, by name: {"plot_relu.py": its path}."""
    return {file.name: file for file in sorted(SITE.glob(f"_downloads/*/*.{kind}"))}


@functools.cache
def join_by_hand():
    """Write keras_by_hand.py, the library in one file, as it is now; return its path."""
    file = Path(TEMPORARY.name) / one_file.FILE.name
    file.write_text(one_file.compose())
    return file


def load_by_hand():
    """Return keras_by_hand.py as a new module."""
    spec = importlib.util.spec_from_file_location("keras_by_hand", join_by_hand())
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- Commands


def run(*command, **options):
    """Run a command and return what it says; fail with that if it fails."""
    done = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def call(project, *command, **environment):
    """Run a command in a project, whatever comes of it; its two streams come back as one
    text."""
    return subprocess.run(
        command,
        cwd=project,
        env={**outer(), "NO_COLOR": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def outer():
    """The environment, without what make adds to it."""
    return {name: os.environ[name] for name in os.environ if name not in INHERITED}


def make(project, *arguments, **environment):
    return call(project, "make", *arguments, **environment)


def git(folder, *arguments):
    """Run git in a folder as somebody; return what it prints."""
    who = {
        f"GIT_{role}_{key}": "someone"
        for role in ("AUTHOR", "COMMITTER")
        for key in ("NAME", "EMAIL")
    }
    command = ["git", "-C", folder, *arguments]
    return run(*command, env={**os.environ, **who}).strip()


# -- Copies


def copy_sources(folder):
    """Copy the project, as one clones it, into a new folder; lend it our .venv."""
    built = shutil.ignore_patterns(".*", "_build", "auto_examples", "node_modules")
    shutil.copytree(ROOT, folder, ignore=built)
    for page in folder.glob("docs/reference/*.rst"):
        page.unlink()
    (folder / ".venv").symlink_to(ROOT / ".venv")


def write_notebook(project, *cells):
    """Put a notebook of these cells of code in the place of ours."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_markdown_cell("# Check your own model")]
    notebook.cells += map(nbformat.v4.new_code_cell, cells)
    if not cells:  # nor does it need a kernel
        notebook.metadata["nbsphinx"] = {"execute": "never"}
    nbformat.write(notebook, project / "docs/check_your_model.ipynb")


def skip_notebook(project):
    """Put a notebook without code in the place of ours, whose running takes a while."""
    write_notebook(project)
