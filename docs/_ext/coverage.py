"""The table of all that Dense can do, and of the page that checks each part of it.

It is made from all_of_dense.toml. That the table is complete, and that each page goes
red under the fault beside it, is for tests/test_all_of_dense.py to say.
"""

import tomllib

from paths import DOCS
from report import table, write

SOURCE = DOCS / "all_of_dense.toml"


def row(name, entry):
    """Return the cells of one row: what it is, its page, and the fault."""
    return f"``{name}``", f":doc:`/auto_examples/{entry['page']}`", entry["fault"]


def write_coverage(app):
    """Write a table for each group of entries, and their number."""
    groups = tomllib.loads(SOURCE.read_text())
    text = f"{sum(map(len, groups.values()))} entries, each checked on a page.\n"
    for title, group in groups.items():
        header = (title.capitalize(), "Checked on", "The page goes red under")
        text += f"\n{table(header, [row(*item) for item in group.items()])}"
    write("coverage.inc", text)


def note_source(app, docname, source):
    """Read the page again when its source has changed."""
    if docname == SOURCE.stem:
        app.env.note_dependency(SOURCE)


def setup(app):
    # Later than Sphinx-Gallery, as the text stands beside its pages.
    app.connect("builder-inited", write_coverage, priority=900)
    app.connect("source-read", note_source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
