"""The kinds of pages. A lesson or a lab is listed by docs/course.rst; a note is indented
below its article in examples/order.txt; any other page is an article. No page says it.
"""

from gallery.course import LAB, LESSON, read_course
from gallery.paths import NOTES

ARTICLE, NOTE = "article", "note"
KINDS = [LESSON, LAB, ARTICLE, NOTE]
OF_COURSE = {item.name: item.kind for item in read_course()}


def kind_of(name):
    """Return which kind a page, "section/stem", is of."""
    return OF_COURSE.get(name) or (NOTE if name in NOTES else ARTICLE)


def notes_of(name):
    """Return the notes that stand below a page, in order."""
    return [note for note, article in NOTES.items() if article == name]
