"""Exercises in the notebook of a page: for each task a text, a cell to answer in, one that
checks the answer, and two texts that open on demand, the hint and the solution.

The cells have tags. Jupyter goes on past an error in a cell with the tag
"raises-exception", so that "Run all" runs all, whatever is not answered yet; and
``jupyter nbconvert --TagRemovePreprocessor.remove_cell_tags=solution`` takes the solutions
away.
"""

import ast
import re
import textwrap

from sphinx_gallery.py_source_parser import Block

from gallery.exercises import (
    find_page,
    read_exercises,
    read_try_it,
    split_tasks,
    way_back,
)
from gallery.scripts import names_of, text_of

ANSWER, SOLUTION = "answer", "solution"
CHECK = "raises-exception"
RUN_ME = "# Run me after your answer. Without an error, it is right."
FOLDED = "<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


# -- What to begin an answer with


def write_head(statement, code):
    """Return what an answer says of a function or class before it does anything."""
    body = statement.body
    told = ast.get_docstring(statement) is not None
    first = min(n.lineno for n in (statement, *statement.decorator_list))
    lines = code.splitlines()
    if told:
        head = lines[first - 1 : body[0].end_lineno]
    else:
        head = [*lines[first - 1 : body[0].lineno]]
        head[-1] = head[-1][: body[0].col_offset]
        while not head[-1].strip() or head[-1].lstrip().startswith("#"):
            head.pop()
    return "\n".join(line.rstrip() for line in [*head, "    ..."])


def find_given(task):
    """Return the statements that a task gives, as ast.unparse writes them."""
    given = set()
    for code in re.findall("``(.+?)``", task, re.S):
        try:
            tree = ast.parse(" ".join(code.split()))
        except SyntaxError:
            continue
        given |= {ast.unparse(s) for s in tree.body if not isinstance(s, ast.Expr)}
    return given


def split_answer(exercise):
    """Return the statements of a solution, as ast, in three lists: what the task gives,
    what is to be found, and what the task gives and computes of that."""
    given, found, of_found, made = find_given(exercise.task), [], [], set()
    before = []
    for statement in ast.parse(exercise.answer).body:
        binds, uses = names_of(ast.unparse(statement))
        is_given = ast.unparse(statement) in given
        if is_given and not uses & made:
            before.append(statement)
        else:
            (of_found if is_given else found).append(statement)
            made |= binds
    return before, found, of_found


def write_code(number, exercise):
    """Return the code of two cells. The first is to be answered in: it has what the task
    gives, and ``...`` for each name that is asked for. The second has the check, below
    what the task computes of the answer."""
    code = exercise.answer
    before, found, of_found = split_answer(exercise)
    check = "\n".join([*(text_of(s, code) for s in of_found), exercise.check])
    wanted = set(names_of(check)[1])
    answer = [f"# Your answer to {number}", *(text_of(s, code) for s in before)]
    for statement in found:
        text = text_of(statement, code)
        names = sorted(names_of(text)[0] & wanted, key=text.find)
        wanted -= set(names)
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)) and names:
            answer.append(f"\n\n{write_head(statement, code)}\n\n")
        elif isinstance(statement, (ast.Import, ast.ImportFrom)) and names:
            answer.append(text)
        else:
            answer += [f"{name} = ..." for name in names]
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(answer)).rstrip(), check


# -- The cells


def write_blocks(page):
    """Yield (block of a page, its tags) for all that a page says under "Try it"."""

    def block(kind, content, *tags):
        return Block(kind, content, line), list(tags)

    text, line = read_try_it(page)
    parts, rest = split_tasks(text)
    for number, exercise in enumerate(read_exercises(page), 1):
        open_answer, check = write_code(number, exercise)
        code = textwrap.indent(exercise.answer, "   ")
        solution = f".. code-block:: python\n\n{code}"
        hint = FOLDED.format(summary=f"A hint for {number}", text=exercise.hint)
        solved = FOLDED.format(summary=f"A solution of {number}", text=solution)
        yield block("text", parts[number - 1].strip())
        yield block("code", open_answer, ANSWER)
        yield block("code", f"{RUN_ME}\n{check}", CHECK)
        yield block("text", hint)
        yield block("text", solved, SOLUTION)
    yield block("text", f"{rest}{way_back(page)}".strip())


def with_exercises(blocks):
    """Return the blocks of a page with its exercises as cells, and the tags of the last
    ones."""
    page = find_page(blocks[-1].content)
    if not page:
        return blocks, []
    cells = list(write_blocks(page))
    return [*blocks[:-1], *(block for block, _ in cells)], [tags for _, tags in cells]


def tag(cells, tags):
    """Return cells, of which the last ones have these tags."""
    first = len(cells) - len(tags)
    return cells[:first] + [
        {**cell, "metadata": {**cell["metadata"], "tags": of_cell}} if of_cell else cell
        for cell, of_cell in zip(cells[first:], tags)
    ]


def has_tag(cell, name):
    return name in cell["metadata"].get("tags", ())
