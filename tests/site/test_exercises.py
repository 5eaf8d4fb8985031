"""The exercises of lessons: each solution passes the check that the page tells its readers
to run, and a wrong one does not."""

import ast
from pathlib import Path

import mutation
import pytest
import running
from project import SITE, downloads

from gallery.exercises import find_file, read_exercises
from gallery.paths import EXAMPLES, SOURCES, find_pages, name_of
from gallery.repository import find_address
from gallery.scripts import text_of

PAGES = [name for name in map(name_of, find_pages()) if find_file(name).is_file()]


def plain(text):
    """A text without line breaks and the marks of code."""
    return " ".join(text.replace("``", "").split())


def run(statements, variables):
    """Run the statements of a solution with what its page has left."""
    tree = ast.Module(statements, type_ignores=[])
    with running.conditions():
        exec(compile(tree, "solution", "exec"), variables)


def is_red(statements, variables):
    """Whether a check fails; another error shows nothing."""
    try:
        run(statements, dict(variables))
    except AssertionError:
        return True
    except Exception:
        pass
    return False


def wrong_ones(statements):
    """Yield solutions in which a result is off by one, a function has a mistake, or a
    statement is missing."""
    for number, statement in enumerate(statements[:-1]):
        before, after = statements[:number], statements[number + 1 :]
        yield [*before, *after]
        if isinstance(statement, ast.FunctionDef):
            for _, mutant in mutation.mutate(statement, {}):
                yield [*before, mutant, *after]
        for target in getattr(statement, "targets", ()):
            other = ast.parse(f"{ast.unparse(target)} += 1").body
            if isinstance(target, ast.Name):
                yield [*before, statement, *other, *after]


def test_each_file_of_solutions_belongs_to_a_page():
    files = set(SOURCES.glob("*/solutions/*"))
    assert files == {find_file(name) for name in PAGES}
    assert files


@pytest.mark.parametrize("name", PAGES)
def test_solutions_pass_and_wrong_ones_do_not(name):
    page = EXAMPLES / f"{name}.py"
    right, wrong = [running.run(running.Page(page).tree, page) for _ in range(2)]
    for exercise in read_exercises(name):
        statements = ast.parse(exercise.solution).body
        check = statements[-1]
        assert any(map(running.is_check, ast.walk(check))), ast.unparse(check)
        asked = plain(text_of(check, exercise.solution))
        assert asked in plain(exercise.task), f"the page does not ask for {asked}"
        run(statements, dict(right))
        assert any(is_red(other, wrong) for other in wrong_ones(statements)), asked


def test_the_site_shows_them_and_notebooks_do_not():
    for name in PAGES:
        section, stem = name.split("/")
        shown = (SITE / f"auto_examples/{name}.html").read_text()
        for number, exercise in enumerate(read_exercises(name), 1):
            for words in ("A hint for", "A solution of"):
                assert f"<summary>{words} {number}</summary>" in shown
            lines = exercise.solution.splitlines()
            asked = plain(exercise.task)
            own = [line for line in lines if plain(line) and plain(line) not in asked]
            for kind in ("py", "ipynb"):
                text = downloads(kind)[f"{stem}.{kind}"].read_text()
                assert exercise.hint.split("\n")[0] not in text
                assert not all(line in text for line in own)


@pytest.mark.parametrize("name", PAGES)
def test_notebooks_and_scripts_lead_back_to_the_solutions(name):
    shown = (SITE / f"auto_examples/{name}.html").read_text()
    assert '<section id="try-it">' in shown
    back = f"{find_address()}auto_examples/{name}.html#try-it"
    assert back not in shown
    for kind in ("py", "ipynb"):
        last = downloads(kind)[f"{Path(name).name}.{kind}"].read_text()[-2000:]
        assert back in last
