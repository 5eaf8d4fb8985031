"""The exercises of lessons: the check of each is green for its solution, red for wrong
answers, and cannot be passed by the expected value itself; scripts, the site and notebooks
have what belongs to each task below it.
"""

import ast
import json
import re
import zipfile
from pathlib import Path

import nbformat
import pytest
import running
from project import SITE, downloads
from wrong_answers import find_faults, is_green, run, run_page, solve

from gallery.course import find_numbered
from gallery.course_notebooks import WITH, WITHOUT, compose
from gallery.exercise_cells import ANSWER, CHECK, SOLUTION, has_tag
from gallery.exercises import (
    Exercise,
    find_file,
    read_exercises,
    split_solution,
)
from gallery.launching import FIRST_CELL
from gallery.paths import SOURCES, find_pages, name_of
from gallery.repository import find_address

PAGES = [name for name in map(name_of, find_pages()) if find_file(name).is_file()]


def read_notebook(name):
    """Return the cells of a page's notebook."""
    file = downloads("ipynb")[f"{Path(name).name}.ipynb"]
    return nbformat.read(file, as_version=4).cells


def in_groups(cells):
    """Yield [answer, check, hint, solution] for each exercise of a notebook."""
    places = [number for number, cell in enumerate(cells) if has_tag(cell, ANSWER)]
    for place in places:
        yield cells[place : place + 4]


# -- The checks


def test_each_file_of_solutions_belongs_to_a_page():
    files = set(SOURCES.glob("*/solutions/*"))
    assert files == {find_file(name) for name in PAGES}
    assert files


@pytest.mark.drawn  # a lesson that trains takes seconds, and most do
@pytest.mark.parametrize("name", PAGES)
def test_a_check_is_green_for_the_solution_and_red_for_all_else(name):
    page, exercises = run_page(name), read_exercises(name)
    groups = list(in_groups(read_notebook(name)))
    assert len(groups) == len(exercises)
    skipped = dict(page)  # of somebody who answers none, or only one
    for exercise, (answer, check, *_) in zip(exercises, groups):
        run(ast.parse(answer.source).body, opened := dict(skipped))
        assert not is_green(ast.parse(check.source).body, opened), check.source
        assert is_green(ast.parse(exercise.solution).body, skipped), exercise.check
        skipped = opened
    for exercise in exercises:
        faults = list(find_faults(exercise, page))
        assert faults == [], "\n".join([exercise.check, *faults])


@pytest.fixture(scope="module")
def page():
    return running.run(
        """
import numpy as np
x = np.arange(6.0).reshape(2, 3)
kernel = np.array([[1.0, -2.0], [3.0, 5.0], [0.0, 4.0]])
y = x @ kernel
loss = 3.0


def double(x):
    return 2 * x
""",
        "page",
    )


PRODUCT = "both = x @ kernel @ kernel.T"
TWICE = """
def twice(x):
    if np.ndim(x):
        return 2 * x
    return 0
"""


@pytest.mark.parametrize(
    "solution, fault",
    [
        (f"{PRODUCT}\nassert np.allclose(both @ kernel, y @ kernel.T @ kernel)", None),
        (f"{PRODUCT}\nprint(both)", "is no check"),
        (f"{PRODUCT}\nassert np.all(both @ kernel == y)", "red for the solution"),
        (f"{PRODUCT}\nassert np.all(y == x @ kernel)", "asks for no answer"),
        (f"{PRODUCT}\nnp.testing.assert_allclose(both, y @ kernel.T)", "as it is"),
        (f"{PRODUCT}\nassert np.allclose(y @ kernel.T, b=both)", "as it is"),
        (f"{PRODUCT}\nassert np.abs(both - y @ kernel.T).max() < 1e-5", "as it is"),
        (f"{PRODUCT}\nassert np.all(both.round(3) == (y @ kernel.T))", "as it is"),
        ("best = 3 * 7\nassert np.float32(best) == 21", "as it is"),
        ("less = loss < 4\nassert less", "as it is"),
        ("two = [x, x[0]]\nassert len(two) + len(two[0]) == 4", "green for two: zeros"),
        ("best = 3 * 7\nassert float(best).is_integer() and best**2 == 441", None),
        ("z = x @ kernel\nassert np.all(z + 1 == y + 1)", "on the page already: y"),
        (f"{PRODUCT}\nassert both.shape == (2, 3)", "green for both: zeros"),
        (f"{PRODUCT}\nassert np.all(both.std(axis=0) > 0)", "both: x of the page"),
        (f"{PRODUCT}\nassert np.std(both) > 1", "green for both: itself + 1"),
        ("n = 7\nassert n % 6 == 1", "green for n: ones"),
        ("n = 1\nm = 2 * n\nassert m == n + n", "green for m, n: zeros"),
        ("loss = 1.0\nassert loss * 2 < 7", "green for loss: as the page has it"),
        (f"{PRODUCT}\nboth[0] = 0\nassert np.all(both[1] * 2 != 9)", "green without"),
        (f"{TWICE}\nassert np.all(twice(kernel) == 2 * kernel)", "double of the page"),
        (f"{TWICE}\nassert twice(kernel).shape == (3, 2)", "that returns ones"),
        (f"{TWICE}\nassert twice(loss) is not None", "that returns its argument"),
    ],
)
def test_faults_of_checks_are_found(page, solution, fault):
    exercise = Exercise("Find it.", "A hint.", *split_solution(solution.strip()))
    faults = list(find_faults(exercise, dict(page)))
    if fault is None:
        assert faults == []
    else:
        assert any(fault in found for found in faults), faults


def test_what_the_task_gives_is_no_answer(page):
    solution = f"new = 2 * x\n{PRODUCT}\nlast = both + new\nassert last.shape == (2, 3)"
    task = "Let ``new = 2 * x``, and find ``both``, with ``last = both + new``."
    exercise = Exercise(task, "A hint.", *split_solution(solution))
    solved = solve(exercise, dict(page))
    assert solved.answers == ["both"]
    assert "green for both: zeros" in find_faults(exercise, dict(page))


# -- Scripts, the site and notebooks


def in_comment(text):
    return "".join(f"#       {line}".rstrip() + "\n" for line in text.splitlines())


@pytest.mark.parametrize("name", PAGES)
def test_scripts_have_checks_and_neither_hints_nor_solutions(name):
    script = downloads("py")[f"{Path(name).name}.py"].read_text()
    *tasks, _ = re.split(r"(?=^# \d\. |^# Hints and)", script, flags=re.M)[1:]
    exercises = read_exercises(name)
    assert len(tasks) == len(exercises)
    for task, exercise in zip(tasks, exercises):
        check = f"#\n#    Check::\n#\n{in_comment(exercise.check)}"
        assert check in task
        assert exercise.hint.split("\n")[0] not in script
        assert in_comment(exercise.answer) not in script


@pytest.mark.parametrize("name", PAGES)
def test_the_site_folds_them_below_each_task(name):
    shown = (SITE / f"auto_examples/{name}.html").read_text()
    asked = shown.partition('<section id="try-it">')[2].partition("</section>")[0]
    (items,) = re.findall(r'<ol class="arabic">(.*)</ol>', asked, re.S)
    items = items.split("<li>")[1:]
    exercises = read_exercises(name)
    assert len(items) >= len(exercises)
    for number in range(1, len(exercises) + 1):
        item = next(i for i in items if f"<summary>A hint for {number}</summary>" in i)
        head, hint, solution = item.split("<details")
        assert "<pre>" in head
        assert f"<summary>A solution of {number}</summary>" in solution
        assert "<pre>" in solution


@pytest.mark.parametrize("name", PAGES)
def test_notebooks_have_cells_for_each_exercise(name):
    cells = read_notebook(name)
    exercises = read_exercises(name)
    groups = list(in_groups(cells))
    assert len(groups) == len(exercises)
    for number, (exercise, group) in enumerate(zip(exercises, groups), 1):
        answer, check, hint, solution = group
        assert [cell.cell_type for cell in group] == 2 * ["code"] + 2 * ["markdown"]
        assert answer.source.startswith(f"# Your answer to {number}")
        ast.parse(answer.source)
        assert check.metadata.tags == [CHECK]
        assert check.source.startswith("# Run me after your answer.")
        assert check.source.endswith(exercise.check)
        assert f"<summary>A hint for {number}</summary>" in hint.source
        assert f"```python\n{exercise.answer}\n```" in solution.source
        assert solution.metadata.tags == [SOLUTION]
        assert exercise.answer not in answer.source


@pytest.mark.parametrize("name", PAGES)
def test_notebooks_and_scripts_lead_back_to_the_solutions(name):
    shown = (SITE / f"auto_examples/{name}.html").read_text()
    assert '<section id="try-it">' in shown
    back = f"{find_address()}auto_examples/{name}.html#try-it"
    assert back not in shown
    for kind in ("py", "ipynb"):
        last = downloads(kind)[f"{Path(name).name}.{kind}"].read_text()[-2000:]
        assert back in last


def test_other_notebooks_have_no_such_cells():
    lessons = {f"{Path(name).name}.ipynb" for name in PAGES}
    for name, file in downloads("ipynb").items():
        if name not in lessons:
            cells = nbformat.read(file, as_version=4).cells
            assert not any("tags" in cell.metadata for cell in cells), name


@pytest.mark.drawn
@pytest.mark.parametrize("name", PAGES[:3])
def test_a_notebook_that_is_answered_runs_through(name):
    cells = read_notebook(name)
    for exercise, (answer, *_) in zip(read_exercises(name), in_groups(cells)):
        answer.source = exercise.answer
    codes = [cell.source for cell in cells if cell.cell_type == "code"]
    assert codes[0] == FIRST_CELL  # which is not Python throughout
    running.run("\n".join(codes[1:]), name)


# -- The zips of the course


def test_the_course_is_offered_in_two_zips():
    for file, solutions in ((WITH, True), (WITHOUT, False)):
        assert (SITE / file.name).read_bytes() == compose(solutions)
        for copy in SITE.glob(f"_downloads/*/{file.name}"):
            assert copy.read_bytes() == compose(solutions)


def test_their_notebooks_are_in_order_and_one_has_no_solutions():
    pages = [page for _, page in sorted(find_numbered())]
    with zipfile.ZipFile(WITH) as solved, zipfile.ZipFile(WITHOUT) as asked:
        assert solved.namelist() == asked.namelist() == sorted(solved.namelist())
        names = [re.sub(r"^\d\d+b?_", "", name) for name in solved.namelist()]
        assert names == [f"{page.split('/')[1]}.ipynb" for page in pages]
        for name, page in zip(solved.namelist(), pages):
            file = downloads("ipynb")[f"{Path(page).name}.ipynb"]
            assert solved.read(name) == file.read_bytes()
            cells = json.loads(solved.read(name))["cells"]
            kept = [cell for cell in cells if not has_tag(cell, SOLUTION)]
            assert json.loads(asked.read(name))["cells"] == kept
            if page in PAGES:
                assert len(cells) - len(kept) == len(read_exercises(page))
                assert "A hint for 1" in str(kept) and "A solution" not in str(kept)
