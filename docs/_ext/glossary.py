"""Links from the words of a page: to the glossary, and to the pages that share them.

Pages stay plain: a ``:term:`` role would be read as it is written in their notebooks.
"""

import math
from collections import Counter

from docutils import nodes
from sphinx import addnodes

from gallery import stages
from gallery.glossary import GLOSSARY, compile_words, find_terms, find_terms_for
from gallery.includes import rubric
from gallery.kinds import notes_of
from gallery.paths import SOURCES, find_pages, name_of

# -- To the glossary, from the first use of each term


def reference(word, term, docname):
    return addnodes.pending_xref(
        "",
        nodes.inline("", word, classes=["xref", "std", "std-term"]),
        refdomain="std",
        reftype="term",
        reftarget=term,
        refdoc=docname,
        refexplicit=True,
        refwarn=True,
    )


def link_terms(app, doctree):
    """Make links of the first uses, in paragraphs, of the glossary's terms, where these
    have its sense."""
    app.env.note_dependency(GLOSSARY)
    if app.env.docname == GLOSSARY.stem:
        return
    left = {term.lower(): term for term in find_terms_for(app.env.docname)}
    words = compile_words(find_terms())  # "tied weights" has no weight in it
    for text in list(doctree.findall(nodes.Text)):
        if not isinstance(text.parent, nodes.paragraph):
            continue
        parts, end = [], 0
        for match in words.finditer(text):
            if term := left.pop(match[1].lower(), None):
                link = reference(match[0], term, app.env.docname)
                parts += [nodes.Text(text[end : match.start()]), link]
                end = match.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[end:])])


# -- To related pages


def section(page):
    return page.split("/")[0]


def find_related(texts):
    """Return for each page the three that share most of its terms with it: two of its
    section, and another one; not its notes, which it lists.

    ``texts`` are the sources by page. A term counts the less, the more pages use it;
    among equals, the nearest pages in the order of the gallery come first.
    """
    words = compile_words(find_terms())
    used = {
        page: {term.lower() for term in words.findall(text)}
        for page, text in texts.items()
    }
    pages = list(texts)
    uses = Counter(term for terms in used.values() for term in terms)
    weights = {term: math.log(len(pages) / count) for term, count in uses.items()}
    related = {}
    for place, page in enumerate(pages):
        others = [
            (
                -math.fsum(weights[term] for term in used[page] & used[other]),
                abs(place - n),
                n,
            )
            for n, other in enumerate(pages)
            if other != page and other not in notes_of(page)
        ]
        best = [pages[n] for *_, n in sorted(others)]
        near = [other for other in best if section(other) == section(page)][:2]
        others = [other for other in best if other not in near]
        related[page] = near + others[: 3 - len(near)]
    return related


def read_again(app, env, added, changed, removed):
    """Find the related pages; return the pages for which they have changed."""
    names = map(name_of, find_pages())
    texts = {name: (SOURCES / f"{name}.py").read_text() for name in names}
    before, env.related = getattr(env, "related", {}), find_related(texts)
    return [
        f"auto_examples/{page}"
        for page, related in env.related.items()
        if related != before.get(page)
    ]


def add_related(app, docname, source):
    """Put the cards of the related pages at the end of a page."""
    if pages := app.env.related.get(docname.removeprefix("auto_examples/")):
        files = " ".join(f"_build/pages/{page}.py" for page in pages)
        source[0] += f"\n{rubric('Related pages')}\n.. minigallery:: {files}\n"


def setup(app):
    app.connect("doctree-read", link_terms, priority=stages.CHANGE_DOCTREE)
    app.connect("env-get-outdated", read_again, priority=stages.FIND_OUTDATED)
    app.connect("source-read", add_related, priority=stages.READ_TEXT)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
