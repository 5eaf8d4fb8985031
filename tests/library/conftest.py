"""The order of the derived tests, and what they found.

One module of the library comes after the other, so that a process records Keras' answers
for its own share of them only.
"""

import collections
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent


def module_of(item):
    """The module of the library that a test is about; "" where it is about none."""
    from library.engine.subjects import (
        SUBJECTS,
    )  # not where no test runs: it takes seconds

    told = item.callspec.params if hasattr(item, "callspec") else {}
    name = getattr(told.get("subject"), "name", told.get("name"))
    is_about_subject = FOLDER in item.path.parents and name in SUBJECTS
    return told.get("module") or (SUBJECTS[name].module if is_about_subject else "")


@pytest.hookimpl(tryfirst=True)  # before tests/tiers.py asks
def pytest_collection_modifyitems(items):
    for item in items:
        item.module_of_library = module_of(item)
    items.sort(key=module_of)


@pytest.fixture(autouse=True)
def large_numbers():
    """Cases and mutants are drawn without care for what overflows on its way to 0."""
    with np.errstate(all="ignore"):
        yield


def pytest_terminal_summary(terminalreporter):
    """Say how much was derived: what the tests tell by record_property."""
    found = collections.Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if "library/test_derived.py" in report.nodeid:
                found.update(dict(report.user_properties))
    if found:
        told = ", ".join(f"{number} {what}" for what, number in found.items())
        terminalreporter.write_line(f"Derived: {told}")
