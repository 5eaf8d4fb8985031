"""The course: its lessons and labs, in the order in which docs/course.rst lists them."""

import re
from typing import NamedTuple

from gallery.paths import DOCS

COURSE = DOCS / "course.rst"
LESSON, LAB = "lesson", "lab"
# The title of a part, a lesson, which begins with its number, or a lab
LINE = re.compile(
    r"^(?P<part>\w.*)\n-+$|^(?:\d+\.|(?P<lab>Lab:)) :doc:`auto_examples/(?P<name>\w+/\w+)`",
    re.MULTILINE,
)


class Item(NamedTuple):
    """A lesson or a lab: which of both, its page, "section/stem", and the part it is in."""

    kind: str
    name: str
    part: str


def read_course():
    """Return the lessons and labs in order, as a list of Items; none where there is no
    course."""
    items, part = [], ""
    for line in LINE.finditer(COURSE.read_text() if COURSE.exists() else ""):
        if line["part"]:
            part = line["part"]
        else:
            items.append(Item(LAB if line["lab"] else LESSON, line["name"], part))
    return items


def number_lessons(items):
    """Return {page: its number} of the lessons; labs have none."""
    lessons = [item.name for item in items if item.kind == LESSON]
    return {name: number for number, name in enumerate(lessons, 1)}


def find_lessons():
    """Return the pages of the lessons in order, without the labs."""
    return list(number_lessons(read_course()))


def find_numbered():
    """Return [(number, page)] of all lessons and labs, in order, for names of files; a lab
    has the number of the lesson above it, and a b: "06", "06b", "07"."""
    found, number = [], 0
    for item in read_course():
        number += item.kind == LESSON
        found.append((f"{number:02}{'b' if item.kind == LAB else ''}", item.name))
    return found
