"""Links from the words of a page to the glossary: from the first use of each term.

Pages stay plain: a ``:term:`` role would be read as it is written in their notebooks.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes


def terms(path):
    """Return the terms of the glossary, which stand three blanks from the margin."""
    return re.findall(r"^   (\w[\w ]*)$", path.read_text(), re.MULTILINE)


def reference(word, term, docname):
    link = addnodes.pending_xref(
        "",
        nodes.inline("", word, classes=["xref", "std", "std-term"]),
        refdomain="std",
        reftype="term",
        reftarget=term,
        refdoc=docname,
        refexplicit=True,
        refwarn=True,
    )
    return link


def link_terms(app, doctree):
    """Make links of the first uses, in paragraphs, of the glossary's terms."""
    path = Path(app.srcdir) / "glossary.rst"
    app.env.note_dependency(path)
    if app.env.docname == path.stem:
        return
    left = {term.lower(): term for term in terms(path)}
    longest_first = sorted(left, key=len, reverse=True)
    words = re.compile(rf"\b({'|'.join(longest_first)})(e?s)?\b", re.IGNORECASE)
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


def setup(app):
    app.connect("doctree-read", link_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
