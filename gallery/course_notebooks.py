"""The notebooks of the course in two zips, one of them without the solutions."""

import io
import json
import zipfile

from gallery.course import find_numbered
from gallery.exercise_cells import SOLUTION, has_tag
from gallery.paths import DOCS, GALLERY

WITH = DOCS / "_build" / "course_notebooks.zip"
WITHOUT = DOCS / "_build" / "course_notebooks_without_solutions.zip"


def drop_solutions(notebook):
    """Return a notebook, as text, without the cells of solutions; hints stay."""
    made = json.loads(notebook)
    cells = [cell for cell in made["cells"] if not has_tag(cell, SOLUTION)]
    return json.dumps({**made, "cells": cells}, indent=2)


def compose(solutions=True):
    """Return the bytes of a zip of all notebooks, named so that they are in order: the
    same notebooks give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number, page in sorted(find_numbered()):
            file = GALLERY / f"{page}.ipynb"
            if file.exists():  # if not, Sphinx says so
                text = file.read_text()
                name = zipfile.ZipInfo(f"{number}_{file.name}")
                text = text if solutions else drop_solutions(text)
                archive.writestr(name, text, zipfile.ZIP_DEFLATED)
    return made.getvalue()
