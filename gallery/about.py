"""Which pages are about which entries of the reference, and the other way round: those that
its functions were written for, and those that have its name in their title."""

import functools
import re

from gallery.functions import page_of
from gallery.kinds import KINDS, kind_of
from gallery.package import find_place
from gallery.paths import SOURCES, find_pages, name_of
from gallery.reference import find_entries, function_name
from gallery.scripts import read_title

MOST_OF_A_KIND = 6  # pages that an entry leads to
MOST_ENTRIES = 2  # that a page leads to


@functools.cache
def read_titles():
    """Return {page: its title}, in the order of the gallery."""
    names = map(name_of, find_pages())
    return {name: read_title(SOURCES / f"{name}.py") for name in names}


def homes_of(entry):
    """Return the pages that the functions of an entry were written for."""
    return list(
        dict.fromkeys(filter(None, map(page_of, map(function_name, entry.told))))
    )


def find_named(entry):
    """Return the pages that have a name of an entry in their title."""
    names = "|".join(re.escape(name) for _, name in entry.things)
    word = re.compile(rf"\b({names})\b")
    return [
        page for page, title in read_titles().items() if names and word.search(title)
    ]


def find_named_homes(entry):
    named = find_named(entry)
    return [page for page in homes_of(entry) if page in named]


def pages_about(entry):
    """Return {kind: the pages of that kind that are about an entry}."""
    pages = dict.fromkeys([*homes_of(entry), *find_named(entry)])
    of_kinds = {kind: [p for p in pages if kind_of(p) == kind] for kind in KINDS}
    return {kind: found[:MOST_OF_A_KIND] for kind, found in of_kinds.items() if found}


def find_used(entry):
    """Return the pages of an entry's own family that use one of its classes."""
    names = "|".join(re.escape(name) for _, name in entry.things)
    word = re.compile(rf"\b({names})\(")
    family = entry.page.rpartition("/")[2]
    texts = {page: (SOURCES / f"{page}.py").read_text() for page in of_family(family)}
    return [page for page, text in texts.items() if names and word.search(text)]


def of_family(family):
    return [page for page in read_titles() if page.split("/")[0] == family]


@functools.cache
def find_entries_about():
    """Return {page: the entries that it is about}: those that have their name in its
    title, or it as their home, those first that have both; where there are none, one of
    its family that it uses."""
    found = {page: [] for page in read_titles()}
    entries = [entry for of_page in find_entries().values() for entry in of_page]
    for pages_of in (find_named_homes, find_named, homes_of, find_used):
        for entry in filter(is_public, entries):
            for page in pages_of(entry):
                if pages_of == find_used and found[page]:
                    continue
                if entry not in found[page]:
                    found[page].append(entry)
    return {
        page: sorted(about, key=lambda entry: not entry.things)[:MOST_ENTRIES]
        for page, about in found.items()
    }


def is_public(entry):
    """Whether Keras has a name for it, or it can be imported."""
    return entry.things or any(map(find_place, map(function_name, entry.told)))
