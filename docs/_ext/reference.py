"""The reference: what Keras has, and for each thing that a page computes, how to call it,
its weights, its equation and the function of keras_by_hand, with all that it needs.
"""

import re
import textwrap

from families import read_header

from gallery import stages
from gallery.functions import find_things, page_of, read_shared, source_of
from gallery.includes import folded, table, write
from gallery.keras_facts import read_facts, read_masks
from gallery.package import find_functions
from gallery.paths import SOURCES, place
from gallery.scripts import read_docstring

SHARED = "Many functions here need these: copy them along."
WIDTH = 76  # of a call, so that it need not be scrolled on most screens
EQUATION = re.compile(r"^\.\. math::.*\n(?:\n|   .*\n)*", re.M)


def find_equations(page):
    """Return the equations of the first text of a page, as reStructuredText."""
    return "\n".join(EQUATION.findall(f"{read_docstring(SOURCES / f'{page}.py')}\n"))


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


def entry(things, name):
    """Return all that there is to tell of what one function computes, as reStructuredText;
    things: {name of Keras: its facts}. The code can be copied with all that it needs."""
    title = ", ".join(things)
    parts = [f"{title}\n{'^' * len(title)}\n"]
    for facts in things.values():
        parts += [code(in_lines(facts["signature"])), weight_line(facts["weights"])]
    parts += [
        find_equations(page_of(name)),
        code(source_of(name)),
        f"Explained and checked on :doc:`/auto_examples/{page_of(name)}`.\n",
    ]
    return "\n".join(parts)


def by_family(known):
    """Return what is known, {name of Keras: name of its function}, by the family of its
    page, in order, and there by the code of the function: {family: {code: [names]}}."""
    found = {}
    for thing, name in sorted(
        known.items(), key=lambda item: (place(page_of(item[1]))[0], item[0])
    ):
        family = found.setdefault(page_of(name).split("/")[0], {})
        family.setdefault(find_functions()[name].text, []).append(thing)
    return found


def heading(title):
    return f"\n{title}\n{'-' * len(title)}\n\n"


def write_reference(app):
    found = find_things()
    text = f"{heading('Needed by many')}{SHARED}\n\n{code(read_shared())}\n"
    for title, things in read_facts().items():
        known = {n: found[title, n] for n in things if (title, n) in found}
        text += heading(title)
        text += f"{len(known)} of {len(things)} have a NumPy function here.\n\n"
        if missing := [name for name in things if name not in known]:
            names = ", ".join(missing).replace("_", r"\_")
            text += f"{folded(f'Not yet: {len(missing)}', f'{names}.')}\n"
        families = by_family(known)
        for family, functions in families.items():
            if len(families) > 1:
                text += heading(f"{title}: {read_header(family)[0]}")
            for names in functions.values():
                of_names = {name: things[name] for name in names}
                text += f"{entry(of_names, known[names[0]])}\n"
    write("reference.inc", text)


def write_masks(app):
    layers = {}
    for name, what in read_masks().items():
        layers.setdefault(what, []).append(name)
    rows = [(what, ", ".join(layers[what])) for what in sorted(layers, reverse=True)]
    write("masks.inc", table(("What it does with a mask", "Layers"), rows))


def setup(app):
    app.connect("builder-inited", write_reference, priority=stages.TELL_OF_PAGES)
    app.connect("builder-inited", write_masks, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
