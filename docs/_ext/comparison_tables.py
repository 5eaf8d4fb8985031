"""What the pages compared, from their records (gallery/comparisons.py): a sentence on each
page, the table of all, its figure and the totals.
"""

import json
import math
from pathlib import Path

from sphinx.util import logging

from gallery import stages
from gallery.figures import number_ids
from gallery.includes import table, write
from gallery.paths import DOCS, GALLERY, STYLE, find_pages, name_in, name_of

logger = logging.getLogger(__name__)


def summary(checks):
    """Return the number of checks, of exact ones, of numbers, and the largest error."""
    parts = [check["part"] for check in checks if check["part"] is not None]
    numbers = sum(check["numbers"] for check in checks)
    return len(checks), len(checks) - len(parts), numbers, max(parts, default=0)


def digits(checks):
    """Return to how many digits all agreed that had to agree to twelve or more, as
    numbers in float64 have to; 0 where none had to."""
    errors = [c["part"] * c["rtol"] for c in checks if (c["rtol"] or 1) <= 1e-12]
    return math.floor(-math.log10(max(errors, default=1)))


def in_human_terms(pages, checks):
    """Return what the checks of all pages amount to, in words for anyone."""
    numbers = sum(check["numbers"] for check in checks)
    text = (
        f"{pages} pages, run and checked on every change: {numbers:,} numbers in "
        f"{len(checks):,} comparisons."
    )
    if agreed := digits(checks):
        text += f" In float64, NumPy and Keras agree to {agreed} digits or more."
    return f"{text}\n"


def sentence(checks, versions):
    """Return what was checked on a page, and with what."""
    count, exact, numbers, part = summary(checks)
    text = f"{numbers:,} number{'s' * (numbers > 1)} in "
    text += f"{count} comparison{'s' * (count > 1)}"
    if exact == count:
        text += ", all of them exact"
    else:
        text += f", {exact} of them exact" * (exact > 0)
        text += f"; the largest error was {part:.1%} of what is allowed"
    made_with = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{text}. {made_with}"


def add_sentence(app, docname, source):
    """Put a page's record above its downloads; warn where it proves nothing."""
    path = DOCS / f"{docname}.checks.json"
    if not (name := name_in(docname)):
        return
    failed = map(Path, app.config.sphinx_gallery_conf["failing_examples"])
    if name in map(name_of, failed):
        return  # the build says so
    record = json.loads(path.read_text()) if path.exists() else {"checks": []}
    if not record["checks"]:
        logger.warning("the page compares nothing", location=docname)
        return
    for number, check in enumerate(record["checks"], 1):
        if check["vain"]:
            logger.warning("check %d %s", number, check["vain"], location=docname)
    app.env.note_dependency(path)
    text = f".. container:: checked\n\n   Checked: {sentence(**record)}.\n\n"
    downloads = ".. _sphx_glr_download_"
    source[0] = source[0].replace(downloads, text + downloads, 1)


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


def write_checks(app):
    """Write the table of all pages, its figure, and the totals."""
    rows, parts, everything = [], {}, []
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
    if everything:
        write("totals.inc", in_human_terms(len(rows), everything))
    header = ("Page", "Checks", "Exact", "Numbers", "Largest error, of its limit")
    if write("checks.inc", table(header, rows)):
        draw(parts)


def setup(app):
    app.connect("source-read", add_sentence, priority=stages.READ_TEXT)
    app.connect("builder-inited", write_checks, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
