"""The same sources give the same site, to the byte: its zips and its notebooks too."""

import zipfile
from pathlib import Path

import nbformat
from nbconvert.preprocessors import CoalesceStreamsPreprocessor

from gallery import stages


def undate_zip(path):
    """Write a zip again, without the times of its files."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in sorted(archive.namelist())}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def undate_notebook(path):
    """Write an executed notebook again, without the times at which its cells ran and
    printed."""
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    CoalesceStreamsPreprocessor().preprocess(notebook, {})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, path)


def undate(app, exception):
    if exception:
        return
    site = Path(app.outdir)
    for path in site.glob("_downloads/*/*.zip"):
        undate_zip(path)
    for path in site.glob("*.ipynb"):
        undate_notebook(path)


def setup(app):
    app.connect("build-finished", undate, priority=stages.REMOVE_DATES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
