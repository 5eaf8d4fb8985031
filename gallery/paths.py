"""Where things are, and the pages in the order of ideas, which examples/order.txt has: what
is indented there is a note, which stands below its article; [a heading] begins a group.

SOURCES are the pages as they are written; EXAMPLES, as readers get them (linker.py).
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SOURCES = ROOT / "examples"
EXAMPLES = DOCS / "_build" / "pages"
GALLERY = DOCS / "auto_examples"
STYLE = Path(__file__).with_name("figures.mplstyle")
PROVED = DOCS / "_build" / "proved.json"  # tests/what_was_proved.py writes it
ARCHITECTURES = DOCS / "applications.json"  # the table that "make applications" writes
LISTED: dict[str, list[str]] = {}  # the pages, and what else people call them
NOTES: dict[str, str] = {}  # the pages that are notes, and the article of each
GROUPS: dict[str, str] = {}  # the first page of a group, and what stands above it


def read_order():
    """Read the pages, "section/stem", what people call them, which are notes, and where
    groups begin."""
    heading = article = ""
    for line in (SOURCES / "order.txt").read_text().split("\n"):
        name, _, words = line.strip().partition(":")
        if line.startswith("["):
            heading = line.strip("[]")
        elif name and not line.startswith("#"):
            LISTED[name] = words.split(", ")
            if line.startswith(" "):
                NOTES[name] = article
            else:
                article = name
                if heading:
                    GROUPS[name], heading = heading, ""


read_order()
ORDER = list(LISTED)
SECTIONS = list(dict.fromkeys(line.split("/")[0] for line in ORDER))


def name_of(page):
    """Return a script's name on the site and in records: section/stem."""
    return f"{page.parent.name}/{page.stem}"


def name_in(docname):
    """Return the name of the page that a document of the site is; None for others."""
    found = re.fullmatch(r"auto_examples/(\w+/plot_\w+)", docname)
    return found and found[1]


def place(name):
    """Return what puts names, "section/stem", in order; what is not listed comes last."""
    section = name.split("/")[0]
    of_section = SECTIONS.index(section) if section in SECTIONS else len(SECTIONS)
    of_page = ORDER.index(name) if name in ORDER else len(ORDER)
    return of_section, section, of_page, name


def find_pages():
    """Return the scripts of the gallery in order, linked."""
    names = sorted(map(name_of, SOURCES.glob("*/plot_*.py")), key=place)
    return [EXAMPLES / f"{name}.py" for name in names]


class AsWritten:
    """What Sphinx-Gallery sorts the file names of a section by."""

    def __init__(self, folder):
        self.section = Path(folder).name

    def __call__(self, name):
        return place(f"{self.section}/{Path(name).stem}")
