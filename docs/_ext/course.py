"""A lesson says which it is of the course, and leads to the one before and the one after,
not to the neighbours that it has in the gallery."""

from gallery import stages
from gallery.course import COURSE, find_lessons
from gallery.paths import name_in

LINKS = ".. container:: page-links\n"  # the first of them stand below the title


def read_again(app, env, added, changed, removed):
    """Read the course; return the lessons before and after if it has changed."""
    before, env.lessons = getattr(env, "lessons", []), find_lessons()
    if before == env.lessons:
        return []
    return [f"auto_examples/{name}" for name in {*before, *env.lessons}]


def add_place(app, docname, source):
    """Say below the title of a lesson which it is."""
    page, lessons = name_in(docname), app.env.lessons
    if page in lessons:
        place = f"Lesson {lessons.index(page) + 1} of {len(lessons)}"
        line = f".. rst-class:: lesson\n\n{place} in :doc:`the course </course>`\n\n"
        source[0] = source[0].replace(LINKS, f"{line}{LINKS}", 1)


def lead_on(app, pagename, templatename, context, doctree):
    """Let the theme lead from lesson to lesson; from the ends, to the course."""
    lessons = [f"auto_examples/{name}" for name in app.env.lessons]
    if pagename in lessons:
        row = [COURSE.stem, *lessons, COURSE.stem]
        number = lessons.index(pagename) + 1
        for name, other in (("prev", row[number - 1]), ("next", row[number + 1])):
            context[name] = {
                "link": app.builder.get_relative_uri(pagename, other),
                "title": app.builder.render_partial(app.env.titles[other])["title"],
            }


def setup(app):
    app.connect("env-get-outdated", read_again, priority=stages.FIND_OUTDATED)
    app.connect("source-read", add_place, priority=stages.READ_TEXT)
    app.connect("html-page-context", lead_on, priority=stages.WRITE_PAGE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
