"""The words of the glossary: which they are, and where they have its sense."""

import re

from gallery.paths import DOCS

GLOSSARY = DOCS / "glossary.rst"
# A term, and below it, where it has another sense elsewhere, the places in which it is
# linked, or is not: families, or single pages.
ENTRY = re.compile(
    r"^   (?P<term>\w[\w -]*)\n"
    r"(?:      \.\. (?P<no>not )?linked in: (?P<places>.+(?:\n {9}.+)*)\n)?",
    re.MULTILINE,
)


def find_terms():
    """Return the terms of the glossary, which stand three blanks from the margin."""
    return [entry["term"] for entry in ENTRY.finditer(GLOSSARY.read_text())]


def find_terms_for(docname):
    """Return the terms that have the glossary's sense on a page."""
    page = re.sub("^(auto_examples|reference)/", "", docname)
    found = []
    for entry in ENTRY.finditer(GLOSSARY.read_text()):
        places = re.split(r",\s+", entry["places"] or "")
        is_there = any(f"{page}/".startswith(f"{place}/") for place in places)
        if not entry["places"] or is_there != bool(entry["no"]):
            found.append(entry["term"])
    return found


def compile_words(terms):
    """Return a pattern of the terms, also in the plural: its group 1 is the term."""
    longest_first = sorted(terms, key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(longest_first)})(?:e?s)?\b", re.IGNORECASE)


def read_entries():
    """Return {term: its entry, as text}."""
    entries = re.split(r"\n(?=   \w)", GLOSSARY.read_text())[1:]
    return {entry.strip().split("\n")[0]: entry for entry in entries}
