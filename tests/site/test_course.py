"""The course: its lessons exist, have the form of a lesson, and lead to one another; its
sidebar lists them, and teachers find notes on each."""

import functools
import re

import pytest
from bs4 import BeautifulSoup
from project import ROOT, SITE

from gallery import linker
from gallery.course import COURSE, LAB, find_lessons, number_lessons, read_course
from gallery.exercises import TRY_IT
from gallery.paths import DOCS, SOURCES, find_pages, name_of

ITEMS = read_course()
NAMES = [item.name for item in ITEMS]
LESSONS = find_lessons()
FOLDED = 120  # lines of the library, at most
PARTS = ["Build it", "See it", "Compute it", "Check it", "Break it", TRY_IT]
NOTES = {"Minutes", "Outcomes", "What students get wrong", "Show"}


@functools.cache
def parsed(docname):
    return BeautifulSoup((SITE / f"{docname}.html").read_text(), "html.parser")


def leads_to(docname, link):
    return ((SITE / f"{docname}.html").parent / link["href"]).resolve()


# -- The list


def test_each_lesson_is_listed_once_and_numbered():
    assert len(NAMES) == len(set(NAMES))
    assert set(NAMES) <= set(map(name_of, find_pages()))
    numbers = re.findall(r"^(\d+)\. ", COURSE.read_text(), re.MULTILINE)
    assert list(map(int, numbers)) == list(range(1, len(LESSONS) + 1))
    assert all(item.part for item in ITEMS)


def test_each_page_of_labs_is_a_lab_of_the_course():
    labs = {name_of(page) for page in find_pages() if page.parent.name == "labs"}
    assert {item.name for item in ITEMS if item.kind == LAB} == labs


@pytest.mark.parametrize("file", [COURSE, DOCS / "index.rst", ROOT / "README.md"])
def test_the_number_of_lessons_is_told_right(file):
    told = re.findall(r"([\w-]+) lessons\b.*", file.read_text().split("\n\n\n")[0])
    numbers = [word for word in told if word.isdigit()]
    assert numbers and set(numbers) == {str(len(LESSONS))}


def test_each_entry_says_what_one_can_do_afterwards():
    said = re.findall(r"^(?:\d+\.|Lab:) .*`\n *(You .+\.)$", COURSE.read_text(), re.M)
    assert len(said) == len(set(said)) == len(ITEMS)


# -- The form of a lesson


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_all_parts_in_order(name):
    text = (SOURCES / f"{name}.py").read_text()
    headings = re.findall(r"^# ([A-Z][\w ]+)\n# -+$", text, re.MULTILINE)
    assert set(PARTS) <= set(headings) <= {*PARTS, "In full"}
    assert len(headings) == len(set(headings))
    order = [heading for heading in headings if heading != "See it"]
    assert order == [part for part in PARTS if part != "See it"][:-1] + (
        ["In full", TRY_IT] if "In full" in headings else [TRY_IT]
    )
    assert headings[-1] == TRY_IT


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_folds_little(name):
    page = SOURCES / f"{name}.py"
    folded = [line for line in linker.link(page) if line.file != page]
    assert len(folded) <= FOLDED


# -- The way through the course


@pytest.mark.parametrize("number, name", list(enumerate(NAMES)))
def test_a_page_of_the_course_leads_to_the_next(number, name):
    row = ["course", *(f"auto_examples/{other}" for other in NAMES), "course"]
    page = parsed(f"auto_examples/{name}")
    for way, other in (("prev", row[number]), ("next", row[number + 2])):
        (link,) = page.select(f"a.{way}-page")
        assert leads_to(f"auto_examples/{name}", link) == SITE / f"{other}.html"
    numbers = number_lessons(ITEMS)
    place = f"Lesson {numbers.get(name)} of {len(LESSONS)} in the course"
    (said,) = page.select("p.place")
    place = place if name in numbers else "A lab of the course"
    assert said.text.partition(". In the reference")[0] == place


def test_the_course_leads_to_its_first_lesson():
    (link,) = parsed("course").select("a.next-page")
    assert leads_to("course", link) == SITE / f"auto_examples/{NAMES[0]}.html"


@pytest.mark.parametrize("name", ["course", "teaching", *NAMES])
def test_the_sidebar_lists_the_course(name):
    docname = f"auto_examples/{name}" if "/" in name else name
    (sidebar,) = parsed(docname).select(".sidebar-tree")
    links = sidebar.select("[data-lesson]")
    assert [link["data-lesson"] for link in links] == NAMES
    for link in links:
        target = SITE / f"auto_examples/{link['data-lesson']}.html"
        assert link["href"] == "#" or leads_to(docname, link) == target
    labels = [link.select_one(".lesson-number").text for link in links]
    numbers = number_lessons(ITEMS)
    assert labels == [str(numbers.get(item.name, "Lab")) for item in ITEMS]
    titles = [link.text for link in links]
    assert len(titles) == len(set(titles))
    parts = list(dict.fromkeys(item.part for item in ITEMS))
    assert [part.text for part in sidebar.select(".caption")] == parts
    here = sidebar.select(".current-page > [aria-current=page]")
    assert [link["href"] for link in here] == ["#"]
    gallery = SITE / "auto_examples/index.html"
    assert gallery in [leads_to(docname, link) for link in sidebar.select("a")]


def test_only_pages_of_the_course_have_its_sidebar_and_script():
    others = set(map(name_of, find_pages())) - set(NAMES)
    for docname in ("index", "reference", *(f"auto_examples/{n}" for n in others)):
        text = (SITE / f"{docname}.html").read_text()
        assert "data-lesson" not in text and "course.js" not in text, docname
    for name in NAMES:
        assert "course.js" in (SITE / f"auto_examples/{name}.html").read_text()


# -- Notes for teachers


@functools.cache
def read_notes():
    """Return {page: {field: text}} of docs/teaching.rst."""
    text = (DOCS / "teaching.rst").read_text()
    term = r"^(?::lesson:`\S+`|Lab) :doc:`auto_examples/(\w+/\w+)`\n"
    notes = re.split(term, text, flags=re.MULTILINE)
    field = re.compile(r"^   :([\w ]+):\s+(\S.*(?:\n {6,}.+)*)", re.MULTILINE)
    return {
        name: dict(field.findall(note)) for name, note in zip(notes[1::2], notes[2::2])
    }


@pytest.mark.parametrize("name", NAMES)
def test_teachers_find_notes(name):
    assert name in read_notes()
    notes = read_notes()[name]
    assert notes.keys() == NOTES
    assert re.fullmatch(r"[1-9]\d*", notes["Minutes"])


def test_notes_stand_in_the_order_of_the_course():
    assert list(read_notes()) == NAMES


def test_plans_follow_the_course_and_the_longest_has_all_of_it():
    text = (DOCS / "teaching.rst").read_text()
    rows = re.split(r"^   \* - (?:\d+|Week)\n", text, flags=re.MULTILINE)[2:]
    assert len(rows) == 14
    plans = [[], [], []]
    for row in rows:
        cells = re.findall(r"^     -(.*(?:\n {7}.+)*)", row, re.MULTILINE)
        assert len(cells) == 3
        for plan, cell in zip(plans, cells):
            places = re.sub(r":lesson:`(\S+)`", r"\1", cell)
            places = re.sub(r":doc:`lab </auto_examples/(\S+)>`", r"\1", places)
            for run in filter(None, " ".join(places.split()).split(", ")):
                first, _, last = run.partition(" to ")
                numbers = NAMES.index(first), NAMES.index(last or first)
                plan += NAMES[numbers[0] : numbers[1] + 1]
    for plan in plans:
        assert plan == sorted(set(plan), key=NAMES.index)
    assert plans[2] == NAMES
