"""Where a page can be launched besides Binder: on Google Colab."""

import re

from repository import find_repository

NOTEBOOKS = (
    f"https://colab.research.google.com/github/{find_repository()}/blob/gh-pages"
)

FIRST_CELL = """\
# On Google Colab, install what is missing there. Elsewhere this does nothing.
import importlib.util

try:
    import google.colab
except ImportError:
    missing = []
else:
    packages = ["keras", "matplotlib", "numpy", "sklearn", "tensorflow"]
    missing = [name for name in packages if not importlib.util.find_spec(name)]
    missing = [name.replace("sklearn", "scikit-learn") for name in missing]
if missing:
    %pip install --quiet {" ".join(missing)}"""


def add_colab_link(app, docname, source):
    """Put a link to Colab beside the one to Binder, at the end of a page."""
    if not re.fullmatch(r"auto_examples/\w+/plot_\w+", docname):
        return
    link = f"`Open in Colab <{NOTEBOOKS}/launch/{docname}.ipynb>`__"
    downloads = "    .. container:: sphx-glr-download sphx-glr-download-jupyter\n"
    container = f"    .. container:: sphx-glr-download\n\n      {link}\n\n"
    source[0] = source[0].replace(downloads, container + downloads, 1)


def setup(app):
    app.connect("source-read", add_colab_link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
