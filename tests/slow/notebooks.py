"""All notebooks that the site offers, run as a reader would: ``make test-notebooks``."""

from environments import run_notebooks
from project import downloads


def test_every_notebook_runs_alone(tmp_path):
    run_notebooks(list(downloads("ipynb").values()), tmp_path)
