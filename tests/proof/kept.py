"""What was proved of pages, kept from run to run.

A page's results stand in docs/_build/proof/<section>/<page>.json, with a digest of all
that they depend on: results of other files or versions count as none.
"""

import functools
import hashlib
import json
from pathlib import Path

from gallery.dependencies import find_imported, find_versions
from gallery.paths import DOCS, ROOT, find_pages, name_of

FOLDER = DOCS / "_build" / "proof"
HARNESS = Path(__file__).parent
PACKAGES = ("keras", "tensorflow", "tensorflow-cpu", "numpy", "jax", "torch")
PAGES = {name_of(page): page for page in find_pages()}


def find_harness():
    """Return what proves all pages: the modules beside this one, and what they import of
    this project; not what only tests them."""
    modules = [f for f in HARNESS.glob("*.py") if not f.name.startswith("test_")]
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
