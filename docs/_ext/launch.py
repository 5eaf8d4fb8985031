"""Where a page can be launched, on Binder and on Google Colab, and downloaded: in one line
below its title, and again at its end.
"""

import re
from importlib import metadata

from repository import find_repository

BINDER = f"https://mybinder.org/v2/gh/{find_repository()}/gh-pages?urlpath=lab/tree"
NOTEBOOKS = (
    f"https://colab.research.google.com/github/{find_repository()}/blob/gh-pages"
)

KERAS = ".".join(metadata.version("keras").split(".")[:2])
FIRST_CELL = f"""\
# On Google Colab, install what is missing there. Elsewhere this does nothing.
# Choose a CPU: a GPU rounds the products of float32 to TF32.
import importlib.metadata
import importlib.util

try:
    import google.colab
except ImportError:
    missing = []
else:
    packages = ["keras", "matplotlib", "numpy", "sklearn", "tensorflow"]
    missing = [name for name in packages if not importlib.util.find_spec(name)]
    missing = [name.replace("sklearn", "scikit-learn") for name in missing]
    has = "{KERAS}" if "keras" in missing else importlib.metadata.version("keras")
    if tuple(map(int, has.split(".")[:2])) < ({KERAS.replace(".", ", ")}):
        print(f"This page was checked with Keras {KERAS}, and here is {{has}}. If a")
        print("check fails, run: %pip install -U keras, and restart the session.")
if missing:
    %pip install --quiet {{" ".join(missing)}}"""

LINKS = """
.. container:: page-links

   `Launch on Binder <{binder}/launch/{docname}.ipynb>`__
   `Open in Colab <{notebooks}/launch/{docname}.ipynb>`__
   :download:`Script <{stem}.py>`
   :download:`Notebook <{stem}.ipynb>`
   :download:`Both, zipped <{stem}.zip>`
"""
NOTE = re.compile(r"\.\. only:: html\n\n    \.\. note::\n(?:\n|        .*\n)+")
TITLE = re.compile(r"^.+\n=+\n", re.M)
FOOTER = re.compile(
    r"(?<=\.py:\n)\n\.\. only:: html\n\n  \.\. container:: sphx-glr-footer.*", re.S
)


def add_links(app, docname, source):
    """Put the links of a page in the place of those that Sphinx-Gallery wrote."""
    if not re.fullmatch(r"auto_examples/\w+/plot_\w+", docname):
        return
    links = LINKS.format(
        binder=BINDER, notebooks=NOTEBOOKS, docname=docname, stem=docname.split("/")[-1]
    )
    text = NOTE.sub("", source[0], count=1)
    text = TITLE.sub(lambda title: f"{title[0]}{links}", text, count=1)
    source[0] = FOOTER.sub(lambda _: links, text)


def setup(app):
    app.connect("source-read", add_links, priority=400)  # before what comes at the end
    return {"parallel_read_safe": True, "parallel_write_safe": True}
