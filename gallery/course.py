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
