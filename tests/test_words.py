"""The words of the project are spelled right."""

import subprocess
import sys

from conftest import ROOT

WRITTEN = [
    "*.md",
    "*.rst",
    "*.py",
    "*.js",
    "*.css",
    "*.html",
    "*.ipynb",
    "*.in",
    "Makefile",
]


def codespell(*files):
    names = "--ignore-words-list=ather"  # the author of the original page
    command = [sys.executable, "-m", "codespell_lib", names, *files]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_codespell_finds_nothing():
    command = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        *WRITTEN,
    ]
    listed = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = listed.stdout.splitlines()
    assert len(files) > 50
    run = codespell(*files)
    assert (run.returncode, run.stdout) == (0, "")


def test_codespell_finds_what_is_wrong(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("# The layer " + "rec" + "ieves" + " a batch.\n")
    assert codespell(str(wrong)).returncode != 0
