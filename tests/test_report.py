"""What the site says about its checks, counted again."""

import hashlib
import json
import re
import subprocess
import sys
from unittest import mock

import numpy as np
import pages
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, SITE, make

sys.path.insert(0, str(ROOT / "docs" / "_ext"))
import report  # noqa: E402

NAMES = ("assert_equal", "assert_array_equal", "assert_array_less")


def text(name):
    html = BeautifulSoup((SITE / name).read_text(), "html.parser")
    return " ".join(html.select_one("article").get_text().split())


def counts(name):
    """The numbers of checks, and of exact ones, that a page of the site gives."""
    found = re.search(r"(\d+) checks, (\d+) exact; ([\d,]+) numbers;", text(name))
    return tuple(int(number.replace(",", "")) for number in found.groups())


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.stem)
def test_page_says_how_much_it_checked(page):
    calls = []
    with mock.patch.multiple(
        np.testing,
        **{
            name: lambda actual, *_, name=name: calls.append((name, actual))
            for name in NAMES
        },
    ):
        pages.run(page.read_text(), page.name)
    exact = [name for name, _ in calls if name != "assert_array_less"]
    numbers = sum(getattr(actual, "size", 1) for _, actual in calls)
    name = f"auto_examples/{page.parent.name}/{page.stem}.html"
    assert counts(name) == (len(calls), len(exact), numbers)
    assert re.search(r"Keras [\d.]+, TensorFlow [\d.]+, NumPy [\d.]+\.", text(name))


@pytest.mark.parametrize("name", ["index.html", "what_was_checked.html"])
def test_totals_are_the_sums(name):
    every = [
        counts(f"auto_examples/{page.parent.name}/{page.stem}.html")
        for page in pages.PAGES
    ]
    assert counts(name) == tuple(map(sum, zip(*every)))
    assert f"{len(pages.PAGES)} pages, " in text(name)


def test_recorded_parts():
    error, limit = np.array([1.0, 3.0]), np.array([4.0, 4.0])
    assert report.describe("assert_array_less", error, limit) == {
        "numbers": 2,
        "part": 0.75,
        "vain": None,
    }
    assert report.describe("assert_array_equal", error, error.copy()) == {
        "numbers": 2,
        "part": None,
        "vain": None,
    }
    assert report.describe("assert_equal", (2, 3), (2, 3))["numbers"] == 1


def test_checks_in_vain_fail_the_build_twice(project):
    changes = {
        "plot_3_ones_bias": ("(y, x @ kernel + bias)", "(y, y)"),
        "plot_4_relu": ("error = np.abs(y - expected)", "error = np.abs(y - y)"),
        "plot_1_no_bias": (
            "np.testing.assert",
            "(lambda *_: None) or np.testing.assert",
        ),
    }
    for page in pages.PAGES:
        if page.stem in changes:
            right, wrong = changes[page.stem]
            text = page.read_text()
            assert right in text
            copy = project / page.relative_to(ROOT)
            copy.write_text(text.replace(right, wrong))
    for _ in range(2):
        run = make(project, "html")
        assert run.returncode != 0
        for message in (
            r"plot_3_ones_bias.rst: WARNING: check \d+ compares an array with itself",
            r"plot_4_relu.rst: WARNING: check \d+ finds no error at all",
            r"plot_1_no_bias.rst: WARNING: the page compares no arrays",
        ):
            assert re.search(message, run.stdout)


def test_the_matrix_of_faults_is_that_of_these_files(project):
    name = "examples/dense/plot_1_no_bias.py"
    digest = hashlib.sha256((project / name).read_bytes()).hexdigest()
    record = {
        "pages": {"dense/plot_1_no_bias": {"one": "caught", "two": "no effect"}},
        "sources": {name: digest},
    }
    matrix = project / "docs/auto_examples/faults.inc"

    def written():
        (project / "docs/_build/faults.json").write_text(json.dumps(record))
        code = "import report; report.write_faults(None)"
        subprocess.run(
            [sys.executable, "-c", code], cwd=project / "docs/_ext", check=True
        )
        return matrix.read_text()

    assert "2 faults on 1 pages: 1 times caught, 1 times without effect" in written()
    assert re.search(r"- one\n +- :abbr:`● \(caught\)`", matrix.read_text())
    record["sources"][name] = "of another version"
    assert written() == "Not run for this build: ``make faults`` runs them.\n"
