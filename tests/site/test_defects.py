"""Defects of Keras: each script is short and needs Keras and NumPy alone, and shows what
the site says on the Keras that is installed. make test-backends asks the other backends.
"""

import ast
import os
import re
import subprocess
import sys

import pytest
from bs4 import BeautifulSoup
from project import ROOT, SITE

from gallery import surprises
from gallery.defects import (
    BACKENDS,
    RECORD,
    RIGHT,
    SHOWS,
    find_scripts,
    note,
    read_defect,
    read_outcomes,
)
from gallery.versions import by_release

SCRIPTS = find_scripts()
OUTCOMES = read_outcomes()
LINES = 15  # of code at most

# On TensorFlow, their outcome depends on the processor: they may be right on another one.
MAY_BE_RIGHT = {"max_pooling3d_ties"}


CASES = {  # what may come of a script
    "right": ("assert True", RIGHT),
    "wrong": ("assert False", SHOWS),
    "compared": ("import numpy\nnumpy.testing.assert_equal(1, 2)", SHOWS),
    "broken": ("keras", "NameError"),
    "talks": ("print('a,b,c,d')", RIGHT),
    "writes": ("open('left', 'w').close()", RIGHT),
}


def run_scripts(scripts):
    """Run scripts one after the other, as a maintainer would; return the release of Keras
    and {name: outcome}."""
    done = subprocess.run(
        [sys.executable, "-m", "gallery.defects", *scripts],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    backends, releases, names, outcomes = zip(
        *(line.split(",") for line in done.stdout.splitlines())
    )
    assert {*backends} == {"tensorflow"}
    (release,) = {*releases}
    return release, dict(zip(names, outcomes))


def test_scripts_show_on_the_installed_keras_what_is_recorded(tmp_path):
    """And what comes of a script is told. Both in one process: it imports Keras first."""
    for name, (code, _) in CASES.items():
        (tmp_path / f"{name}.py").write_text(code)
    release, found = run_scripts(
        [*(tmp_path / f"{name}.py" for name in CASES), *SCRIPTS]
    )
    assert {name: found.pop(name) for name in CASES} == {
        name: outcome for name, (_, outcome) in CASES.items()
    }
    assert not (tmp_path / "left").exists() and not (ROOT / "left").exists()

    assert release in next(iter(OUTCOMES.values())), (
        f"python -m gallery.defects notes in {RECORD.name} what scripts do on {release}"
    )
    told = {name: OUTCOMES[name, "tensorflow"][release] for name in found}
    for name in MAY_BE_RIGHT:
        assert told.pop(name) == SHOWS and found.pop(name) in (SHOWS, RIGHT)
    assert found == told
    for script in SCRIPTS:  # what a release has mended goes
        on_backends = [OUTCOMES[script.stem, backend][release] for backend in BACKENDS]
        assert SHOWS in on_backends, script.stem


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_is_short_and_says_what_is_expected(script):
    source, defect = script.read_text(), read_defect(script)
    code = source.splitlines()[defect.begins - 1 :]
    assert sum(line.strip() != "" for line in code) <= LINES
    imports = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert [ast.unparse(node) for node in imports] == [
        "import keras",
        "import numpy as np",
    ]
    names, _, claim = defect.title.partition(": ")
    assert names.split(",")[0].split()[0].split("(")[0] in surprises.names_of_keras()
    assert claim and not claim.endswith(".")
    assert defect.text.startswith("Expected: ") and defect.text.endswith(".")


def test_each_script_has_a_row_for_each_backend_and_no_other_has():
    assert len(SCRIPTS) > 40
    expected = [(s.stem, backend) for s in SCRIPTS for backend in BACKENDS]
    assert list(OUTCOMES) == expected
    assert all(outcome for row in OUTCOMES.values() for outcome in row.values())


def test_a_run_is_noted_beside_others(tmp_path):
    record = tmp_path / "outcomes.csv"
    note({"b": SHOWS, "a": RIGHT}, "jax", "3.10.0", record)
    note({"a": SHOWS, "gone": SHOWS}, "jax", "3.9.0", record)
    note({"a": "ValueError", "c": RIGHT}, "tensorflow", "3.10.0", record)
    assert record.read_text().splitlines() == [
        "script,backend,3.9.0,3.10.0",
        "a,tensorflow,,ValueError",
        "a,jax,shows,right",
        "a,torch,,",
        "c,tensorflow,,right",
        "c,jax,,",
        "c,torch,,",
    ]


def test_releases_are_in_order():
    releases = ["3.9.2", "3.10.0", "3.16.0.dev2026102704", "3.16.0.dev2026110104"]
    assert sorted(reversed(releases), key=by_release) == releases


def test_the_page_shows_each_script_and_where_it_fails():
    page = BeautifulSoup((SITE / "defects.html").read_text(), "html.parser")
    sections = page.select("section section")
    rows = page.select("table tbody tr")
    for script, section, row in zip(SCRIPTS, sections, rows, strict=True):
        title, _, begins = read_defect(script)
        heading = section.select_one("h2").contents[0]
        assert re.sub("[“”]", '"', heading).replace("’", "'") == title
        code = "".join(script.read_text().splitlines(True)[begins - 1 :])
        assert section.select_one("pre").text.strip() == code.strip()
        download = section.select_one("a.download")["href"]
        assert (SITE / download).read_bytes() == script.read_bytes()
        name, *cells = [cell.text.strip() for cell in row.select("td")]
        assert name == script.stem
        of_backends = [OUTCOMES[name, backend].values() for backend in BACKENDS]
        for cell, outcomes in zip(cells, zip(*of_backends), strict=True):
            count = outcomes.count(SHOWS)
            if count == len(BACKENDS):
                assert cell == "all"
            else:
                if count == 0:
                    assert cell == ("none" if RIGHT in outcomes else "another error")
                named = cell.lower().split(", ") if count else []
                assert len(named) == count
                assert ("tensorflow" in named) == (outcomes[0] == SHOWS)
                assert ("jax" in named) == (outcomes[1] == SHOWS)
