"""Exercises: what a lesson asks under "Try it", and for each task a hint, a solution and a
check.

They stand in examples/<family>/solutions/<page>.py: for each task a text, the hint, and
code, the solution, whose last statement is the check. The linker puts the check below its
task, so that the script has it; the site and the notebook add hint and solution.
"""

import ast
import re
import textwrap
from typing import NamedTuple

from sphinx_gallery.py_source_parser import split_code_and_text_blocks

from gallery.paths import SOURCES
from gallery.repository import find_address

TRY_IT = "Try it"
TASK = re.compile(
    r"^\d\. (.*(?:\n+   .*)*)", re.M
)  # an item, and what is indented in it
WAY_BACK = """
Hints and solutions, and the way to the next lesson:
{address}auto_examples/{page}.html#try-it
"""
CHECK = """
   Check::

{check}
"""


class Exercise(NamedTuple):
    """An exercise: what the page asks, a hint, code that solves it, and the statement that
    checks this."""

    task: str
    hint: str
    answer: str
    check: str

    @property
    def solution(self):
        return f"{self.answer}\n{self.check}"


def find_file(page):
    """Return the file of the solutions of a page, given as "section/stem"."""
    section, stem = page.split("/")
    return SOURCES / section / "solutions" / f"{stem}.py"


def read_try_it(page):
    """Return what a page says under "Try it", as it is written, and the line where that
    begins; "" where it asks nothing."""
    kind, text, line = split_code_and_text_blocks(str(SOURCES / f"{page}.py"))[1][-1]
    asks = kind == "text" and text.partition("\n")[0] == TRY_IT
    return (text, line) if asks else ("", line)


def split_tasks(text):
    """Return the parts of a text, each of which ends with a task, and what is left."""
    ends = [0, *(task.end() for task in TASK.finditer(text))]
    parts = [text[start:end] for start, end in zip(ends, ends[1:])]
    return parts, text[ends[-1] :]


def split_solution(code):
    """Return the code of an answer, and the check that ends it."""
    lines, check = code.splitlines(), ast.parse(code).body[-1]
    first = check.lineno - 1
    return (
        "\n".join(lines[:first]).rstrip(),
        "\n".join(lines[first : check.end_lineno]),
    )


def way_back(page):
    """Return what scripts and notebooks of a page, given as "section/stem", say below what
    they ask, if they do: where the site has hints and solutions of it."""
    if not find_file(page).is_file():
        return ""
    return WAY_BACK.format(address=find_address(), page=page)


def find_page(text):
    """Return the page, "section/stem", whose way back a text has; None if it has none."""
    found = re.search(r"/auto_examples/(\w+/\w+)\.html#try-it$", text.rstrip())
    return found and found[1]


def read_exercises(page):
    """Return the exercises of a page, given as "section/stem".

    Raises ValueError where there is not one hint and one solution for each task.
    """
    tasks, file = TASK.findall(read_try_it(page)[0]), find_file(page)
    blocks = split_code_and_text_blocks(str(file))[1][1:] if file.is_file() else []
    kinds = [kind for kind, *_ in blocks]
    if kinds != ["text", "code"] * len(tasks):
        raise ValueError(
            f"{page} asks {len(tasks)} things: {file.relative_to(SOURCES.parent)} must "
            "have a hint and a solution for each, a text and code"
        )
    texts = [text.strip() for _, text, _ in blocks]
    solutions = map(split_solution, texts[1::2])
    return [Exercise(t, h, *s) for t, h, s in zip(tasks, texts[::2], solutions)]


def find_checks(page):
    """Yield (number of the last line of a task in its page, its check as text below it)."""
    if not find_file(page).is_file():
        return
    text, line = read_try_it(page)
    parts, _ = split_tasks(text)
    for number, exercise in enumerate(read_exercises(page)):
        line += parts[number].count("\n")
        check = CHECK.format(check=textwrap.indent(exercise.check, 6 * " "))
        is_last = number == len(parts) - 1
        yield line, check if is_last else f"{check}\n"
