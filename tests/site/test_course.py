"""The course: its lessons exist, have the form of a lesson, and lead to one another; its
sidebar lists them, and teachers find notes on each."""

import functools
import re

import pytest
import running
from bs4 import BeautifulSoup
from project import ROOT, SITE

from gallery import linker
from gallery.course import COURSE, LAB, find_lessons, number_lessons, read_course
from gallery.exercises import TRY_IT
from gallery.paths import DOCS, EXAMPLES, SOURCES, find_pages, name_of
from gallery.scripts import text_of

ITEMS = read_course()
NAMES = [item.name for item in ITEMS]
LESSONS = find_lessons()
CORE = 12  # lines of code under "Compute it", at most
LONGER = {  # up to 25, and why the idea needs them
    "training/plot_autograd": "a class with three operations, and the way back",
    "training/plot_whole_network": "forward, backward and training, all of a network",
    "training/plot_overfitting": "training, and when to stop it",
    "regularization/plot_dropout": "training, as the mask returns in its gradient",
    "convolution/plot_conv_against_dense": "filters shared by all patches, and back",
    "models/plot_lenet": "the way through three layers, and back again",
    "models/plot_residual": "gradients need the way forward, too",
    "recurrent/plot_lstm_remembers": "an LSTM's way back needs the way forward",
    "models/plot_gpt": "the functions of the lessons before, once more",
    "models/plot_llama_block": "five changes to a block, each in a few lines",
}
LONG = {"training/plot_overfitting": 2}  # lines more, for three cures and their check
TOUCHED = 15  # lines more where the figure becomes a picture to touch
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
def test_a_lesson_is_short(name):
    text = (SOURCES / f"{name}.py").read_text()
    most = 160 if name.startswith("models/") else 120
    most += TOUCHED * ("moving_picture" in text) + LONG.get(name, 0)
    assert text.count("\n") <= most
    lines = count_core(running.Page(EXAMPLES / f"{name}.py"))
    assert 3 <= lines <= (25 if name in LONGER else CORE), f"{lines} lines of core"


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_folds_little(name):
    page = SOURCES / f"{name}.py"
    folded = [line for line in linker.link(page) if line.file != page]
    assert len(folded) <= FOLDED


def test_longer_cores_have_a_reason_and_need_it():
    for name in LONGER:
        assert name in LESSONS
        assert count_core(running.Page(EXAMPLES / f"{name}.py")) > CORE, name


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
