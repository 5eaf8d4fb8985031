"""Links between pages: where a page speaks of the page "Custom activation", or of the table
"Masks" of the reference, the site links to it. Pages stay plain: a ``:doc:`` role would be
read as it is written in their notebooks.
"""

import collections
import re

from sphinx.util import logging

from gallery import stages
from gallery.paths import SOURCES, find_pages, name_in, name_of
from gallery.scripts import TITLES, read_title

logger = logging.getLogger(__name__)

TABLES = {'the table "Masks"': "the table :ref:`Masks <masks>`"}


def find_titles():
    """Return {title: [pages that have it]}; the part before a colon counts as one, too."""
    found = collections.defaultdict(list)
    for page in map(name_of, find_pages()):
        title = read_title(SOURCES / f"{page}.py")
        for words in {title, title.split(":")[0]}:
            found[words].append(page)
    return found


def read_titles(app, env, docnames):
    env.page_titles = find_titles()


def link(title, env, docname):
    """Return a link to the page of that title, with which the text is read again; a page
    that is not there, or of which there are two, is a warning, which ends the build."""
    words = " ".join(title.split())
    pages = env.page_titles.get(words, [])
    if len(pages) != 1:
        said = "no page has" if not pages else f"{' and '.join(pages)} have"
        logger.warning('%s the title "%s"', said, words, location=docname)
        return f'"{title}"'
    env.note_dependency(SOURCES / f"{pages[0]}.py")
    return f":doc:`{words} </auto_examples/{pages[0]}>`"


def link_pages(app, docname, source):
    if name_in(docname):

        def linked(match):
            return re.sub(
                r'"([^"]+)"', lambda title: link(title[1], app.env, docname), match[0]
            )

        source[0] = TITLES.sub(linked, source[0])
        for table, reference in TABLES.items():
            source[0] = source[0].replace(table, reference)


def setup(app):
    app.connect("env-before-read-docs", read_titles)
    app.connect("source-read", link_pages, priority=stages.READ_TEXT)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
