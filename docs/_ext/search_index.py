"""The search: its page, and search_index.js, which has what can be found.

A page of the gallery is found as a whole. Of other pages, each section is found by itself,
and each term of the glossary. Sphinx' own search is not built: it wants all words of a
question on one page.
"""

import json
import re
import textwrap
from pathlib import Path

import sphinx.search
from docutils import nodes
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.util import docname_join

from gallery import stages
from gallery.kinds import kind_of
from gallery.paths import name_in, place
from gallery.search_index import Page, Place, make_index
from gallery.search_terms import find_terms, find_terms_of_others

STEMMER = [
    Path(sphinx.search.__file__).parent / "minified-js" / name
    for name in ("base-stemmer.js", "english-stemmer.js")
]
OF_SPHINX = ("searchtools.js", "language_data.js")  # no page loads them any more
# Code answers no question, nor does what the build says of each page.
LEFT_OUT = (
    nodes.comment,
    nodes.raw,
    nodes.math_block,
    nodes.image,
    addnodes.only,
    addnodes.toctree,
)
OF_EACH_PAGE = {"place", "page-links", "checked", "notebook-links"}
FOUND_BY_ITSELF = (nodes.section, nodes.definition_list_item)
SENTENCE = re.compile(r".{20,}?[.:?!](?=\s|$)")
LONGEST = 120  # letters of the sentence that is shown of what is found


def is_left_out(node):
    if isinstance(node, nodes.literal_block):
        return node.get("language") != "none"  # an error message stays
    if isinstance(node, nodes.Element) and OF_EACH_PAGE.intersection(node["classes"]):
        return True
    return isinstance(node, LEFT_OUT)


def links_to_pages(node):
    """Return the links of a text that have the titles of pages."""
    links = node.findall(addnodes.pending_xref)
    return [
        link for link in links if link["reftype"] == "doc" and not link["refexplicit"]
    ]


def read(env, docname):
    """Return the text of a page, with the titles of those that it links."""
    doctree = env.get_doctree(docname)
    left_out = list(doctree.findall(is_left_out))
    if docname.startswith("reference/"):  # these pages say it themselves
        left_out += filter(links_to_pages, doctree.findall(nodes.paragraph))
    for node in left_out:
        node.parent.remove(node)
    for link in links_to_pages(doctree):
        name = docname_join(docname, link["reftarget"])
        title = env.titles.get(name, link)  # none if it is not there, which is told
        link.replace_self(nodes.Text(title.astext()))
    return doctree


def find_texts(node):
    """Yield the texts in a section, but for those of its sections and terms."""
    for child in node.children:
        if isinstance(child, nodes.TextElement):
            if not isinstance(child, nodes.title):
                yield " ".join(child.astext().split())
        elif not isinstance(child, FOUND_BY_ITSELF):
            yield from find_texts(child)


def first_sentence(texts):
    """Return what is shown of what is found."""
    text = texts[0] if texts else ""
    found = SENTENCE.match(text)
    return textwrap.shorten(found[0] if found else text, LONGEST, placeholder=" ...")


def texts_of(kind, node):
    """Return the texts of a place. Of an entry of the reference, only names count after the
    first one: what arguments do is said in the same words everywhere."""
    texts = list(find_texts(node))
    if kind == "reference":
        return texts[:1] + [name.astext() for name in node.findall(nodes.literal)]
    return texts


def find_places(env, docname, kind):
    """Yield the title, the anchor and the texts of what can be found on a page, first of
    the page itself."""
    doctree = read(env, docname)
    page, *sections = doctree.findall(nodes.section)
    title = env.titles[docname].astext()
    if kind == "gallery":
        inner = [text for section in sections for text in find_texts(section)]
        yield title, "", [*find_texts(page), *inner]
        return
    yield title, "", texts_of(kind, page)
    for section in sections:
        title = section.next_node(nodes.title).astext()
        yield title, section["ids"][0], texts_of(kind, section)
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            term, definition = item.children
            yield term.astext(), term["ids"][0], list(find_texts(definition))


def find_page(app, docname, terms):
    """Return a page, and what can be found on it."""
    kind = "gallery" if name_in(docname) else docname.partition("/")[0]
    places = [
        Place(title, anchor, first_sentence(texts), " ".join(texts))
        for title, anchor, texts in find_places(app.env, docname, kind)
    ]
    kind = kind_of(name) if (name := name_in(docname)) else kind
    return Page(app.builder.get_target_uri(docname), kind, sorted(terms), places)


def find_pages(app):
    """Return all pages, those of the gallery first, in their order."""
    of_gallery, of_others = find_terms(), find_terms_of_others()
    if unknown := of_others.keys() - app.env.found_docs:
        raise ExtensionError(f"docs/search_terms.toml names no page: {min(unknown)}")
    names = sorted(of_gallery, key=place)
    terms = {f"auto_examples/{name}": of_gallery[name] for name in names}
    for docname in sorted(app.env.found_docs - {"404", *terms}):
        terms[docname] = of_others.get(docname, ())
    return [find_page(app, docname, words) for docname, words in terms.items()]


def write_index(app, exception):
    if exception:
        return
    index = make_index(find_pages(app))
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("\\", r"\\").replace("'", r"\'")
    site = Path(app.outdir)
    # A script, as a site on a disk can load no other file; of JSON, which is read faster.
    script = f"const searchIndex = JSON.parse('{text}');\n"
    (site / "search_index.js").write_text(script)
    stemmer = "".join(file.read_text() for file in STEMMER)
    (site / "_static" / "stemmer.js").write_text(stemmer)
    for name in OF_SPHINX:
        (site / "_static" / name).unlink(missing_ok=True)


def replace_search(app):
    """Build the page of the search without Sphinx' own search."""
    app.builder.search = False
    app.config.html_additional_pages["search"] = "search.html"


def setup(app):
    app.connect("builder-inited", replace_search, priority=stages.TELL_OF_PAGES)
    app.connect("build-finished", write_index, priority=stages.COMPLETE_SITE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
