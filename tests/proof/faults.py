"""Faults in Keras, put in on purpose: do the pages notice?

Each runs on the page that it names, which must go red. The state of a fault is

- *caught*: a check of the page failed; its line is kept;
- *stopped*: another error than that of a check ended the page;
- *unnoticed*: the page passed, though something that Keras returned to it had changed
  beyond rounding, or in its shape or dtype;
- *no effect*: the page passed, and nothing had changed.
"""

import functools
import importlib
from pathlib import Path

import kept
import names
import running


@functools.cache
def catalogues():
    """Return the modules of the catalogue."""
    files = sorted(Path(__file__).with_name("catalogue").glob("*.py"))
    return [importlib.import_module(f"catalogue.{file.stem}") for file in files]


@functools.cache
def read_catalogue():
    """Return all faults by name.

    Raises ValueError where two have the same name, a page is not there, or Keras has
    nothing of the name that one covers.
    """
    found = {}
    for module in catalogues():
        for fault in module.FAULTS:
            if fault.name in found:
                raise ValueError(f"Two faults are named {fault.name!r}")
            if fault.page not in kept.PAGES:
                raise ValueError(f"{fault.name!r}: there is no page {fault.page}")
            try:
                names.check(fault.covers)
            except ValueError as error:
                raise ValueError(f"{fault.name!r} ({module.__name__}): {error}")
            found[fault.name] = fault
    return found


def read_green(name):
    """Return the comparisons of a page, as ast.unparse writes them, that nothing need turn
    red, for the reason that stands beside them."""
    return {
        comparison
        for module in catalogues()
        for page, comparison, _ in getattr(module, "GREEN", [])
        if page == name
    }


# -- The measurement


def run_under(fault, page):
    """Run a page under a fault; return its state, if it went red, with the line of a check
    or the error, and what Keras returned to it: (state or None, red, [array, ...])."""
    with fault.by, running.observed() as seen:
        try:
            running.run(page.proof, page.path)
        except Exception as error:
            line = page.failed_check(error)
            if line is not None:
                return "caught", line, seen
            said = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            return "stopped", said, seen
    return None, None, seen


def judge(run, clean):
    """Return {"state", "red"} of what run_under returned. clean: the arrays that Keras
    returns to the page as it is."""
    state, red, seen = run
    if state is None:
        state = "unnoticed" if running.differ(clean, seen) else "no effect"
    return {"state": state, "red": red}
