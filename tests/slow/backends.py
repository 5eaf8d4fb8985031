"""The pages on other backends, each in an environment of its own: make test-backends.
So are the scripts that show defects of Keras.

Pages import no backend, so they run unchanged. Where its subject does not exist on a
backend, a page says so and stops.
"""

import os
import subprocess

import pytest
from project import PAGES, ROOT

from gallery.defects import find_scripts, read_outcomes

BACKENDS = ("jax", "tensorflow", "torch")
NEEDS = "This page needs "


def refuses(said, backend):
    """Whether a page says, to begin with, that it needs another backend than this one."""
    needed = said.partition(":")[0].lower()
    named = [name for name in BACKENDS if name in needed]
    return said.startswith(NEEDS) and named != [] and backend not in named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.parametrize("backend", os.environ.get("BACKENDS", "").split())
def test_page_runs(page, backend, tmp_path):
    run = subprocess.run(
        [ROOT / f".venv-{backend}/bin/python", page],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": backend, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    if NEEDS in page.read_text() and refuses(run.stderr, backend):
        assert run.returncode == 1
        return
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("backend", os.environ.get("BACKENDS", "").split())
def test_defects_show_what_is_recorded(backend):
    told = subprocess.run(
        [
            ROOT / f".venv-{backend}/bin/python",
            "-m",
            "gallery.defects",
            *find_scripts(),
        ],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    rows = [line.split(",") for line in told.stdout.splitlines()]
    assert len(rows) == len(find_scripts())
    recorded = read_outcomes()
    for name, release, script, outcome in rows:
        assert (name, outcome) == (backend, recorded[script, name][release]), script


@pytest.mark.parametrize(
    "said, backend, refused",
    [
        ("This page needs the TensorFlow backend: set KERAS_BACKEND=jax", "jax", True),
        ("This page needs TensorFlow or JAX: torch has no sparse input", "torch", True),
        ("This page needs TensorFlow or JAX: torch has no sparse input", "jax", False),
        ("This page needs patience", "jax", False),
        ("Traceback: This page needs the TensorFlow backend", "jax", False),
    ],
)
def test_a_refusal_names_what_is_needed(said, backend, refused):
    assert refuses(said, backend) == refused
