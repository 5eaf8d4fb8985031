"""Faults in Keras, put in on purpose: do the pages notice?

``make test`` runs each fault on the page that it names, which must go red; ``make
faults`` runs all faults on all pages, and reports what they do elsewhere. The state of a
fault on a page is

- *caught*: a check of the page failed; its line is kept;
- *stopped*: another error than that of a check ended the page;
- *unnoticed*: the page passed, though something that Keras returned to it had changed
  beyond rounding, or in its shape or dtype;
- *no effect*: the page passed, and nothing had changed;
- *not reached*: the page never comes to what the fault breaks, as traced without it.
"""

import contextlib
import functools
import importlib
import inspect
import sys
from pathlib import Path
from unittest import mock

import names
import running
from breaking import Called, Together, by_name

from gallery import proof_results


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
            if fault.page not in proof_results.PAGES:
                raise ValueError(f"{fault.name!r}: there is no page {fault.page}")
            try:
                names.find(fault.covers)
            except ValueError as error:
                raise ValueError(f"{fault.name!r} ({module.__name__}): {error}")
            found[fault.name] = fault
    return found


def read_accepted(name):
    """Return the mutants of a page that need not be noticed: {(before, after), ...}.

    They change something that no check sees, for the reason that stands beside them.
    """
    return {
        (before, after)
        for module in catalogues()
        for page, before, after, _ in getattr(module, "ACCEPTED", [])
        if page == name
    }


# -- Reach


def targets(breaking):
    """Yield what a fault replaces: (its part that does so, owner, name), where the owner
    may be a dict."""
    if isinstance(breaking, Called):
        for name in ("call", "quantized_call"):
            yield breaking, breaking.layer, name
    elif isinstance(breaking, Together):
        for part in breaking.patches:
            yield from targets(part)
    elif isinstance(breaking, mock._patch_dict):
        for name in breaking.values:
            yield breaking, breaking.in_dict, name
    else:
        for part in (breaking, *breaking.additional_patchers):
            yield part, part.getter(), part.attribute


def code_of(owner, name):
    """Return the code of a function, method or property; None for anything else."""
    if isinstance(owner, dict):
        static = owner.get(name)
    else:
        static = inspect.getattr_static(owner, name, None)
    static = getattr(static, "fget", static)  # of a property
    static = getattr(static, "__func__", static)  # of a classmethod
    return getattr(inspect.unwrap(static), "__code__", None) if static else None


def concerns(breaking, frame):
    """Whether a call, given by its frame, is one in which Keras would be broken."""
    concerned = getattr(breaking, "concerned", None)
    return concerned is None or concerned(by_name(frame.f_locals))


@contextlib.contextmanager
def traced(faults):
    """Give a set to which the names of the faults are added that a page comes to.

    Those whose code is not known, such as a changed number, count as reached.
    """
    faults_of, reached = {}, set()
    for fault in faults:
        for part, *target in targets(fault.by):
            faults_of.setdefault(code_of(*target), []).append((fault.name, part))
    reached.update(name for name, _ in faults_of.pop(None, ()))

    def note(frame, event, argument):
        if event == "call" and frame.f_code in faults_of:
            for name, part in faults_of[frame.f_code]:
                if name not in reached and concerns(part, frame):
                    reached.add(name)

    sys.setprofile(note)
    try:
        yield reached
    finally:
        sys.setprofile(None)


# -- The measurement


def passes(page):
    """Run a page as it is; return what Keras returned to it.

    Raises AssertionError or another error, with the page's name, if it fails.
    """
    with running.observed() as seen:
        try:
            running.run(page.proof, page.path)
        except Exception as error:
            error.add_note(f"{page.name} fails though nothing is broken")
            raise
    return seen


def measure(page, fault, clean):
    """Run a page under a fault; return its state, and what went red: the line of a check
    or the error."""
    with fault.by, running.observed() as faulty:
        try:
            running.run(page.proof, page.path)
        except Exception as error:
            line = page.failed_check(error)
            if line is not None:
                return "caught", line
            return "stopped", f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return ("unnoticed" if running.differ(clean, faulty) else "no effect"), None


def measure_page(page, faults, known):
    """Measure faults on a page; return {name: {"digest", "state", "red"}} of all.

    ``known`` is what was measured before, in that form: what has the same digest is
    not measured again. Raises RuntimeError if the page, run once more in the end, is
    given something else than in the beginning.
    """
    found = {
        fault.name: known[fault.name]
        for fault in faults
        if known.get(fault.name, {}).get("digest") == fault.digest
    }
    left = [fault for fault in faults if fault.name not in found]
    if not left:
        return found
    with traced(left) as reached:
        clean = passes(page)
    for fault in left:
        state, red = "not reached", None
        if fault.name in reached or fault.page == page.name:
            state, red = measure(page, fault, clean)
        found[fault.name] = {"digest": fault.digest, "state": state, "red": red}
    if running.differ(clean, passes(page)):
        raise RuntimeError(
            f"{page.name}: Keras returns something else after the faults"
        )
    return found
