"""The report of what was checked: on every page, on the home page, and in full.

While a page runs, each assertion that it calls is recorded beside the page's .rst. From
these records, and from that of ``make faults``, come the texts (.inc) that hand-written
pages include.
"""

import functools
import hashlib
import json
import re

import numpy as np
from paths import DOCS, EXAMPLES, GALLERY, ROOT, STYLE, find_pages
from sphinx.util import logging

FAULTS = DOCS / "_build" / "faults.json"
STATES = {  # of a fault on a page, and their signs in the matrix
    "caught": ":abbr:`● (caught)`",
    "no effect": ":abbr:`· (no effect)`",
    "missed": "**missed**",
}
NAMES = ("assert_equal", "assert_array_equal", "assert_array_less")

logger = logging.getLogger(__name__)
original = {name: getattr(np.testing, name) for name in NAMES}
checks = []  # of the page that runs now


# -- Recording, while a page runs


def describe(name, actual, desired):
    """Return what an assertion that has passed compared.

    "part" is the largest error as a part of its limit, None where none is allowed;
    "vain" says why the assertion could not have failed, None if it could.
    """
    part = vain = None
    arrays = isinstance(actual, np.ndarray) and isinstance(desired, np.ndarray)
    if arrays and actual.__array_interface__ == desired.__array_interface__:
        vain = "compares an array with itself"
    if name == "assert_array_less":  # the error, and its limit
        with np.errstate(divide="ignore", invalid="ignore"):
            part = float(np.nanmax(np.divide(actual, desired)))
        if part == 0:
            vain = "finds no error at all: let it compare exactly"
        if not np.all(np.isfinite(desired)):
            vain = "has a limit that is no finite number: any error is below it"
    numbers = actual.size if isinstance(actual, np.ndarray) else 1
    return {"numbers": numbers, "part": part, "vain": vain}


def recording(name):
    @functools.wraps(original[name])
    def check(actual, desired, *arguments, **options):
        original[name](actual, desired, *arguments, **options)
        checks.append(describe(name, actual, desired))

    return check


def start():
    """Record from here on."""
    checks.clear()
    for name in NAMES:
        setattr(np.testing, name, recording(name))


def stop(page):
    """Write the record of the page of this file name, and record no more."""
    import keras
    import tensorflow as tf

    for name in NAMES:
        setattr(np.testing, name, original[name])
    modules = {"Keras": keras, "TensorFlow": tf, "NumPy": np}
    versions = {name: module.__version__ for name, module in modules.items()}
    (source,) = EXAMPLES.glob(f"*/{page}")
    path = GALLERY / source.parent.name / f"{source.stem}.checks.json"
    path.write_text(json.dumps({"checks": checks, "versions": versions}))


# -- Reporting, from the records


def summary(checks):
    """Return the number of checks, of exact ones, of numbers, and the largest error."""
    parts = [check["part"] for check in checks if check["part"] is not None]
    numbers = sum(check["numbers"] for check in checks)
    return len(checks), len(checks) - len(parts), numbers, max(parts, default=0)


def sentence(checks, versions):
    count, exact, numbers, part = summary(checks)
    error = f"largest error {part:.2f} of its limit; " if exact < count else ""
    made_with = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{count} checks, {exact} exact; {numbers:,} numbers; {error}{made_with}"


def add_sentence(app, docname, source):
    """Put a page's record above its downloads; warn where it proves nothing."""
    path = DOCS / f"{docname}.checks.json"
    if not re.fullmatch(r"auto_examples/\w+/plot_\w+", docname):
        return
    record = json.loads(path.read_text()) if path.exists() else {"checks": []}
    if not any(check["numbers"] > 1 for check in record["checks"]):
        logger.warning("the page compares no arrays", location=docname)
        return
    for number, check in enumerate(record["checks"], 1):
        if check["vain"]:
            logger.warning("check %d %s", number, check["vain"], location=docname)
    app.env.note_dependency(path)
    text = f".. container:: checked\n\n   Checked: {sentence(**record)}.\n\n"
    downloads = ".. _sphx_glr_download_"
    source[0] = source[0].replace(downloads, text + downloads, 1)


def table(header, rows):
    """Return a reStructuredText table."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for first, *others in (header, *rows):
        lines += [f"   * - {first}", *(f"     - {cell}" for cell in others)]
    return "\n".join(lines) + "\n"


def number_ids(path):
    """Number the ids of an SVG; Matplotlib's depend on the last bits of its layout."""
    text = path.read_text()
    for number, name in enumerate(re.findall(r'id="([a-z][0-9a-f]{10})"', text)):
        text = text.replace(name, f"{name[0]}{number}")
    path.write_text(text)


def draw(parts):
    """Draw each page's largest error as a part of its limit."""
    import matplotlib.pyplot as plt

    with plt.style.context(STYLE):
        fig, axis = plt.subplots(figsize=(6, 0.8 + 0.25 * len(parts)))
        axis.barh(list(parts), list(parts.values()), height=0.6)
        axis.axvline(1, linestyle="--", color="C1")
        axis.invert_yaxis()
        axis.set(title="Largest error as a part of its limit", xlim=(0, 1.05))
        path = GALLERY / "checks.svg"
        fig.savefig(path, bbox_inches="tight", metadata={"Date": None})
        plt.close(fig)
    number_ids(path)


def write(name, text):
    """Write a text for a page to include, unless it stands there already."""
    path = GALLERY / name
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
        return True
    return False


def name_of(page):
    """Return a script's name on the site and in the records: section/stem."""
    return f"{page.parent.name}/{page.stem}"


def write_checks(app):
    """Write the table of all pages, its figure, and the totals."""
    rows, parts, everything, versions = [], {}, [], {}
    for page in find_pages():
        path = GALLERY / f"{name_of(page)}.checks.json"
        if not path.exists():  # the page has failed, and the build says so
            continue
        record = json.loads(path.read_text())
        count, exact, numbers, part = summary(record["checks"])
        link = f":doc:`/auto_examples/{name_of(page)}`"
        rows.append((link, count, exact, f"{numbers:,}", f"{part:.2f}"))
        parts[page.stem] = part
        everything += record["checks"]
        versions = record["versions"]
    write("totals.inc", f"{len(rows)} pages, {sentence(everything, versions)}.\n")
    header = ("Page", "Checks", "Exact", "Numbers", "Largest error, of its limit")
    if write("checks.inc", table(header, rows)):
        draw(parts)


def matrix(pages):
    """Return the matrix of some pages and their faults, and what its columns are."""
    faults = dict.fromkeys(fault for states in pages.values() for fault in states)
    rows = [
        (fault, *(STATES.get(states.get(fault), "") for states in pages.values()))
        for fault in faults
    ]
    legend = "".join(f"#. :doc:`/auto_examples/{page}`\n" for page in pages)
    return f"{legend}\n{table(('Fault', *range(1, len(pages) + 1)), rows)}"


@functools.cache
def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def digests_of_faults(page):
    """Return the digests of all that a page and its faults are made of."""
    tests = ROOT / "tests"
    catalogues = [
        tests / f"catalogue/{name}.py" for name in ("dense", page.parent.name)
    ]
    harness = [tests / f"{name}.py" for name in ("breaking", "faults", "pages")]
    files = [page, *catalogues, *harness, ROOT / "requirements.txt"]
    return list(map(digest, files))


def read_faults():
    """Return what was measured on these very files: {page: {fault: state}}."""
    record = json.loads(FAULTS.read_text()) if FAULTS.exists() else {}
    return {
        name_of(page): found["states"]
        for page in find_pages()
        if (found := record.get(name_of(page)))
        and found.get("digests") == digests_of_faults(page)
    }


def keep_faults(page, digests, states):
    """Keep what was measured on a page, {fault: state}, and on which files.

    A page that a fault stopped was not measured to its end.
    """
    if "stopped" in states.values():
        return
    record = json.loads(FAULTS.read_text()) if FAULTS.exists() else {}
    record[name_of(page)] = {"digests": digests, "states": states}
    FAULTS.parent.mkdir(parents=True, exist_ok=True)
    FAULTS.write_text(json.dumps(record, indent=1))


def write_faults(app):
    """Write the matrices of faults and pages, a section each, if all were measured."""
    pages = read_faults()
    if len(pages) < len(find_pages()):
        write("faults.inc", "Not run for this build: ``make faults`` runs them.\n")
        return
    found = [state for states in pages.values() for state in states.values()]
    faults = {fault for states in pages.values() for fault in states}
    counts = ", ".join(f"{found.count(state)} times {state}" for state in STATES)
    text = f"{len(faults)} faults on {len(pages)} pages: {counts}.\n"
    for section in dict.fromkeys(page.split("/")[0] for page in pages):
        group = {page: pages[page] for page in pages if page.startswith(f"{section}/")}
        title = section.capitalize()
        text += f"\n{title}\n{'-' * len(title)}\n\n{matrix(group)}"
    write("faults.inc", text)


def setup(app):
    app.connect("source-read", add_sentence)
    # Later than Sphinx-Gallery, which runs the pages at the same event.
    app.connect("builder-inited", write_checks, priority=900)
    app.connect("builder-inited", write_faults, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
