"""Every notebook that the site offers, run as a reader would."""

import nbformat
import pytest
from conftest import PAGES, SITE
from nbclient import NotebookClient

NOTEBOOKS = sorted(SITE.glob("_downloads/*/*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_notebook_runs_in_a_fresh_kernel(notebook, tmp_path):
    content = nbformat.read(notebook, as_version=4)
    assert any(cell.cell_type == "code" for cell in content.cells)
    NotebookClient(
        content, timeout=120, resources={"metadata": {"path": tmp_path}}
    ).execute()
    outputs = [output for cell in content.cells for output in cell.get("outputs", [])]
    assert outputs
    assert "Traceback" not in str(outputs)


def test_every_page_has_its_notebook():
    names = {notebook.stem for notebook in NOTEBOOKS}
    assert names == {page.stem for page in PAGES} | {"check_your_model"}
