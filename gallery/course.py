"""The course: its lessons, in the order in which docs/course.rst lists them."""

import re

from gallery.paths import DOCS

COURSE = DOCS / "course.rst"


def find_lessons():
    """Return the lessons, as "section/stem"; none where there is no course."""
    if not COURSE.exists():
        return []
    return re.findall(
        r"^\d+\. :doc:`auto_examples/(\w+/\w+)`", COURSE.read_text(), re.M
    )


def find_numbered():
    """Return [(number, page)] of all lessons and labs, each once, as the course lists them;
    a lab has the number of the lesson above it, and a b: "06", "06b", "07"."""
    found, number = {}, "00"
    text = COURSE.read_text() if COURSE.exists() else ""
    listed = r"^(\d+)\. :doc:`auto_examples/(\w+/\w+)`|`auto_examples/(labs/\w+)`"
    for of_lesson, lesson, lab in re.findall(listed, text, re.M):
        number = of_lesson.zfill(2) if lesson else number
        found.setdefault(lesson or lab, number if lesson else f"{number}b")
    return [(number, page) for page, number in found.items()]
