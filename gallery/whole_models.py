"""The page of the reference on whole models: what runs them, compares them with ports and
differentiates, in Python and on the command line.
"""

import ast

from gallery.command_help import read_help
from gallery.includes import anchors, code, heading, prose
from gallery.package import find_module, find_place, resolve
from gallery.signatures import call_of, example_of, imports_of, paragraphs_of

PAGE = "reference/models"
TITLE = "Whole models"
INTRODUCTION = """\
A ``.keras`` file as a model in NumPy, which predicts and trains as in Keras, what its port
computes otherwise, and gradients, in Python and on the command line. :doc:`/my_port` looks
for the mistakes of a port step by step.

**Train without Keras**: a model is trained with the optimizer, the loss and the metrics
that its file has, and Keras loads what is written.

.. code-block:: bash

   keras-by-hand train model.keras --x x.npy --y y.npy --epochs 3 --output trained.keras

.. code-block:: python

   import numpy as np
   from keras_by_hand import load_model

   model = load_model("model.keras")
   history = model.fit(np.load("x.npy"), np.load("y.npy"), epochs=3)
   model.save("trained.keras")
"""
# Each name, and of a class what else there is to call.
NAMES = {
    "load_model": (),
    "build_model": (),
    "Model": (
        "predict",
        "compile",
        "fit",
        "evaluate",
        "gradients",
        "save",
        "list_notes",
    ),
    "EarlyStopping": (),
    "ReduceLROnPlateau": (),
    "LearningRateScheduler": (),
    "record": (),
    "outputs_of": (),
    "weights_of": (),
    "golden_vectors": (),
    "compare": (),
    "Comparison": ("table", "summary", "plot"),
    "CannotRun": (),
    "gradient": (),
}


def find_titles():
    """Return the titles of all that the page tells of."""
    return [*NAMES, *read_help()]


def anchor_of(title):
    return title.lower().replace(" ", "-")


def find_addresses():
    """Return {title: its address}, such as "reference/models#load_model"."""
    return {title: f"{PAGE}#{anchor_of(title)}" for title in find_titles()}


def say(node):
    """Return what a docstring says, as reStructuredText."""
    paragraphs = [f"{prose(text)}\n" for text in paragraphs_of(node)]
    example = example_of(node)
    return "\n".join(paragraphs + [code(example, "pycon")] * bool(example))


def name_in_words(name):
    """Return the entry of a function or class."""
    statement = resolve(find_module(find_place(name)), name)
    node, lines = statement.node, [imports_of([name])]
    is_dataclass = bool(node.decorator_list)
    if not isinstance(node, ast.ClassDef) or is_dataclass:
        lines += ["", call_of(statement, node, name)]
    parts = [code("\n".join(lines)), say(node)]
    for member in NAMES[name]:
        holder, method = find_method(statement, member)
        parts += [code(call_of(holder, method, f"{name}.{member}")), say(method)]
    return "\n".join(parts)


def find_method(statement, name):
    """Return the statement of a class, or of one that it is made of, and a method there."""
    for node in statement.node.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return statement, node
    bases = [resolve(statement.file, base.id) for base in statement.node.bases]
    found = (find_method(base, name) for base in filter(None, bases))
    return next(filter(None, found), None)


def page_in_words():
    """Return the page."""
    told = {name: name_in_words(name) for name in NAMES}
    for command, text in read_help().items():
        told[command] = code(f"$ {command} --help\n{text}", "console")
    entries = [
        f"{anchors([anchor_of(title)], title)}\n{heading(title)}{text}"
        for title, text in told.items()
    ]
    return "\n".join([heading(TITLE, "=") + INTRODUCTION, *entries])
