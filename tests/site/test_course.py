"""The course: its lessons exist, have the form of a lesson, and lead to one another."""

import re

import pytest
import running
from project import SITE

from gallery.course import COURSE, find_lessons
from gallery.exercises import TRY_IT
from gallery.paths import EXAMPLES, SOURCES, find_pages, name_of
from gallery.scripts import text_of

LESSONS = find_lessons()
CORE = 12  # lines of code under "Compute it", at most
LONGER = {  # up to 25, and why the idea needs them
    "training/plot_whole_network": "forward, backward and training, all of a network",
    "models/plot_lenet": "the way through three layers, and back again",
    "models/plot_residual": "gradients need the way forward, too",
    "models/plot_gpt": "attention and block of earlier lessons are written again",
    "models/plot_llama_block": "five changes, of two to five lines each, and the block",
}


def count_core(page):
    """Return how many lines of code the page's own core has, comments left out."""
    source = page.path.read_text()
    core = [
        text_of(statement, source)
        for heading, statement in zip(page.headings, page.tree.body)
        if heading == "Compute it" and statement not in page.linked
    ]
    lines = "\n".join(core).splitlines()
    return sum(bool(re.sub(r"#.*", "", line).strip()) for line in lines)


def test_there_are_thirty_lessons_each_once():
    assert len(LESSONS) == len(set(LESSONS)) == 30
    assert set(LESSONS) <= set(map(name_of, find_pages()))
    numbers = re.findall(r"^(\d+)\. ", COURSE.read_text(), re.M)
    assert list(map(int, numbers)) == list(range(1, 31))


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_the_form_of_one(name):
    page = running.Page(EXAMPLES / f"{name}.py")
    lines = count_core(page)
    limit = 25 if name in LONGER else CORE
    assert 0 < lines <= limit, f"{lines} lines"
    text = (SOURCES / f"{name}.py").read_text()
    assert text.count("\n") <= (160 if name.startswith("models/") else 120)
    headings = re.findall(r"^# ([A-Z][\w ]+)\n# -+$", text, re.M)
    assert headings[0] == "Build it" and headings[-1] == TRY_IT
    order = ["Compute it", "Check it", "Break it"]
    assert [heading for heading in headings if heading in order] == order
    assert "See it" in headings


@pytest.mark.parametrize("number, name", list(enumerate(LESSONS)))
def test_a_lesson_leads_to_the_next(number, name):
    row = ["course", *(f"auto_examples/{lesson}" for lesson in LESSONS), "course"]
    text = (SITE / f"auto_examples/{name}.html").read_text()
    for way, other in (("prev", row[number]), ("next", row[number + 2])):
        (address,) = re.findall(rf'<a class="{way}-page" href="([^"]+)"', text)
        found = (SITE / f"auto_examples/{name}.html").parent / address
        assert found.resolve() == SITE / f"{other}.html"
    assert f"Lesson {number + 1} of 30" in text
