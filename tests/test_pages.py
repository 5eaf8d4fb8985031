"""The scripts that the site offers, run as a reader would."""

import ast
import os
import re
import subprocess
import sys

import pytest
from conftest import PAGES, ROOT, SECTIONS, SITE, report

# What a page imports beyond Keras, NumPy and Matplotlib, as its subject.
SUBJECTS = {
    "plot_7_original_page": {"tensorflow"},
    "plot_whole_network": {"sklearn"},
    "plot_2_weights_file": {"h5py"},
    "plot_3_predict_without_keras": {"h5py"},
    "plot_5_narrow_weights": {"h5py"},
}


def offered(name):
    """The one file of that name among the downloads of the site."""
    (file,) = SITE.glob(f"_downloads/*/{name}")
    return file


# All run alone as notebooks in test_notebooks.py, and as scripts in "make test-binder".
@pytest.mark.parametrize("page", SECTIONS.values(), ids=lambda page: page.stem)
def test_page_runs_alone(page, tmp_path):
    script = tmp_path / page.name
    script.write_bytes(offered(page.name).read_bytes())
    run = subprocess.run(
        [sys.executable, "-I", script],  # -I: nothing of this repository in reach
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
    assert "retracing" not in run.stderr
    assert [file.name for file in tmp_path.iterdir()] == [page.name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_is_self_contained(page):
    """It imports no module of this repository, and fits furo's column of text."""
    source = page.read_text()
    folders = (".", "docs/_ext", "examples/*", "tests")
    ours = [path.stem for folder in folders for path in ROOT.glob(f"{folder}/*.py")]
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    assert {"keras", "numpy"} <= imported
    allowed = {"keras", "matplotlib", "numpy", *sys.stdlib_module_names}
    assert imported <= allowed | SUBJECTS.get(page.stem, set())
    # The others would not be in the report of what was checked.
    checks = set(re.findall(r"np\.testing\.(\w+)", source))
    assert checks <= {"assert_raises", *report.NAMES}
    assert not imported & set(ours)
    code = [line for line in source.splitlines() if "https://" not in line]
    assert max(map(len, code)) <= 80
