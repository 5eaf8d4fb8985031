"""What pages run under, and the form of their notebooks.

A change here, or in what is imported here, runs all pages again (docs/_ext/pruning.py).
"""

import functools
import gc
import logging

from sphinx_gallery import gen_rst

from gallery import comparisons
from gallery.exercise_cells import tag, with_exercises
from gallery.paths import STYLE
from gallery.scripts import read_mark


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
    for name in ("tensorflow", "absl"):  # Keras warns of .h5 files through absl
        logging.getLogger(name).setLevel("ERROR")
    plt.close("all")
    plt.style.use(STYLE)
    forget_gradients()
    keras.utils.clear_session()  # collects garbage, once through all that is not frozen
    gc.freeze()
    keras.config.set_dtype_policy("float32")
    keras.utils.set_random_seed(313)
    comparisons.start() if when == "before" else comparisons.stop(fname)


def hide(cell):
    """Return a cell, hidden in JupyterLab and Colab if its code is linked: a click opens
    it there."""
    code = "".join(cell["source"])
    mark = cell["cell_type"] == "code" and read_mark(code)
    if not mark:
        return cell
    module, names = mark
    hidden = {"cellView": "form", "jupyter": {"source_hidden": True}}
    _, _, definitions = code.partition("\n\n")
    source = [f"#@title From {module}: {names}\n\n{definitions}"]
    return {**cell, "metadata": {**cell["metadata"], **hidden}, "source": source}


def with_cells_for_readers(make):
    """Make a notebook whose first cell stands below the title and the text, which hides
    linked code, and has cells for the answers to what the page asks."""

    @functools.wraps(make)
    def notebook(blocks, *arguments):
        blocks, tags = with_exercises(blocks)
        made = make(blocks, *arguments)
        first, text, *others = tag(made["cells"], tags)
        return {**made, "cells": [text, first, *map(hide, others)]}

    return notebook


# Sphinx-Gallery has no setting for it. This module is imported in each of its processes.
gen_rst.jupyter_notebook = with_cells_for_readers(gen_rst.jupyter_notebook)
