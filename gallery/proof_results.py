"""What was proved: the results of tests/proof/, kept from run to run.

A page's results stand in docs/_build/proof/<section>/<page>.json, with a digest of all
that they depend on: results of other files or versions count as none.
"""

import functools
import hashlib
import json

from gallery.dependencies import find_imported, find_versions
from gallery.linker import find_subjects
from gallery.paths import DOCS, ROOT, find_pages, name_of

FOLDER = DOCS / "_build" / "proof"
HARNESS = ROOT / "tests" / "proof"
CATALOGUE = FOLDER / "catalogue.json"
PACKAGES = ("keras", "tensorflow", "tensorflow-cpu", "numpy", "jax", "torch")
RED = ("caught", "stopped")  # how a page may end under a fault
PAGES = {name_of(page): page for page in find_pages()}


def is_test(file):
    """Whether a file of tests/proof/ only tests, and proves no page."""
    return file.name.startswith("test_") or file.name == "conftest.py"


def find_harness():
    """Return what proves all pages: the modules of tests/proof/, and what they import of
    this project."""
    modules = [file for file in HARNESS.glob("*.py") if not is_test(file)]
    return sorted(find_imported(modules, [HARNESS, HARNESS.parent, ROOT]))


@functools.cache
def harness_digest():
    """Return the digest of what proves all pages, and of the packages."""
    versions = find_versions(PACKAGES)
    files = [file.read_bytes() for file in find_harness()]
    return hashlib.sha256(b"\0".join([repr(versions).encode(), *files])).hexdigest()


def digest(page):
    """Return the digest of a page, given by its name, of which functions of the library
    it proves, and of what proves it."""
    subjects = " ".join(sorted(find_subjects(page)))
    parts = [harness_digest().encode(), subjects.encode(), PAGES[page].read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def read(page):
    """Return what is known of a page: {"faults": {...}, "mutants": [...], ...}, {} if
    nothing is that still holds."""
    file = FOLDER / f"{page}.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    return results if results.get("of") == digest(page) else {}


def keep(page, **results):
    """Keep results of a page beside those that are known."""
    file = FOLDER / f"{page}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**read(page), "of": digest(page), **results}, indent=1))


def catalogue_digest():
    files = [file.read_bytes() for file in sorted(HARNESS.glob("catalogue/*.py"))]
    return hashlib.sha256(b"\0".join([harness_digest().encode(), *files])).hexdigest()


def keep_catalogue(faults, names):
    """Keep what the site needs to know of the faults, and of what there is to cover.

    faults: {name: {"page", "covers", "digest"}}; names: {title: {name of Keras: [its
    arguments]}}.
    """
    kept = {"of": catalogue_digest(), "faults": faults, "names": names}
    FOLDER.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_text(json.dumps(kept, indent=1))


def read_catalogue():
    """Return what was kept, {} if it is not there or of other files or versions."""
    kept = json.loads(CATALOGUE.read_text()) if CATALOGUE.exists() else {}
    return kept if kept.get("of") == catalogue_digest() else {}


def red_faults():
    """Return {what they cover: [(page, fault), ...]} of all faults that have turned their
    own page red."""
    found = {}
    for name, fault in read_catalogue().get("faults", {}).items():
        known = read(fault["page"]).get("faults", {}).get(name, {})
        if known.get("digest") == fault["digest"] and known["state"] in RED:
            found.setdefault(fault["covers"], []).append((fault["page"], name))
    return found
