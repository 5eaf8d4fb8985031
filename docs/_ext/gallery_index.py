"""The gallery's index has the titles of all pages, to be filtered; pictures of all would
be too much to load for one page, and are on the pages of the families.
"""

import html
import re

from families import read_header

from gallery import stages
from gallery.kinds import kind_of
from gallery.paths import LISTED, SOURCES
from gallery.scripts import read_title

INDEX = "auto_examples/index"
THUMBNAILS = re.compile(
    r'\.\. raw:: html\n\n    <div class="sphx-glr-thumbnails">'
    r".*?\.\. thumbnail-parent-div-close\n\n\.\. raw:: html\n\n    </div>\n",
    re.DOTALL,
)
PAGE = re.compile(r":doc:`/auto_examples/(\w+/plot_\w+)`")


def entry(name):
    """Return the title of a page as a link that can be filtered (filter.js)."""
    title = read_title(SOURCES / f"{name}.py").replace("``", "")
    words = [*LISTED.get(name, []), read_header(name.split("/")[0])[0]]
    return (
        f'<li class="{kind_of(name)}"><a href="{name}.html" '
        f'data-words="{html.escape(" ".join(words))}">{html.escape(title)}</a></li>'
    )


def list_titles(thumbnails):
    """Return a list of the titles in the place of the thumbnails of a family."""
    names = PAGE.findall(thumbnails[0])
    if not names:
        return ""
    family = names[0].split("/")[0]
    title = read_header(family)[0]
    entries = "\n   ".join(map(entry, names))
    return (
        f":doc:`{title}, with pictures </auto_examples/{family}/index>`\n\n"
        f'.. raw:: html\n\n   <ul class="titles">\n   {entries}\n   </ul>\n'
    )


def list_all(app, docname, source):
    if docname == INDEX:
        app.env.note_dependency(SOURCES / "order.txt")
        source[0] = THUMBNAILS.sub(list_titles, source[0])


def setup(app):
    app.connect("source-read", list_all, priority=stages.READ_TEXT)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
