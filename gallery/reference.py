"""The entries of the reference: a page for each module of the library, with an entry for
each of its functions, and where each of them stands.
"""

import ast
import functools
import re
from typing import NamedTuple

from gallery.functions import ENDINGS, find_things, plain
from gallery.keras_facts import read_facts
from gallery.package import (
    find_functions,
    find_modules_of_functions,
    is_function,
    look_up,
    needs_of,
    pared_text,
    read_statements,
)
from gallery.paring import TAKE_IN

FOLDER = "reference"  # in docs: the pages
RANK = re.compile(
    r"(?<=[a-z])[123](?:d(?![a-z0-9])|D)"
)  # in names, as conv1d and Conv1D


class Entry(NamedTuple):
    """What the reference tells of a function, or of several that are alike: that differ in
    rank alone, or are means of different losses.

    functions: the statements that define them; page: where it stands, such as
    "reference/recurrent"; things: what of Keras they compute, {(title of a family, name):
    facts}; shown: the functions whose code stands for all; head: the imports and constants
    that this needs; helpers: the other functions that it needs.
    """

    functions: list
    page: str
    things: dict
    shown: list
    head: list
    helpers: list

    @property
    def names(self):
        return list(map(function_name, self.functions))

    @property
    def told(self):
        """The functions to be called: those of a rank, if any are."""
        of_a_rank = [s for s in self.functions if RANK.search(function_name(s))]
        return of_a_rank or self.functions

    @property
    def title(self):
        return ", ".join(
            [name for _, name in self.things] or map(function_name, self.told)
        )

    @property
    def anchors(self):
        """Its addresses on the page, that of its title first."""
        names = [name.lower() for _, name in self.things]
        return list(dict.fromkeys([*names, *(n.lstrip("_") for n in self.names)]))

    @property
    def code(self):
        """The code to show and to copy, as pages have it."""
        head = "\n".join(statement.text for statement in self.head)
        return "\n\n\n".join(filter(None, [head, *map(pared_text, self.shown)]))


def page_of_module(file):
    """Return the page of a module; the names of metrics' modules would say too little."""
    is_of_metrics = file.parent.name == "metrics"
    return f"{FOLDER}/metrics_{file.stem}" if is_of_metrics else f"{FOLDER}/{file.stem}"


def function_name(statement):
    """Return the name of a function."""
    return statement.node.name


def choose_shown(functions):
    """Return the functions whose code stands for all: of those of a rank, that of images,
    and what computes any rank; of other ones that are alike, the first."""
    if all(map(mean_of, functions)):
        return functions[:1]
    of_a_rank = [f for f in functions if RANK.search(function_name(f))]
    of_any = [f for f in functions if f not in of_a_rank]
    of_images = [f for f in of_a_rank if "2d" in function_name(f)]
    return (of_images or of_a_rank)[:1] + of_any


def find_needs(statements):
    """Return the imports and constants that the code of functions needs, and the other
    functions."""
    imports, constants, helpers, left = [], [], [], [*statements]
    while left:
        current = left.pop()
        for name in sorted(needs_of(current)):
            needed = look_up(current, name)
            if needed.is_import:
                imports.append(needed)
            elif is_function(needed):
                helpers.append(needed)
            elif needed not in constants:
                constants.append(needed)
                left.append(needed)
    imports = sorted(dict.fromkeys(imports), key=lambda s: s.text)
    constants = sorted(constants, key=lambda s: (s.file, s.line))
    helpers = [s for s in dict.fromkeys(helpers) if s not in statements]
    return [*imports, *constants], helpers


def find_told():
    """Return the functions that have an entry: the public ones, and what their code
    needs."""
    left = [
        statement
        for file in find_modules_of_functions()
        if file not in TAKE_IN  # functions tell what they take
        for statement in filter(is_function, read_statements(file))
        if not function_name(statement).startswith("_")
    ]
    found = set()
    while left:
        if (statement := left.pop()) not in found:
            found.add(statement)
            left += find_needs([statement])[1]
    return found


def mean_of(function):
    """Return the name of what a metric is the mean of, such as "hinge"; "" where its name
    does not tell."""
    name, ending = function_name(function), ENDINGS["Metrics"]
    return name.removesuffix(ending) if name.endswith(ending) else ""


def without_name(function, text):
    """Return a text in one line, without what tells alike functions apart: their rank, or
    what they are the mean of."""
    words = re.split(r"(\w+)", " ".join(text.split()))
    own = {plain(mean_of(function)), plain(function_name(function))}
    return RANK.sub("", "".join(word for word in words if plain(word) not in own))


def code_of_any(function):
    """Return the code of a function as pages have it, without docstring and name, and
    without what tells alike functions apart: equal for these."""
    [node] = ast.parse(pared_text(function)).body
    node.name = ""
    node.body = node.body[ast.get_docstring(node) is not None :]
    code = ast.unparse(node)
    return (
        without_name(function, code) if mean_of(function) else re.sub(r"\d", "", code)
    )


def called_by(function, names):
    """Return the name of what alike functions of a module call: conv, or of accuracy_metric
    accuracy; "" where that is no function of the module."""
    if inner := mean_of(function):
        return inner if inner in names else ""
    return RANK.sub("", function_name(function))


def grouped(functions):
    """Return lists of the functions that are alike, as conv1d and conv2d, with what these
    call, as conv; in the order of the first of each."""
    names = {function_name(statement) for statement in functions}
    alike, left, groups = {}, [], []
    for statement in functions:
        if RANK.search(function_name(statement)) or mean_of(statement):
            key = called_by(statement, names), code_of_any(statement)
            alike.setdefault(key, []).append(statement)
        else:
            left.append(statement)
    for statement in left:
        name = function_name(statement).lstrip("_")
        same = [group for (called, _), group in alike.items() if called == name]
        if same:
            same[0].append(statement)
        else:
            groups.append([statement])
    groups += [sorted(group, key=lambda s: s.line) for group in alike.values()]
    return sorted(groups, key=lambda group: min(s.line for s in group))


@functools.cache
def find_entries():
    """Return {page: its entries}, in the order of the modules and their functions; what
    Keras has a name for comes first."""
    facts, of_function = read_facts(), {}
    for (title, thing), name in find_things().items():
        things = of_function.setdefault(find_functions()[name], {})
        things[title, thing] = facts[title][thing]
    told, found = find_told(), {}
    for file in find_modules_of_functions():
        entries = []
        for functions in grouped([s for s in read_statements(file) if s in told]):
            things = {}
            for statement in functions:
                things |= of_function.get(statement, {})
            shown, page = choose_shown(functions), page_of_module(file)
            entries.append(Entry(functions, page, things, shown, *find_needs(shown)))
        if entries:
            entries.sort(key=lambda entry: not entry.things)
            found[page_of_module(file)] = entries
    return found


@functools.cache
def find_addresses():
    """Return {name of a function: its address, such as "reference/dense#dense"}."""
    return {
        name: f"{page}#{entry.anchors[0]}"
        for page, entries in find_entries().items()
        for entry in entries
        for name in entry.names
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
