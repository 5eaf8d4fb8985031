"""The words under which the search finds a page first: those that begin its title, the
names of its functions, and those that stand beside it in examples/order.txt.

Of several pages with the same words, the first one is found; one that has them beside its
name, before one that has them in its title, and this before one that only has a function of
that name. Of titles with a name of Keras, that of the page with its function counts first.
"""

import collections
import re

from sphinx import addnodes
from sphinx.util.index_entries import split_index_msg

from gallery import stages
from gallery.functions import find_taught, find_things
from gallery.paths import LISTED, find_pages, name_of
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


def restore(env):
    """Let Sphinx know the words of pages that it does not write again: it forgets them."""
    kept = env._search_index_index_entries
    for docname, entries in env.domaindata["index"].get("entries", {}).items():
        words = {
            (word, target, main)
            for kind, value, target, main, _ in entries
            for word in split_index_msg(kind, value)
        }
        kept[docname] = sorted(words)
    for page, terms in env.search_terms.items():
        if (docname := f"auto_examples/{page}") in env.all_docs:
            kept[docname] = [(term, "", "main") for term in sorted(terms)]


def find_all(app):
    app.env.search_terms = find_terms()
    restore(app.env)


def add_terms(app, doctree):
    """Put the words of a page of the gallery into the index, and so into the search."""
    page = app.env.docname.removeprefix("auto_examples/")
    terms = sorted(app.env.search_terms.get(page, ()))
    entries = [("single", term, "", "main", None) for term in terms]
    doctree.insert(0, addnodes.index(entries=entries))


def setup(app):
    app.connect("builder-inited", find_all, priority=stages.TELL_OF_PAGES)
    app.connect("doctree-read", add_terms, priority=stages.CHANGE_DOCTREE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
