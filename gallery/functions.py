"""What Keras has, and which function of keras_by_hand computes it."""

import functools
import tomllib

from gallery.keras_facts import read_facts
from gallery.linker import find_homes
from gallery.package import find_functions
from gallery.paths import DOCS

LEFT_OUT = DOCS / "reference/left_out.toml"
# What gives way to others, the plainer first: how the names of its functions then end.
ENDINGS = {"Layers": "_layer", "Metrics": "_metric", "Initializers": "_initializer"}


def rank(title):
    """Return the place of a family in the order in which names are given away."""
    return [*ENDINGS].index(title) + 1 if title in ENDINGS else 0


def plain(name):
    """Return a name without what tells spellings apart: RMSprop and rms_prop."""
    return name.replace("_", "").lower()


def things_by_function(names):
    """Return what Keras has by the names that functions for it have, in plain spelling:
    {name of a function: (title of a family, name of Keras)}.

    names: {title: [names]}. Of what shares its name the plainest keeps it, as an
    activation before a layer; the others end in what they are, as leaky_relu_layer.
    """
    found = {}
    for title in sorted(names, key=rank):
        for name in names[title]:
            found.setdefault(plain(name), (title, name))
            if title in ENDINGS:
                found[plain(name + ENDINGS[title])] = (title, name)
    return found


@functools.cache
def find_things():
    """Return {(title of a family, name of Keras): name of the function for it}."""
    things = things_by_function(read_facts())
    return {
        things[plain(name)]: name for name in find_functions() if plain(name) in things
    }


def name_alone(title, name):
    """Return a name of Keras as nothing else of Keras is named: "Hinge" is a loss, and
    "metrics.Hinge" what gives way to it."""
    plainer = [of for of, names in read_facts().items() if name in names]
    is_plainest = min(plainer, key=rank) == title
    return name if is_plainest else f"{title.lower()}.{name}"


@functools.cache
def read_left_out():
    """Return {title of a family: {name of Keras: why no function computes it}}."""
    return tomllib.loads(LEFT_OUT.read_text())


@functools.cache
def find_taught():
    """Return {(title of a family, name of Keras): the page that is about it}."""
    pages = {thing: page_of(name) for thing, name in find_things().items()}
    return {thing: page for thing, page in pages.items() if page}


def page_of(name):
    """Return the page, "section/stem", that is about a function; None if none is."""
    homes, functions = find_homes(), find_functions()
    if name in homes:
        return homes[name]
    # Such as conv, which conv1d calls; not what modules share, or Keras has, too.
    things, file = things_by_function(read_facts()), functions[name].file
    names = [
        each
        for each in sorted(functions[name].uses)
        if plain(each) not in things
        and (each not in functions or functions[each].file == file)
    ]
    return next((homes[each] for each in names if each in homes), None)
