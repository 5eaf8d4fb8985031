"""The entries of the reference: a page for each module of the library, with an entry for
each of its functions, and where each of them stands.
"""

import functools
from typing import NamedTuple

from gallery.functions import find_things
from gallery.keras_facts import read_facts
from gallery.package import (
    find_functions,
    find_modules_of_functions,
    is_function,
    look_up,
    original,
    read_statements,
)

FOLDER = "reference"  # in docs: the pages


class Entry(NamedTuple):
    """What the reference tells of a function.

    name: the function's; page: where it stands, "reference/recurrent"; things: what of
    Keras it computes, {(title of a family, name): facts}; code: the statements to show,
    imports and constants included; helpers: the names of what else it needs.
    """

    name: str
    page: str
    things: dict
    code: list
    helpers: list

    @property
    def title(self):
        return ", ".join(name for _, name in self.things) or self.name

    @property
    def anchors(self):
        """Its addresses on the page, that of its title first."""
        names = [name.lower() for _, name in self.things]
        return list(dict.fromkeys([*names, self.name.lstrip("_")]))


def page_of_module(file):
    return f"{FOLDER}/{file.stem}"


def find_code(statement):
    """Return what to show of a function, its imports and constants first, and the names
    of the functions that it needs."""
    imports, constants, helpers, left = [], [], [], [statement]
    while left:
        current = left.pop()
        for name in sorted(current.uses):
            needed = look_up(current, name)
            if needed.is_import:
                imports.append(needed)
            elif function := original(needed):
                helpers += sorted(function.binds)
            elif needed not in constants:
                constants.append(needed)
                left.append(needed)
    imports = sorted(dict.fromkeys(imports), key=lambda s: s.text)
    constants = sorted(constants, key=lambda s: (s.file, s.line))
    helpers = [name for name in dict.fromkeys(helpers) if name not in statement.binds]
    return [*imports, *constants, statement], helpers


@functools.cache
def find_entries():
    """Return {page: its entries}, in the order of the modules and their functions; what
    Keras has a name for comes first."""
    facts, of_function = read_facts(), {}
    for (title, thing), name in find_things().items():
        function = original(find_functions()[name])
        things = of_function.setdefault(function, {})
        things[title, thing] = facts[title][thing]
    found = {}
    for file in find_modules_of_functions():
        entries = [
            Entry(
                *statement.binds,
                page_of_module(file),
                of_function.get(statement, {}),
                *find_code(statement),
            )
            for statement in filter(is_function, read_statements(file))
        ]
        if entries:
            entries.sort(key=lambda entry: not entry.things)
            found[page_of_module(file)] = entries
    return found


@functools.cache
def find_addresses():
    """Return {name of a function: its address, such as "reference/dense#dense"}."""
    return {
        entry.name: f"{page}#{entry.anchors[0]}"
        for page, entries in find_entries().items()
        for entry in entries
    }


@functools.cache
def find_names():
    """Return {(title of a family, name of Keras): its address in the reference}."""
    return {
        thing: f"{page}#{thing[1].lower()}"
        for page, entries in find_entries().items()
        for entry in entries
        for thing in entry.things
    }


def file_of_page(page):
    """Return the module that a page of the reference is about."""
    return next(f for f in find_modules_of_functions() if page_of_module(f) == page)
