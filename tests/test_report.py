"""What the site says about its checks, counted again."""

import re
import subprocess
import sys
from unittest import mock

import numpy as np
import pages
import pytest
from bs4 import BeautifulSoup
from conftest import SITE, report


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
            name: lambda actual, *_, name=name, **options: calls.append((name, actual))
            for name in report.NAMES
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
    endless = report.describe("assert_array_less", error, np.array([4.0, np.inf]))
    assert "no finite number" in endless["vain"]
    assert report.describe("assert_equal", (2, 3), (2, 3))["numbers"] == 1


KEEP_AND_WRITE = """
import report, sys
from paths import find_pages
for page in find_pages():
    if report.name_of(page) != sys.argv[1]:
        states = {"one": "caught", "two": sys.argv[2]}
        report.keep_faults(page, report.digests_of_faults(page), states)
report.write_faults(None)
"""
WRITE = "import report; report.write_faults(None)"
NOT_RUN = "Not run for this build: ``make faults`` runs them.\n"


def test_the_matrix_of_faults_is_that_of_these_files(project):
    (project / "docs/_build/faults.json").unlink(missing_ok=True)

    def written(*command):
        command = [sys.executable, "-c", *command]
        subprocess.run(command, cwd=project / "docs/_ext", check=True)
        return (project / "docs/auto_examples/faults.inc").read_text()

    assert written(KEEP_AND_WRITE, "dense/plot_4_relu", "no effect") == NOT_RUN
    assert written(KEEP_AND_WRITE, "", "stopped") == NOT_RUN
    count = len(pages.PAGES)
    counts = f"{count} times caught, {count} times no effect, 0 times missed."
    text = written(KEEP_AND_WRITE, "", "no effect")
    assert f"2 faults on {count} pages: {counts}" in text
    assert re.search(r"- one\n +- :abbr:`● \(caught\)`", text)
    for name in ("examples/dense/plot_1_no_bias.py", "tests/catalogue/training.py"):
        before = (project / name).read_text()
        (project / name).write_text(f"{before}\n# edited\n")
        assert written(WRITE) == NOT_RUN
        (project / name).write_text(before)
    assert counts in written(WRITE)
    new = project / "examples/new/plot_1_new.py"  # its section has no faults yet
    new.parent.mkdir()
    new.write_text(before)
    assert written(WRITE) == NOT_RUN
