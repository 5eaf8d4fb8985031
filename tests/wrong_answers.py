"""Wrong answers to the exercises of lessons, such as somebody hands in who is lazy, or has
not understood: each must be red.

An answer is a name that the check asks for, and that the solution makes and the task does
not give. Wrong is what has only its shape, what the page has already, and a solution that
lacks a statement.

``python tests/wrong_answers.py dense/plot_relu`` tells what is wrong with the checks of a
page, without a built site.
"""

import ast
import inspect
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent / "proof"))
import mutation
import numpy as np
import running

from gallery.exercise_cells import split_answer
from gallery.exercises import read_exercises
from gallery.linker import write_pages
from gallery.paths import EXAMPLES
from gallery.scripts import names_of

CASTS = {"array", "asarray", "float", "float32", "float64", "int", "round", "astype"}
COMPARING = {
    *("allclose", "array_equal", "array_equiv", "isclose"),
    *("assert_allclose", "assert_array_equal", "assert_equal", "equal"),
}
DISTANCES = {"abs", "absolute", "norm", "square"}


def run(statements, variables):
    """Run statements with what a page has left, which they may change."""
    tree = ast.Module(list(statements), type_ignores=[])
    with running.conditions():
        exec(compile(tree, "solution", "exec"), variables)


def is_green(statements, variables):
    try:
        run(statements, dict(variables))
    except Exception:
        return False
    return True


class Solved(NamedTuple):
    """An exercise that is solved: its check as ast, with what the task computes of the
    answers; the names of these; and the variables of its page, before and after."""

    check: list
    answers: list
    page: dict
    after: dict


def solve(exercise, page):
    """Run the solution of an exercise with what its page has left."""
    before, found, of_found = split_answer(exercise)
    after = dict(page)
    run(before, after)
    given = dict(after)
    run(found, after)
    check = [*of_found, *ast.parse(exercise.check).body]
    asked = names_of(ast.unparse(ast.Module(check, [])))[1]
    changed = {n for n in after if n not in given or after[n] is not given[n]}
    return Solved(check, sorted(asked & changed), page, after)


# -- What a check may not be


def is_bare(node, answers):
    """Whether a node of an ast is an answer as it is, but for its dtype or rounding."""
    if isinstance(node, ast.Call) and name_called(node) in CASTS:
        of_method = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return any(is_bare(part, answers) for part in [*of_method, *node.args[:1]])
    return isinstance(node, ast.Name) and node.id in answers


def name_called(call):
    return ast.unparse(call.func).split(".")[-1]


def sides_of(node):
    """Return what a node of an ast compares, if it compares; differences, too."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    name = name_called(node) if isinstance(node, ast.Call) else ""
    if name in COMPARING:
        return [*node.args, *(keyword.value for keyword in node.keywords)]
    if name in DISTANCES and node.args and isinstance(node.args[0], ast.BinOp):
        return [node.args[0].left, node.args[0].right]
    return []


def find_bare(check, answers):
    """Yield what compares an answer as it is to something that no answer is needed for:
    the expected value itself would pass. check: statements."""
    for node in (node for statement in check for node in ast.walk(statement)):
        if isinstance(node, ast.Assert) and is_bare(node.test, answers):
            yield ast.unparse(node)
        sides = sides_of(node)
        bare = [side for side in sides if is_bare(side, answers)]
        others = [side for side in sides if side not in bare]
        used = {n.id for s in others for n in ast.walk(s) if isinstance(n, ast.Name)}
        if bare and others and not used & set(answers):
            yield ast.unparse(node)


# -- Wrong values


def as_array(value):
    """Return a value as an array of numbers or booleans; None where it is none."""
    try:
        array = np.asarray(value)
    except Exception:
        return None
    return array if array.dtype.kind in "biuf" and array.size else None


def like(value, wrong):
    """Return an array as a value of the kind of another."""
    return wrong.item() if np.isscalar(value) and not wrong.ndim else wrong


def wrong_arrays(array):
    """Yield (what it is, array) of arrays that have only the shape of another."""
    yield "zeros", np.zeros_like(array)
    yield "ones", np.ones_like(array)
    if array.dtype.kind == "b":
        yield "its opposite", ~array
        return
    with np.errstate(all="ignore"):
        more, mean = array + 1, np.full_like(array, array.mean())
    yield "itself + 1", more
    yield "its mean everywhere", mean
    yield "no number", np.full(array.shape, np.nan)


def wrong_likes(value):
    """Yield (what it is, value) of values that have only the shape of another; of several
    arrays, all are wrong."""
    array = as_array(value)
    if array is not None:
        for words, wrong in wrong_arrays(array):
            if not np.array_equal(wrong, array):
                yield words, like(value, wrong)
    elif isinstance(value, (list, tuple)) and value:
        for several in zip(*map(list, map(wrong_likes, value))):
            kind = list if isinstance(value, list) else tuple
            yield several[0][0], kind(wrong for _, wrong in several)


def find_alike(value, page):
    """Yield (name, value) of what a page has in the shape of a value."""
    array = as_array(value)
    for name, other in page.items():
        if array is None or name.startswith("_") or callable(other):
            continue
        found = as_array(other)
        if found is not None and found.shape == array.shape:
            yield name, other


def find_equal(value, page):
    """Yield those of them that are the same numbers."""
    for name, other in find_alike(value, page):
        if np.allclose(as_array(other), as_array(value)):
            yield name, other


def wrong_values(name, solved):
    """Yield (what it is, value) of answers that are wrong."""
    value = solved.after[name]
    yield "None", None
    yield from wrong_likes(value)
    equal = dict(find_equal(value, solved.page))
    for other, found in find_alike(value, solved.page):
        if other not in equal:
            yield f"{other} of the page", found
    if name in solved.page:
        yield "as the page has it", solved.page[name]


def find_had(solved):
    """Return what the page has of an exercise's answers, if it has all of them: nothing is
    to be done then. A single number stands somewhere by chance."""
    had = {}
    for name in solved.answers:
        array = as_array(solved.after[name])
        if array is not None and array.size > 1:
            for other, _ in find_equal(array, solved.page):
                had[name] = other
    return had if had.keys() == {*solved.answers} else {}


# -- Wrong functions


def returning(function, change):
    """Return a function that changes what another returns."""

    def wrong(*args, **options):
        return change(function(*args, **options))

    return wrong


def wrong_functions(name, solved):
    """Yield (what it does, function) of functions that are wrong."""
    function, results = solved.after[name], []

    def noting(*args, **options):
        results.append(function(*args, **options))
        return results[-1]

    run(solved.check, {**solved.after, name: noting})
    yield "that returns None", lambda *args, **options: None
    for words in {w: None for result in results[:2] for w, _ in wrong_likes(result)}:

        def change(right, words=words):
            return dict(wrong_likes(right)).get(words, right)

        yield f"that returns {words}", returning(function, change)
    yield "that returns its argument", lambda *args, **options: (*args, None)[0]
    for result in results[:1]:
        for other, value in find_equal(result, solved.page):
            wrong = returning(function, lambda _, value=value: value)
            yield f"that returns {other} of the page", wrong
    for other, value in solved.page.items():
        if inspect.isfunction(value):
            yield f"that is {other} of the page", value


def wrong_together(solved):
    """Yield (what they are, {name: wrong value}) of several answers, wrong in the same
    way."""
    values = [solved.after[name] for name in solved.answers]
    if len(values) > 1 and not any(map(callable, values)):
        yield "None", dict.fromkeys(solved.answers)
        arrays = list(map(as_array, values))
        for words, make in (("zeros", np.zeros_like), ("ones", np.ones_like)):
            if not any(array is None for array in arrays):
                wrong = [like(value, make(a)) for value, a in zip(values, arrays)]
                yield words, dict(zip(solved.answers, wrong))


def find_passing(solved):
    """Yield the wrong answers for which a check is green."""
    for name in solved.answers:
        is_function = callable(solved.after[name])
        find_wrong = wrong_functions if is_function else wrong_values
        for words, wrong in find_wrong(name, solved):
            if is_green(solved.check, {**solved.after, name: wrong}):
                yield f"{name}: {words}"
    for words, wrong in wrong_together(solved):
        if is_green(solved.check, solved.after | wrong):
            yield f"{', '.join(wrong)}: {words}"


# -- What lacks a statement, or has a mistake in a function


def touched(statement):
    """Return the names that a statement binds, or whose parts it sets."""
    parts = {
        node.value.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
        if isinstance(node.ctx, ast.Store)
    }
    return parts | names_of(ast.unparse(statement))[0]


def find_needless(exercise, solved):
    """Yield the statements that make an answer, without which a check is green, too."""
    statements = ast.parse(exercise.answer).body
    for number, statement in enumerate(statements):
        others = [*statements[:number], *statements[number + 1 :], *solved.check]
        if touched(statement) & set(solved.answers) and is_green(others, solved.page):
            yield ast.unparse(statement)


def is_noticed(exercise, solved):
    """Whether one of the mistakes in each function among the answers is."""
    return all(
        any(
            not is_green([mutant, *solved.check], solved.after)
            for _, mutant in mutation.mutate(statement, {})
        )
        for statement in ast.parse(exercise.answer).body
        if isinstance(statement, ast.FunctionDef) and statement.name in solved.answers
    )


# -- All of it


def run_page(name):
    """Run a page, given as "section/stem"; return its variables."""
    path = EXAMPLES / f"{name}.py"
    return running.run(running.Page(path).tree, path)


def find_faults(exercise, page):
    """Yield what is wrong with the check of an exercise, whose page left these
    variables."""
    solved = solve(exercise, page)
    if not any(map(running.is_check, ast.walk(solved.check[-1]))):
        yield "the last statement of the solution is no check"
    if not is_green(solved.check, solved.after):
        yield "red for the solution"
        return
    if not solved.answers:
        yield "asks for no answer"
    for text in find_bare(solved.check, solved.answers):
        yield f"an answer as it is, which the expected value is, too: {text}"
    for name, other in find_had(solved).items():
        yield f"{name} stands on the page already: {other}"
    for answer in find_passing(solved):
        yield f"green for {answer}"
    for text in find_needless(exercise, solved):
        yield f"green without {text}"
    if not is_noticed(exercise, solved):
        yield "green for each mistake in a function"


if __name__ == "__main__":
    write_pages()
    found = [
        f"{name}, {number}: {fault}"
        for name in sys.argv[1:]
        for page in [run_page(name)]
        for number, exercise in enumerate(read_exercises(name), 1)
        for fault in find_faults(exercise, page)
    ]
    sys.exit("\n".join(found) if found else 0)
