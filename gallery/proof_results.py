"""What is to be proved, as tests/demands.py tells it, and what was: the results of
tests/proof/, kept from run to run.

A page's results stand in docs/_build/proof/<section>/<page>.json, with a digest of all
that they depend on: results of other files or versions count as none.
"""

import functools
import hashlib
import json

from gallery.asking import ask_once
from gallery.dependencies import find_imported, find_versions
from gallery.paths import DOCS, ROOT, find_pages, name_of

FOLDER = DOCS / "_build" / "proof"
HARNESS = ROOT / "tests" / "proof"
DEMANDS = FOLDER / "demands.json"
SCRIPT = ROOT / "tests" / "demands.py"
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


def find_catalogues(page):
    """Return the modules of the catalogue that name a page."""
    files = sorted(HARNESS.glob("catalogue/*.py"))
    return [file for file in files if f'"{page}"' in file.read_text()]


def digest(page):
    """Return the digest of a page, given by its name, and of what proves it."""
    files = [PAGES[page], *find_catalogues(page)]
    parts = [harness_digest().encode(), *(file.read_bytes() for file in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def read(page):
    """Return what is known of a page: {"faults": {...}, "mutants": [...], ...}, {} if
    nothing is that still holds."""
    file = FOLDER / f"{page}.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    return results if results.get("of") == digest(page) else {}


def keep(page, results):
    """Keep the results of a page."""
    file = FOLDER / f"{page}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"of": digest(page), **results}, indent=1))


def find_sources():
    """Return what tells of demands: the script, the faults, the cases of the library's
    proof, the library, and what these import of this project."""
    folders = "tests/proof/catalogue", "tests/library/cases", "keras_by_hand"
    files = [file for folder in folders for file in ROOT.glob(f"{folder}/**/*.py")]
    return sorted(find_imported([SCRIPT, *files], [HARNESS, HARNESS.parent, ROOT]))


@functools.cache
def read_demands():
    """Return what the tests demand, as tests/demands.py tells it: kept or asked."""
    sources = [hashlib.sha256(file.read_bytes()).hexdigest() for file in find_sources()]
    made_by = [find_versions(PACKAGES), list(PAGES), *sources]
    return ask_once(DEMANDS, made_by, SCRIPT)


def find_red():
    """Return {fault: whether it has turned its own page red} of those that were tried, as
    the page and the fault are now."""
    faults = read_demands()["faults"]
    known = {page: read(page).get("faults", {}) for page in PAGES}
    return {
        name: known[fault["page"]][name]["state"] in RED
        for name, fault in faults.items()
        if name in known[fault["page"]]
    }
