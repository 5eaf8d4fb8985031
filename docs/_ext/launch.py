"""Where a page can be launched: on Binder, and on Google Colab."""

import re

from paths import SECTIONS
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


def share_badge(app, docname, source):
    """Let all pages show one file of Binder's badge: each section has a copy.

    Which of equal copies gets which name would depend on the order of reading.
    """
    badge = "images/binder_badge_logo.svg"
    shared = f"/auto_examples/{SECTIONS[0]}/{badge}"
    source[0] = source[0].replace(f".. image:: {badge}", f".. image:: {shared}")


def setup(app):
    app.connect("source-read", add_colab_link)
    app.connect("source-read", share_badge)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
