"""Hint and solution of each of a lesson's exercises, folded below its check on the site;
scripts have neither. Notebooks have cells for them: gallery/exercise_cells.py."""

import textwrap

from gallery import stages
from gallery.exercises import (
    TRY_IT,
    find_file,
    read_exercises,
    split_tasks,
    way_back,
)
from gallery.includes import code, folded
from gallery.paths import name_in

HEADING = f"\n{TRY_IT}\n{'-' * len(TRY_IT)}\n"


def write(number, exercise):
    """Return the text of a hint and a solution, which belongs to an item of a list."""
    parts = [
        folded(f"A hint for {number}", exercise.hint),
        folded(f"A solution of {number}", code(exercise.answer)),
    ]
    return textwrap.indent("\n".join(parts), "   ")


def add_solutions(app, docname, source):
    page = name_in(docname)
    if not page:
        return
    if find_file(page).is_file():
        app.env.note_dependency(find_file(page))
    if exercises := read_exercises(page):
        above, _, below = source[0].partition(way_back(page))
        above, heading, asked = above.rpartition(HEADING)
        tasks, rest = split_tasks(asked)
        solved = [
            f"{task}\n\n{write(number, exercise)}"
            for number, (task, exercise) in enumerate(zip(tasks, exercises), 1)
        ]
        source[0] = f"{above}{heading}{''.join(solved)}{rest}{below}"


def setup(app):
    app.connect("source-read", add_solutions, priority=stages.ADD_SOLUTIONS)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
