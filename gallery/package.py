"""The library keras_by_hand as a text: its statements, and what each of them needs."""

import ast
import functools
import graphlib
from pathlib import Path
from typing import NamedTuple

from sphinx.errors import SphinxError

from gallery.paring import pare
from gallery.paths import ROOT
from gallery.scripts import names_of

NAME = "keras_by_hand"
PACKAGE = ROOT / NAME
IMPORTS = ast.Import, ast.ImportFrom


class LinkError(SphinxError):
    """What a page imports cannot be linked; the message says where and what to do."""

    category = "A page cannot be linked"


def fail(file, line, message):
    raise LinkError(f"{file.relative_to(ROOT)}:{line}: {message}")


class Statement(NamedTuple):
    """A statement of a file.

    line: its first, with the comments right above it; text: from there to its end;
    binds: the names that it defines or imports; uses: those that it takes from outside,
    without Python's own.
    """

    file: Path
    node: ast.stmt
    line: int
    text: str
    binds: frozenset
    uses: frozenset

    @property
    def is_import(self):
        return isinstance(self.node, IMPORTS)


@functools.cache
def parse(file, text):
    """Return the statements at the top of a file, which has this text. Raises LinkError
    where it is no Python."""
    lines, found = text.splitlines(), []
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        fail(file, error.lineno, error.msg)
    for node in tree.body:
        first = min(n.lineno for n in (node, *getattr(node, "decorator_list", [])))
        while first > 1 and lines[first - 2].startswith("# "):
            first -= 1
        part = "\n".join(lines[first - 1 : node.end_lineno])
        found.append(Statement(file, node, first, part, *names_of(part)))
    return found


def read_statements(file):
    return parse(file, file.read_text())


# -- Modules


def find_module(name, beside=None):
    """Return the file of a module that can be linked: one of the library, or one in the
    folder ``beside``; None where it is of neither."""
    if name.split(".")[0] == NAME:
        places = [ROOT.joinpath(*name.split("."))]
    else:
        places = [beside / name] if beside and "." not in name else []
    for place in places:
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return file
    return None


def imported(statement):
    """Return the file that a statement of the form "from MODULE import name" of a
    linkable file imports from, if it is the library's; else None."""
    if isinstance(statement.node, ast.ImportFrom) and not statement.node.level:
        return find_module(statement.node.module)
    return None


def resolve(file, name):
    """Return the statement that defines a name of a module of the library, or, where the
    name comes from elsewhere, its import; None where there is neither."""
    for statement in read_statements(file):
        if name in statement.binds:
            source = statement.is_import and imported(statement)
            if not source or source == file:  # a folder hands on a module of its own
                return statement
            return resolve(source, name)
    return None


def look_up(statement, name):
    """Return the statement that defines a name which another one uses."""
    if found := resolve(statement.file, name):
        return found
    lines = [n.lineno for n in ast.walk(statement.node) if getattr(n, "id", "") == name]
    fail(statement.file, min(lines), f"there is no {name} here, and no import of it")


def is_function(statement):
    return isinstance(statement.node, ast.FunctionDef | ast.ClassDef)


def pared_text(statement):
    """Return the text of a statement as pages have it."""
    return "\n".join(text for text, _ in pare(statement))


def needs_of(statement):
    """Return the names that a statement takes from outside, as pages have it."""
    return names_of(pared_text(statement))[1]


def find_needed(file, names):
    """Return the statements that define names of a module and all that they need on a
    page, in an order in which they run, and the imports that they need from elsewhere.

    Raises LinkError for a name that a module neither defines nor imports.
    """
    found, imports, left = [], [], [resolve(file, name) for name in names]
    while left:
        statement = left.pop()
        if statement in found or statement in imports:
            continue
        (imports if statement.is_import else found).append(statement)
        if not statement.is_import:
            left += [look_up(statement, name) for name in needs_of(statement)]
    order = list(order_modules({s.file for s in found}))
    return sorted(found, key=lambda s: (order.index(s.file), s.line)), imports


def order_modules(files):
    """Return files of modules and those they import, each after what it imports.

    Raises graphlib.CycleError where two need each other.
    """
    needs, left = {}, sorted(files)
    while left:
        file = left.pop()
        if file not in needs:
            found = {imported(s) for s in read_statements(file) if s.is_import}
            needs[file] = sorted(found - {None})
            left += needs[file]
    return graphlib.TopologicalSorter(needs).static_order()


def find_modules():
    """Return the modules of the library, those that hand names on left out."""
    return [f for f in sorted(PACKAGE.rglob("*.py")) if f.stem != "__init__"]


def find_modules_of_functions():
    """Return those that compute what Keras computes; others run, compare and differentiate
    it."""
    of_models = {"models", "comparing", "commands", "tracing", "__main__.py"}
    return [
        file
        for file in find_modules()
        if file.relative_to(PACKAGE).parts[0] not in of_models
    ]


def read_version():
    """Return the version of the library, as "0.2.0.dev0"."""
    return resolve(PACKAGE / "__init__.py", "__version__").node.value.value


@functools.cache  # asked for each name that the reference shows
def find_functions():
    """Return the public functions of the modules of functions: {name: the statement that
    defines it}."""
    return {
        name: statement
        for file in find_modules_of_functions()
        for statement in read_statements(file)
        if is_function(statement)
        for name in sorted(statement.binds)
        if not name.startswith("_")
    }


def find_door():
    """Return the names that keras_by_hand itself hands on."""
    statements = read_statements(PACKAGE / "__init__.py")
    return frozenset().union(*(s.binds for s in statements if s.is_import))


@functools.cache  # asked for each name that the reference shows
def find_definitions(package):
    """Return {name: the first module that defines it}. The folder of the library is what
    the answer is kept by: tests have libraries of their own."""
    found = {}
    for file in find_modules():
        for statement in read_statements(file):
            if not statement.is_import:
                for name in statement.binds:
                    found.setdefault(name, file)
    return found


def find_place(name):
    """Return the one module that a name of the library is imported from: keras_by_hand
    where that hands it on, or else the module that defines it. None where there is none,
    or where the name is a module's own."""
    if name in find_door():
        return NAME
    file = None if name.startswith("_") else find_definitions(PACKAGE).get(name)
    if file is None:
        return None
    return ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
