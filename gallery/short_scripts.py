"""Short scripts that show what Keras does, in docs/defects and docs/versions. Each begins
with a text that says what it shows. They need Keras and NumPy alone, and so does this.
"""

import ast
import contextlib
import io
import runpy
import tempfile

from gallery.paths import DOCS


def read_script(script):
    """Return the text that a script begins with, and the number of the line where its code
    begins."""
    tree = ast.parse(script.read_text())
    return ast.get_docstring(tree), tree.body[1].lineno


def run_script(script):
    """Run a script in an empty folder; return what it prints, and the error that ends it,
    or None."""
    printed, ended_by = io.StringIO(), None
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        contextlib.redirect_stdout(printed),
    ):
        try:
            runpy.run_path(str(script))
        except Exception as error:
            ended_by = error
    return printed.getvalue(), ended_by


def include_script(script):
    """Return reStructuredText that shows the code of a script: in one colour, as a page
    has many of them, and would be heavy otherwise."""
    _, begins = read_script(script)
    return (
        f".. literalinclude:: /{script.relative_to(DOCS).as_posix()}\n"
        f"   :language: none\n   :lines: {begins}-\n"
    )
