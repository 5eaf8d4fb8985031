"""The course, on its pages: a lesson leads to the one before and the one after, not to the
neighbours that it has in the gallery; its sidebar is the course's.

``:lesson:`dense/plot_relu``` is the number of a lesson, and leads to it.
"""

from itertools import groupby

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from gallery import stages
from gallery.course import COURSE, LAB, number_lessons, read_course
from gallery.paths import SOURCES
from gallery.scripts import read_title

TEACHING = "teaching"
logger = logging.getLogger(__name__)


def read_again(app, env, added, changed, removed):
    """Read the course; return its pages, before and after, if it has changed: each shows
    the titles of all."""
    before, items = getattr(env, "course", []), read_course()
    told_before = getattr(env, "course_titles", [])
    env.course = items
    env.course_titles = [read_title(SOURCES / f"{item.name}.py") for item in items]
    if (before, told_before) == (items, env.course_titles):
        return []
    pages = {f"auto_examples/{item.name}" for item in before + items}
    return [page for page in [*pages, COURSE.stem, TEACHING] if page in env.found_docs]


# -- The number of a lesson


class LessonRole(SphinxRole):
    """The number of a lesson, as a link."""

    def run(self):
        number = number_lessons(self.env.course).get(self.text)
        if number is None:
            where = self.get_location()
            logger.warning("no lesson of the course is %s", self.text, location=where)
        link = addnodes.pending_xref(
            "",
            nodes.inline("", f"{number}", classes=["doc"]),
            refdomain="std",
            reftype="doc",
            reftarget=f"/auto_examples/{self.text}",
            refdoc=self.env.docname,
            refexplicit=True,
            refwarn=True,
        )
        return [link], []


# -- Around the lesson


def title_of(app, docname):
    """Return the title of a document as HTML."""
    return app.builder.render_partial(app.env.titles[docname])["title"]


def lead_on(app, pagename, templatename, context, doctree):
    """Let the theme lead from the course through its lessons, and back to it."""
    row = [f"auto_examples/{item.name}" for item in app.env.course]
    row = [COURSE.stem, *row, COURSE.stem] if row else []
    if pagename not in row:
        return
    number = row.index(pagename)
    leading = {"next": row[number + 1]}
    if number:  # the course itself has its neighbour on the site before it
        leading["prev"] = row[number - 1]
    for name, other in leading.items():
        context[name] = {
            "link": app.builder.get_relative_uri(pagename, other),
            "title": title_of(app, other),
        }


def shorten(titles):
    """Return titles up to their colons, where that leaves no two alike."""
    short = [title.split(":")[0] for title in titles]
    return [s if short.count(s) == 1 else t for s, t in zip(short, titles)]


def put_beside(app, pagename, templatename, context, doctree):
    """Give the sidebar what it lists on pages of the course, and the script that
    remembers what was read: [(part, [what one needs of a lesson, ...]), ...]."""
    items = app.env.course
    pages = [f"auto_examples/{item.name}" for item in items]
    if not items or pagename not in (COURSE.stem, TEACHING, *pages):
        return
    numbers = number_lessons(items)
    titles = shorten([title_of(app, page) for page in pages])
    entries = [
        {
            "name": item.name,
            "number": "Lab" if item.kind == LAB else numbers[item.name],
            "title": title,
            "link": context["pathto"](page),
            "is_current": page == pagename,
            "part": item.part,
        }
        for item, page, title in zip(items, pages, titles)
    ]
    parts = groupby(entries, key=lambda entry: entry["part"])
    context["course"] = [(part, list(entries)) for part, entries in parts]
    app.add_js_file("course.js", loading_method="defer")


def setup(app):
    app.add_role("lesson", LessonRole())
    app.connect("env-get-outdated", read_again, priority=stages.FIND_OUTDATED)
    app.connect("html-page-context", lead_on, priority=stages.WRITE_PAGE)
    app.connect("html-page-context", put_beside, priority=stages.WRITE_PAGE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
