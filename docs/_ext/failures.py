"""The last lines of a build that fails: which page, which line of it, what differs.

Sphinx-Gallery and nbsphinx leave to us what fails, and go on: one build tells of all.
Built again without a change, it fails again.
"""

import json
import re
from pathlib import Path

import terminal
from nbsphinx import NotebookError
from sphinx.application import ENV_PICKLE_FILENAME
from sphinx.util import logging

from gallery import stages
from gallery.linker import find_origin
from gallery.paths import DOCS, ROOT, SOURCES, find_pages, name_of

LINES = 10  # of a failure, at most
COLOUR = r"\x1b\[[\d;]*m"  # of a terminal

logger = logging.getLogger(__name__)


def tell(name, places, error):
    """Log an error of a file where it was raised, and what it says.

    ``places`` are [(file and line, code)], from the outermost to the innermost.
    """
    place, code = places[-1] if places else (f"{name}:1", "")
    lines = [line.rstrip() for line in error.splitlines() if line.strip()]
    if len(places) > 1:
        lines.insert(0, "called from {}: {}".format(*places[0]))
    if code:
        lines.insert(0, code)
    if len(lines) > LINES:
        lines[LINES - 1 :] = ["..."]
    logger.error("%s", "\n    ".join(lines), location=place)


# -- Pages


def tell_page(path, traceback):
    """Tell of a page that failed, by the traceback that Sphinx-Gallery kept; of linked
    code, where it stands in keras_by_hand."""
    lines = re.findall(rf'File "{re.escape(str(path))}", line (\d+)', traceback)
    places = []
    for line in lines:
        file, number = find_origin(path, int(line))
        code = file.read_text().splitlines()[number - 1].strip()
        places.append((f"{file.relative_to(ROOT)}:{number}", code))
    error = re.search(r"^(?!Traceback)\S.*", traceback, re.M | re.S)[0]
    tell(f"{SOURCES.name}/{name_of(path)}.py", places, error)


# -- Notebooks


class NotebookParser(terminal.NotebookParser):
    def parse(self, inputstring, document):
        """Run a notebook. A kernel that dies becomes an output of the first cell."""
        try:
            super().parse(inputstring, document)
        except NotebookError as error:
            notebook = json.loads(inputstring)
            cell = next(c for c in notebook["cells"] if c["cell_type"] == "code")
            message = {"ename": type(error).__name__, "evalue": str(error)}
            cell["outputs"] = [{"output_type": "error", "traceback": [], **message}]
            notebook["metadata"]["nbsphinx"] = {"execute": "never"}
            super().parse(json.dumps(notebook), document)


def find_error(notebook):
    """Return the first error among the outputs of an executed notebook, or None."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                return output


def tell_notebook(path, notebook, error):
    """Tell of a notebook that failed, by an error among its outputs."""
    name = path.relative_to(ROOT)
    code = {
        str(cell.get("execution_count")): "".join(cell["source"]).splitlines()
        for cell in notebook["cells"]
    }
    traceback = re.sub(COLOUR, "", "\n".join(error["traceback"]))
    places = [
        (f"{name}: cell [{cell}], line {line}", code[cell][int(line) - 1].strip())
        for cell, line in re.findall(r"Cell In\[(\d+)\], line (\d+)", traceback)
    ]
    tell(name, places, f"{error['ename']}: {error['evalue']}")


# -- In the end


def finish(app, exception):
    """Tell of all that failed, and let the next build run or read it again."""
    if exception:  # Sphinx tells of it
        return
    if app._fail_on_warnings and app._warncount:  # only what is read again warns again
        (Path(app.doctreedir) / ENV_PICKLE_FILENAME).unlink(missing_ok=True)
    pages = app.config.sphinx_gallery_conf["failing_examples"]
    for path, traceback in pages.items():
        tell_page(Path(path), traceback)
    failed = 0
    for docname, file in app.env.nbsphinx_notebooks.items():  # that ran in this build
        notebook = json.loads((Path(app.env.nbsphinx_auxdir) / file).read_text())
        if error := find_error(notebook):
            tell_notebook(DOCS / file, notebook, error)
            (Path(app.doctreedir) / f"{docname}.doctree").unlink()
            failed += 1
    if pages or failed:
        logger.error(
            "%d of %d pages and %d of %d notebooks failed. TensorFlow's log is %s",
            *(len(pages), len(find_pages())),
            *(failed, len(list(DOCS.glob("*.ipynb")))),
            terminal.LOG.relative_to(ROOT),
        )
        app.statuscode = 1


def setup(app):
    app.setup_extension("terminal")
    app.add_source_parser(NotebookParser, override=True)
    app.connect("build-finished", finish, priority=stages.TELL_FAILURES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
