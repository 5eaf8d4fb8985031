"""The reference: what Keras has, and for each thing that a page computes, how to call it,
its weights, its equation and the NumPy function, as it stands on the page.
"""

import re
import textwrap

from collected import collect
from includes import folded, write
from keras_facts import read_facts
from paths import EXAMPLES
from scripts import read_docstring

WIDTH = 76  # of a call, so that it need not be scrolled on most screens
EQUATION = re.compile(r"^\.\. math::.*\n(?:\n|   .*\n)*", re.M)


def find_equations(page):
    """Return the equations of the first text of a page, as reStructuredText."""
    return "\n".join(EQUATION.findall(f"{read_docstring(EXAMPLES / f'{page}.py')}\n"))


def code(text):
    return f".. code-block:: python\n\n{textwrap.indent(text, '   ')}\n"


def in_lines(call):
    """Break a call that is too long for one line between its arguments."""
    return "\n".join(
        textwrap.wrap(call, WIDTH, subsequent_indent="    ", break_long_words=False)
    )


def weight_line(weights):
    """Tell the weights of a layer in the order of get_weights()."""
    shown = [
        f"``{name}`` ({', '.join(shape)}{',' * (len(shape) == 1)})"
        for name, shape in weights
    ]
    return f"Weights: {', '.join(shown)}\n" if shown else ""


def entry(name, facts, definition):
    """Return all that there is to tell of one name, as reStructuredText."""
    return "\n".join(
        [
            f"{name}\n{'^' * len(name)}\n",
            code(in_lines(facts["signature"])),
            weight_line(facts["weights"]),
            find_equations(definition.page),
            code(definition.source),
            f"Explained and checked on :doc:`/auto_examples/{definition.page}`.\n",
        ]
    )


def write_reference(app):
    collected = collect()
    text = ""
    for title, things in read_facts().items():
        known = [name for name in things if (title, name) in collected]
        text += f"\n{title}\n{'-' * len(title)}\n\n"
        text += f"{len(known)} of {len(things)} have a NumPy function here.\n\n"
        if missing := [name for name in things if name not in known]:
            names = ", ".join(missing).replace("_", r"\_")
            text += f"{folded(f'Not yet: {len(missing)}', f'{names}.')}\n"
        for name in known:
            text += f"{entry(name, things[name], collected[title, name])}\n"
    write("reference.inc", text)


def setup(app):
    app.connect("builder-inited", write_reference, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
