"""Other words for a page, under which the search finds it first. Those of a page of the
gallery begin its title, are names of its functions, or stand beside it in
examples/order.txt; those of the pages that are written by hand, in docs/search_terms.toml.

Of several pages with the same words, the first one is found; one that has them beside its
name, before one that has them in its title, and this before one that only has a function of
that name. Of titles with a name of Keras, that of the page with its function counts first.
"""

import collections
import re
import tomllib

from gallery.functions import find_taught, find_things
from gallery.paths import DOCS, LISTED, find_pages, name_of
from gallery.scripts import read_title


def of_title(page):
    """Return what stands before the colon of a page's title, one by one."""
    head = read_title(page).partition(":")[0].lower()
    return {word.strip() for word in re.split(r", | and ", head)}


def of_list(name):
    """Return what stands beside a page's name in examples/order.txt."""
    return {word.strip().lower() for word in LISTED.get(name, [])}


def of_functions():
    """Return the names of the functions of each page, and Keras' names for them."""
    names = collections.defaultdict(set)
    for thing, page in find_taught().items():
        name = find_things()[thing]
        names[page] |= {thing[1].lower(), name, name.replace("_", " ")}
    return names


def find_terms():
    """Return the words of each page, {"section/stem": {word, ...}}."""
    pages = {name_of(page): page for page in find_pages()}
    listed = {name: of_list(name) for name in pages}
    titles = {name: of_title(page) for name, page in pages.items()}
    functions = of_functions()
    of_both = {name: titles[name] & functions[name] for name in pages}
    terms, taken = {name: set() for name in pages}, {""}
    for words in (listed, of_both, titles, functions):  # the first of them count most
        for name in pages:
            terms[name] |= words[name] - taken
            taken |= words[name]
    return terms


def find_terms_of_others():
    """Return the words of the pages that are written by hand, {page: [word, ...]}."""
    listed = tomllib.loads((DOCS / "search_terms.toml").read_text())
    return {page: words.split(", ") for page, words in listed.items()}
