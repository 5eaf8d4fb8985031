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
A ``.keras`` file as a model in NumPy, what its port computes otherwise, and gradients, in
Python and on the command line. :doc:`/my_port` looks for the mistakes of a port step by
step.
"""
# Each name, and of a class what else there is to call.
NAMES = {
    "load_model": (),
    "build_model": (),
    "Model": ("predict", "list_notes"),
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
    if not isinstance(node, ast.ClassDef):
        lines += ["", call_of(statement, node, name)]
    parts = [code("\n".join(lines)), say(node)]
    methods = {n.name: n for n in node.body if isinstance(n, ast.FunctionDef)}
    for member in NAMES[name]:
        method = methods[member]
        parts += [code(call_of(statement, method, f"{name}.{member}")), say(method)]
    return "\n".join(parts)


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
