"""The pages of the gallery as code: their blocks, and a way to run them in this
process, where Keras is imported once.
"""

import ast
import contextlib
import gc
import io
import logging

import keras
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from conftest import PAGES, ROOT  # noqa: F401
from gallery import forget_gradients
from sphinx_gallery.py_source_parser import split_code_and_text_blocks

matplotlib.use("agg")
logging.getLogger("tensorflow").setLevel("ERROR")  # many models, on purpose
PRINT_OPTIONS = np.get_printoptions()
gc.freeze()  # or clear_session walks through all of TensorFlow, every time
OBSERVED = [  # where Keras hands something to a page
    (keras.Model, "predict"),
    (keras.Model, "predict_on_batch"),
    (keras.Model, "train_on_batch"),
    (keras.Model, "test_on_batch"),
    (keras.Model, "evaluate"),
    (keras.layers.Layer, "get_weights"),
    (keras.ops, "convert_to_numpy"),
]


def run(tree, name):
    """Run a page, given as its ast or source; return its variables.

    What it prints is dropped and what it draws is closed. Raises what the page raises:
    AssertionError where a check fails.
    """
    forget_gradients()
    keras.utils.clear_session()
    np.set_printoptions(**PRINT_OPTIONS)
    variables = {"__name__": "__main__", "__file__": str(name)}
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(tree, str(name), "exec"), variables)
    finally:
        plt.close("all")
    return variables


def sections(page):
    """The page's code by its headings: {"Compute it": [statement, ...], ...}.

    The statements are those of one ast of the whole page, which is returned as well.
    """
    tree = ast.parse(page.read_text())
    heading, starts = "", []
    for kind, text, line in split_code_and_text_blocks(str(page))[1]:
        lines = text.splitlines()
        for title, rule in zip(lines, lines[1:]):
            if kind == "text" and rule and set(rule) <= {"-"}:
                heading = title
        starts.append((line, heading))
    found = {}
    for statement in tree.body:
        heading = [title for line, title in starts if line <= statement.lineno][-1]
        found.setdefault(heading, []).append(statement)
    return found, tree
