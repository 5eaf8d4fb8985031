"""A lesson says which it is of the course, and leads to the one before and the one after,
not to the neighbours that it has in the gallery."""

from gallery import stages
from gallery.course import COURSE, find_lessons
from gallery.paths import DOCS, SOURCES
from gallery.scripts import read_docstring

LINKS = ".. container:: page-links\n"  # the first of them stand below the title


def add_place(app, docname, source):
    """Say below the title of a lesson which it is."""
    lessons = find_lessons()
    page = docname.removeprefix("auto_examples/")
    if page in lessons:
        app.env.note_dependency(COURSE)
        place = f"Lesson {lessons.index(page) + 1} of {len(lessons)}"
        line = f".. rst-class:: lesson\n\n{place} in :doc:`the course </course>`\n\n"
        source[0] = source[0].replace(LINKS, f"{line}{LINKS}", 1)


def lead_on(app, pagename, templatename, context, doctree):
    """Let the theme lead from lesson to lesson; from the ends, to the course."""
    lessons = [f"auto_examples/{name}" for name in find_lessons()]
    if pagename in lessons:
        row = [COURSE.stem, *lessons, COURSE.stem]
        number = lessons.index(pagename) + 1
        for name, other in (("prev", row[number - 1]), ("next", row[number + 1])):
            context[name] = {
                "link": app.builder.get_relative_uri(pagename, other),
                "title": title_of(other),
            }


def title_of(docname):
    """Return the title of a page, or of a hand-written text."""
    page = SOURCES / f"{docname.removeprefix('auto_examples/')}.py"
    text = (
        read_docstring(page)
        if page.is_file()
        else (DOCS / f"{docname}.rst").read_text()
    )
    return text.split("\n")[0]


def setup(app):
    app.connect("source-read", add_place, priority=stages.READ_TEXT)
    app.connect("html-page-context", lead_on, priority=stages.WRITE_PAGE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
