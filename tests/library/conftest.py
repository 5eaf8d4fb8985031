"""The order of the derived tests, and what they found.

One module of the library comes after the other, so that a process records Keras' answers
for its own share of them only.
"""

import collections

import numpy as np
import pytest
from library.engine.subjects import SUBJECTS


def is_derived(item):
    return item.path.name == "test_derived.py" and hasattr(item, "callspec")


def module_of(item):
    """The module of the library that a test is about; "" where it is about none."""
    if not is_derived(item):
        return ""
    told = item.callspec.params
    return told.get("module") or SUBJECTS[told["name"]].module


def pytest_collection_modifyitems(items):
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
