"""The pages on other backends, each in an environment of its own: make test-backends.

Pages import no backend, so they run unchanged. Where its subject does not exist on a
backend, a page says so and stops.
"""

import os
import subprocess

import pytest
from conftest import PAGES, ROOT


REFUSALS = {  # by page and backend
    ("plot_7_original_page", "jax"): "This page needs the TensorFlow backend",
    ("plot_7_original_page", "torch"): "This page needs the TensorFlow backend",
    ("plot_4_sparse_input", "torch"): "This page needs TensorFlow or JAX",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.parametrize("backend", os.environ["BACKENDS"].split())
def test_page_runs(page, backend, tmp_path):
    run = subprocess.run(
        [ROOT / f".venv-{backend}/bin/python", page],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": backend, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    if refusal := REFUSALS.get((page.stem, backend)):
        assert run.returncode == 1
        assert run.stderr.startswith(refusal)
    else:
        assert run.returncode == 0, run.stderr
        if page.stem == "plot_1_no_bias":
            assert f"\n{backend} " in run.stdout
