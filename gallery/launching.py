"""Where a notebook of the site can be launched, on Binder and on Google Colab, and the cell
that makes it run there.
"""

from importlib import metadata

from gallery.repository import find_repository

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
