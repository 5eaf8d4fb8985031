"""What Sphinx-Gallery leaves to us: equal conditions for pages, and no stale ones."""

import functools
import gc
import hashlib
import json
import logging
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

import recording
from paths import ROOT, STYLE, find_pages
from sphinx_gallery import gen_rst

PACKAGES = ("keras", "matplotlib", "numpy", "tensorflow", "tensorflow-cpu")


@functools.cache
def before_first_page():
    """Return NumPy's print options; spare TensorFlow all garbage collections."""
    import numpy as np

    gc.freeze()
    return np.get_printoptions()


def forget_gradients():
    """Drop the graph of each train step that was compiled, some 2 MB.

    TensorFlow registers their gradients by name and keeps them for good; it has no
    public way to ask for less.
    """
    from tensorflow.python.framework.ops import gradient_registry

    for name in list(gradient_registry.list()):
        if name.startswith("CustomGradient-"):
            del gradient_registry._registry[name]


def reset(gallery_conf, fname, when):
    """Start a page from the same seed, style, print options and log level.

    Sphinx-Gallery calls it before and after each page that it runs.
    """
    import keras  # here, as a build that runs no page need not wait for it
    import matplotlib.pyplot as plt
    import numpy as np

    np.set_printoptions(**before_first_page())
    logging.getLogger("tensorflow").setLevel("ERROR")
    plt.close("all")
    plt.style.use(STYLE)
    forget_gradients()
    keras.utils.clear_session()  # collects garbage, once through all that is not frozen
    gc.freeze()
    keras.config.set_dtype_policy("float32")
    keras.utils.set_random_seed(313)
    recording.start() if when == "before" else recording.stop(fname)


def with_cell_below(make):
    """Make a notebook whose first cell stands below the title and the text."""

    @functools.wraps(make)
    def notebook(*arguments):
        made = make(*arguments)
        first, text, *others = made["cells"]
        return {**made, "cells": [text, first, *others]}

    return notebook


# Sphinx-Gallery has no setting for it. This module is imported in each of its processes.
gen_rst.jupyter_notebook = with_cell_below(gen_rst.jupyter_notebook)


def provenance():
    """Return what the pages are made from: versions, configuration, and sources."""
    files = [ROOT / "conf.py", ROOT / "requirements.txt"]
    for folder in ("_ext", "_static", "_templates"):
        files += sorted(ROOT.glob(f"docs/{folder}/*.*"))
    pages = [*ROOT.glob("examples/**/*.py"), *ROOT.glob("docs/*.*")]
    return {
        "python": sys.version,
        "packages": {
            distribution.name: distribution.version
            for distribution in metadata.distributions()
            if distribution.name in PACKAGES
        },
        "files": {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files
        },
        "pages": sorted(str(page.relative_to(ROOT)) for page in pages),
    }


def prune(app, config):
    """Remove all that was built, if it was made by something else or too much.

    Neither Sphinx nor Sphinx-Gallery removes a page whose source was deleted, and
    neither runs an unchanged page again when Keras has changed.
    """
    record = Path(app.outdir).parent / "built-from.json"
    now = provenance()
    built = json.loads(record.read_text()) if record.exists() else {}
    deleted = set(built.get("pages", [])) - set(now["pages"])
    if deleted or {**built, "pages": now["pages"]} != now:
        for folder in (app.outdir, app.doctreedir, Path(app.srcdir) / "auto_examples"):
            shutil.rmtree(folder, ignore_errors=True)
        Path(app.doctreedir).mkdir(parents=True)
    record.write_text(json.dumps(now, indent=1))


def checksum_of(app, page):
    """The file in which Sphinx-Gallery notes that a page passed as it is."""
    return Path(app.srcdir) / f"auto_examples/{page.parent.name}/{page.name}.md5"


def forget_passing(app):
    """Let pages that failed run again, even if they become what once passed."""
    for failed in map(Path, app.config.sphinx_gallery_conf["failing_examples"]):
        checksum_of(app, failed).unlink(missing_ok=True)


def forget_failing(app, config):
    """Remove the thumbnails of pages that will run again.

    That of a failure is a PNG file, which would be preferred to that of the figure.
    """
    for page in find_pages():
        checksum = checksum_of(app, page)
        if not checksum.exists():
            images = checksum.parent.glob(f"images/thumb/sphx_glr_{page.stem}_thumb.*")
            for thumbnail in images:
                thumbnail.unlink()
                (Path(app.outdir) / "_images" / thumbnail.name).unlink(missing_ok=True)


def load_thumbnails_late(app, pagename, templatename, context, doctree):
    """Let a browser load the thumbnails that come into view, not all of them."""
    thumbnail = r"<img (?=[^>]*_thumb\.)"
    context["body"] = re.sub(thumbnail, '<img loading="lazy" ', context.get("body", ""))


def setup(app):
    app.connect("config-inited", prune)
    app.connect("config-inited", forget_failing)
    app.connect("builder-inited", forget_passing, priority=900)  # the pages have run
    app.connect("html-page-context", load_thumbnails_late)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
