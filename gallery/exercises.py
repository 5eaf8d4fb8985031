"""Exercises: what a lesson asks under "Try it", with a hint and a solution for each.

They stand in examples/<family>/solutions/<page>.py: for each exercise a text, the hint, and
the code that solves it, which ends with the check that the page tells its readers to run.
"""

import re
from typing import NamedTuple

from sphinx_gallery.py_source_parser import split_code_and_text_blocks

from gallery.paths import SOURCES
from gallery.repository import find_address

TRY_IT = "Try it"
WAY_BACK = """
Hints and solutions, and the way to the next lesson:
{address}auto_examples/{page}.html#try-it
"""


class Exercise(NamedTuple):
    """An exercise: what the page asks, a hint, and code that solves it."""

    task: str
    hint: str
    solution: str


def find_file(page):
    """Return the file of the solutions of a page, given as "section/stem"."""
    section, stem = page.split("/")
    return SOURCES / section / "solutions" / f"{stem}.py"


def find_tasks(page):
    """Return what a page asks under "Try it": the text of each item of its list."""
    blocks = split_code_and_text_blocks(str(SOURCES / f"{page}.py"))[1]
    kind, text, _ = blocks[-1]
    heading, _, asked = text.partition("\n")
    if kind != "text" or heading != TRY_IT:
        return []
    return re.split(r"^\d\. ", asked, flags=re.MULTILINE)[1:]


def way_back(page):
    """Return what scripts and notebooks of a page, given as "section/stem", say below what
    they ask, if they do: where the site has hints and solutions of it."""
    if not find_file(page).is_file():
        return ""
    return WAY_BACK.format(address=find_address(), page=page)


def read_exercises(page):
    """Return the exercises of a page, given as "section/stem".

    Raises ValueError where there is not one hint and one solution for each task.
    """
    tasks, file = find_tasks(page), find_file(page)
    blocks = split_code_and_text_blocks(str(file))[1][1:] if file.is_file() else []
    kinds = [kind for kind, *_ in blocks]
    if kinds != ["text", "code"] * len(tasks):
        raise ValueError(
            f"{page} asks {len(tasks)} things: {file.relative_to(SOURCES.parent)} must "
            "have a hint and a solution for each, a text and code"
        )
    texts = [text.strip() for _, text, _ in blocks]
    return list(map(Exercise, tasks, texts[::2], texts[1::2]))
