"""Pages as readers get them, in docs/_build/pages.

In the place of what a page imports from keras_by_hand stands the code of that, and of all
that it needs, once. So a page that is downloaded runs alone, and a page runs again exactly
when code that it uses has changed. What else a page needs of Keras may stand in a module
beside it, and is linked likewise.
"""

import ast
import builtins
import difflib
import functools
import re
from typing import NamedTuple

from gallery.exercises import find_checks, way_back
from gallery.package import (
    NAME,
    PACKAGE,
    fail,
    find_module,
    find_needed,
    find_place,
    parse,
    read_statements,
    resolve,
)
from gallery.paring import pare
from gallery.paths import EXAMPLES, ROOT, SOURCES, name_of, place
from gallery.scripts import find_headings, write_mark

# What a page imports under these headings, it is about.
SUBJECT = ("Compute it", "Check it", "In full")


class Line(NamedTuple):
    """A line of a linked page: its text, and the file and line that it comes from."""

    text: str
    file: object
    number: int


def as_lines(file, first, text):
    return [Line(t, file, first + n) for n, t in enumerate(text.split("\n"))]


def as_comment(file, number, text):
    """Return the Lines of a text that stands in a page as a comment, below a line."""
    return [Line(f"# {t}".rstrip(), file, number) for t in text.splitlines()]


# -- What a page imports


def is_linkable(page, module):
    """Whether a module would be one of the library, or stands beside a page."""
    if not module or module.split(".")[0] == NAME:
        return bool(module)
    return find_module(module, page.parent) is not None


def check_form(page, statements):
    """Raise LinkError for an import that cannot be linked: one that is not of the form
    "from MODULE import name, name", at the top of the page."""
    top = {id(s.node) for s in statements}
    for node in (n for s in statements for n in ast.walk(s.node)):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module]
        else:
            continue
        linkable = [m for m in modules if is_linkable(page, m)]
        if not linkable:
            continue
        is_plain = isinstance(node, ast.ImportFrom) and not node.level
        if not is_plain or any(a.asname or a.name == "*" for a in node.names):
            form = f'write "from {linkable[0]} import" and the names, each as it is'
            fail(page, node.lineno, f'"{ast.unparse(node)}" cannot be linked: {form}')
        if id(node) not in top:
            why = "an import inside other code cannot be linked: put it at the margin"
            fail(page, node.lineno, why)


def is_linked(page, statement):
    """Whether a statement of a page is an import whose code is put in its place."""
    node = statement.node
    return isinstance(node, ast.ImportFrom) and is_linkable(page, node.module)


def find_imported(page, statement):
    """Return the module that a page imports from. Raises LinkError where there is none, or
    not this name, and where a name of the library is to be imported from elsewhere."""
    source = statement.node.module
    if (module := find_module(source, page.parent)) is None:
        fail(page, statement.node.lineno, f"there is no module {source} to be linked")
    of_library = module.is_relative_to(PACKAGE)
    for name in sorted(statement.binds):
        place = find_place(name) if of_library else source
        if place == source and resolve(module, name):
            continue
        why = f"there is no {name} in {module.relative_to(ROOT)}."
        if place not in (source, None):
            why = f'{name} cannot be linked so: write "from {place} import {name}"'
        else:
            known = {n for s in read_statements(module) for n in s.binds} - {name}
            if near := difflib.get_close_matches(name, known, n=3):
                why += f" Did you mean {', '.join(near)}?"
        fail(page, statement.node.lineno, why)
    return module


def find_linked(page):
    """Yield (import of a page, the definitions and imports that its code consists of),
    without what an earlier one has brought."""
    have = set()
    for statement in parse(page, page.read_text()):
        if is_linked(page, statement):
            module = find_imported(page, statement)
            found, imports = find_needed(module, statement.binds)
            yield statement, [s for s in found if s not in have], imports
            have.update(found)


# -- Linking


def check_names(page, statements, linked):
    """Raise LinkError where a page gives a name of its linked code another meaning."""
    own = {n: s for s in statements if not is_linked(page, s) for n in s.binds}
    homes = {}
    if any(is_linked(page, s) for s in statements):
        for name in sorted(own.keys() & vars(builtins).keys()):
            why = f"{name} is Python's own, and linked code may use it: rename yours"
            fail(page, own[name].line, why)
    for _, found, imports in linked:
        for definition in found:
            for name in definition.binds:
                home = definition.file.relative_to(ROOT)
                if name in own:
                    why = f"{name} is a name of linked code, too ({home}): rename yours"
                    fail(page, own[name].line, why)
                if homes.setdefault(name, definition) != definition:
                    other = homes[name].file.relative_to(ROOT)
                    fail(page, 1, f"links {name} of {home} and of {other}")
        for needed in imports:
            for name in needed.binds & own.keys():
                if own[name].text != needed.text:
                    why = f"linked code needs {needed.text!r}: rename your {name}"
                    fail(page, own[name].line, why)


def link(page):
    """Return a page as readers get it, as a list of Lines. Raises LinkError."""
    text = page.read_text()
    statements = parse(page, text)
    check_form(page, statements)
    linked = list(find_linked(page))
    check_names(page, statements, linked)
    lines = as_lines(page, 1, text.rstrip())
    have = {s.text for s in statements if s.is_import and not is_linked(page, s)}
    for number, check in reversed(list(find_checks(name_of(page)))):
        lines[number:number] = as_comment(page, number, check)
    edits = []
    for statement, found, imports in linked:
        block = []
        if found:
            names = [alias.name for alias in statement.node.names]
            head = write_mark(statement.node.module, names)
            if lacking := {s.text for s in imports} - have:
                head += "\n\n" + "\n".join(sorted(lacking))
            have |= lacking
            block += as_lines(page, statement.node.lineno, head)
        for definition in found:
            block += as_lines(page, statement.node.lineno, "\n")
            pared = pare(definition)
            block += [Line(text, definition.file, number) for text, number in pared]
        edits.append((statement, block))
    for statement, block in reversed(edits):
        first, last = statement.node.lineno, statement.node.end_lineno
        if block and not ends_text(lines[: first - 1]):
            block = [*as_lines(page, first, "# %%\n"), *block]
        elif block and lines[first - 2].text:  # the mark is no part of the text
            block = [*as_lines(page, first, ""), *block]
        if block and not starts_text(lines[last:]):
            block += as_lines(page, last, "\n\n# %%")
        lines[first - 1 : last] = block
    return lines + as_comment(page, len(text.splitlines()), way_back(name_of(page)))


def ends_text(lines):
    """Whether lines end with a text, after which code begins a cell."""
    script = "\n".join(line.text for line in lines).rstrip()
    return re.search(r"^# %%.*(\n#.*)*\Z", script, re.MULTILINE)


def starts_text(lines):
    """Whether lines begin with a text, before which a cell ends, or are blank."""
    script = "\n".join(line.text for line in lines).lstrip()
    return not script or script.startswith("# %%")


def link_text(page):
    return "".join(f"{line.text}\n" for line in link(page))


def find_lines(page):
    """Return the Lines of a page in EXAMPLES; of any other, they are its own."""
    if page.is_relative_to(EXAMPLES):
        return link(SOURCES / page.relative_to(EXAMPLES))
    return as_lines(page, 1, page.read_text())


def find_origin(page, number):
    """Return the file and the line that a line of a page in EXAMPLES comes from."""
    line = find_lines(page)[number - 1]
    return line.file, line.number


def write_pages():
    """Write the linked pages, where they have changed; remove what is none any more.
    Raises LinkError."""
    files = [*SOURCES.glob("*/plot_*.py"), *SOURCES.glob("**/GALLERY_HEADER.rst")]
    kept = set()
    for file in files:
        target = EXAMPLES / file.relative_to(SOURCES)
        text = link_text(file) if file.suffix == ".py" else file.read_text()
        kept.add(target)
        if not target.exists() or target.read_text() != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    for target in [t for t in EXAMPLES.rglob("*.*") if t.is_file()]:
        if target not in kept:
            target.unlink()
    find_homes.cache_clear()
    find_homes()


# -- Homes


@functools.cache
def find_homes():
    """Return {name of a function of the library: the page, "section/stem", that is about
    it}: that which imports it under one of these headings, or else the first whose imports
    there need it.

    Raises LinkError where two pages import a function there.
    """
    direct, needed = {}, {}
    for name in sorted(map(name_of, SOURCES.glob("*/plot_*.py")), key=place):
        page = SOURCES / f"{name}.py"
        statements = parse(page, page.read_text())
        tree = ast.Module([s.node for s in statements], [])
        headings = find_headings(page, tree)
        for statement, heading in zip(statements, headings):
            if heading not in SUBJECT or not is_linked(page, statement):
                continue
            module = find_imported(page, statement)
            for function in sorted(statement.binds):
                if (home := direct.setdefault(function, name)) != name:
                    why = f"{home} is about {function}: import it at the top here"
                    fail(page, statement.node.lineno, why)
            for definition in find_needed(module, statement.binds)[0]:
                for function in definition.binds:
                    needed.setdefault(function, name)
    return {name: direct.get(name, needed[name]) for name in sorted(needed)}
