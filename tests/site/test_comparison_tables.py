"""What the site says to be checked: counted again on some pages, summed up for all."""

import json
import re
from unittest import mock

import comparison_tables
import numpy as np
import pytest
import running
from project import PAGES, ROOT, SITE, html_of

from gallery import comparisons

LIMITED = ("assert_array_less", "assert_allclose")


def text(name):
    return re.sub("<.*?>", "", (SITE / name).read_text())


def counts(name):
    """The numbers of checks, of exact ones and of numbers that a page of the site gives."""
    found = re.search(
        r"([\d,]+) numbers? in (\d+) comparisons?"
        r"(, (all|\d+) of them exact)?(; the largest error was [\d.]+%)?",
        text(name),
    )
    numbers, count, _, exact, error = found.groups()
    assert (exact == "all") == (error is None)
    exact = count if exact == "all" else exact or 0
    return int(count), int(exact), int(numbers.replace(",", ""))


# Two pages will do: each costs another run.
@pytest.mark.parametrize(
    "page", [PAGES[0], PAGES[len(PAGES) // 2]], ids=lambda page: page.stem
)
def test_page_says_how_much_it_checked(page):
    calls = []
    with mock.patch.multiple(
        np.testing,
        **{
            name: lambda actual, *_, name=name, **options: calls.append((name, actual))
            for name in comparisons.NAMES
        },
    ):
        running.run(page.read_text(), page)
    exact = [name for name, _ in calls if name not in LIMITED]
    numbers = sum(getattr(actual, "size", 1) for _, actual in calls)
    assert counts(html_of(page)) == (len(calls), len(exact), numbers)


def test_each_page_says_what_was_recorded_of_it():
    for page in PAGES:
        name = html_of(page)
        record = (ROOT / "docs" / name).with_suffix(".checks.json")
        checks = json.loads(record.read_text())["checks"]
        exact = [check for check in checks if check["part"] is None]
        numbers = sum(check["numbers"] for check in checks)
        assert counts(name) == (len(checks), len(exact), numbers)
        versions = r"Keras [\d.]+, TensorFlow [\d.]+, NumPy [\d.]+\."
        assert re.search(versions, text(name)), name


@pytest.mark.parametrize("name", ["index.html", "what_was_checked.html"])
def test_totals_are_the_sums(name):
    every = [counts(html_of(page)) for page in PAGES]
    count, _, numbers = map(sum, zip(*every))
    total = f"{numbers:,} numbers in {count:,} comparisons"
    assert f"{len(PAGES)} pages, run and checked on every change: {total}" in text(name)


def test_digits_are_those_of_the_worst_check_in_float64():
    checks = [
        {"part": 0.5, "rtol": 2e-13},  # an error of 1e-13: thirteen digits
        {"part": 0.01, "rtol": 2e-13},
        {"part": 1, "rtol": 1e-4},  # float32
        {"part": None, "rtol": None},  # exact
    ]
    assert comparison_tables.digits(checks) == 13
    assert comparison_tables.digits([*checks, {"part": 0.9, "rtol": 1e-12}]) == 12
