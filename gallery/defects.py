"""Defects of Keras: a script for each in docs/defects, and which of them show where.

A script asserts what is expected: it fails with an AssertionError while the defect is
there. On any release of Keras and any backend, from the root of the project,

    PYTHONPATH=FOLDER KERAS_BACKEND=jax python -m gallery.defects

runs all scripts on the Keras of that folder and notes in docs/defects/outcomes.csv what
came of them. With the names of scripts it runs these, and only prints it. The backend's
environment needs Keras and NumPy alone.
"""

import csv
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

from gallery.paths import DOCS
from gallery.short_scripts import read_script, run_script
from gallery.versions import by_release

FOLDER = DOCS / "defects"
RECORD = FOLDER / "outcomes.csv"  # what came of each script, by backend and release
KEYS = "script", "backend"
BACKENDS = "tensorflow", "jax", "torch"
SHOWS, RIGHT = "shows", "right"  # any other outcome is the error that ended it


class Defect(NamedTuple):
    """What a script says: in a line; what is expected, and why, in paragraphs; and the
    number of the line where its code begins."""

    title: str
    text: str
    begins: int


def find_scripts():
    return sorted(FOLDER.glob("*.py"))


def read_defect(script):
    said, begins = read_script(script)
    title, _, text = said.partition("\n\n")
    return Defect(title, text, begins)


def read_outcomes(record=RECORD):
    """Return what came of the scripts: {(script, backend): {release: outcome}}."""
    with record.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {tuple(row.pop(key) for key in KEYS): row for row in rows}


def note(found, backend, release, record=RECORD):
    """Write what came of all scripts, {script: outcome}, on a backend and a release. Rows
    of scripts that are gone go, too."""
    told = read_outcomes(record) if record.exists() else {}
    releases = sorted(
        {release, *(r for row in told.values() for r in row)}, key=by_release
    )
    with record.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*KEYS, *releases], lineterminator="\n")
        writer.writeheader()
        for script in sorted(found):
            for name in BACKENDS:
                row = dict(told.get((script, name), {}))
                if name == backend:
                    row[release] = found[script]
                writer.writerow({"script": script, "backend": name, **row})


def run(script):
    """Run a script; return what came of it. What it prints is for readers."""
    _, error = run_script(script)
    if isinstance(error, AssertionError):
        return SHOWS
    return type(error).__name__ if error else RIGHT


def main(arguments):
    import keras

    warnings.simplefilter("ignore")
    backend, release = keras.backend.backend(), keras.__version__
    scripts = [Path(name).absolute() for name in arguments] or find_scripts()
    found = {}
    for script in scripts:
        found[script.stem] = run(script)
        print(backend, release, script.stem, found[script.stem], sep=",", flush=True)
    if not arguments:
        note(found, backend, release)


if __name__ == "__main__":
    main(sys.argv[1:])
