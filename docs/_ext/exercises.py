"""Hints and solutions of a lesson's exercises, folded below them on the site; notebooks and
scripts, which readers work in, have none."""

import textwrap

from gallery import stages
from gallery.exercises import find_file, read_exercises, way_back
from gallery.paths import name_in

DOWNLOADS = ".. _sphx_glr_download_"  # a page's text ends before it
FOLDED = """
.. raw:: html

   <details class="folded"><summary>{summary}</summary>

{text}

.. raw:: html

   </details>
"""


def write(exercises):
    """Return the text of the hints and solutions of some exercises."""
    parts = []
    for number, exercise in enumerate(exercises, 1):
        code = textwrap.indent(exercise.solution, "   ")
        parts += [
            FOLDED.format(summary=f"A hint for {number}", text=exercise.hint),
            FOLDED.format(
                summary=f"A solution of {number}",
                text=f".. code-block:: python\n\n{code}",
            ),
        ]
    return "".join(parts)


def add_solutions(app, docname, source):
    if page := name_in(docname):
        if find_file(page).is_file():
            app.env.note_dependency(find_file(page))
        if exercises := read_exercises(page):
            text = source[0].replace(way_back(page), "", 1)
            source[0] = text.replace(DOWNLOADS, f"{write(exercises)}\n{DOWNLOADS}", 1)


def setup(app):
    app.connect("source-read", add_solutions, priority=stages.ADD_SOLUTIONS)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
