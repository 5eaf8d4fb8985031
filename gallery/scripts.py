"""The script of a page as a text: what it says first, and of each of its statements the
heading above it, the text, and the names that it binds and uses.
"""

import ast
import builtins
import itertools
import re
import symtable
import textwrap

from sphinx_gallery.py_source_parser import split_code_and_text_blocks

# page "Title", pages "Title" and "Title"; a line may end anywhere in it
TITLES = re.compile(r'\b[Pp]ages?\s+"[^"]+"(?:(?:,|,?\s+and|,?\s+or)\s+"[^"]+")*')


def read_title(path):
    """Return the first line of a script's first text."""
    return ast.get_docstring(ast.parse(path.read_text())).split("\n")[0]


def text_of(statement, source):
    """Return the text of a statement of a script's ast, with its decorators."""
    decorators = getattr(statement, "decorator_list", [])
    first = min(node.lineno for node in (statement, *decorators))
    return "\n".join(source.splitlines()[first - 1 : statement.end_lineno])


def taken_from_outside(scope):
    """Return the names that a scope and the scopes in it take from outside, and what a
    module has at its top."""
    top = scope.get_type() == "module"
    names = {s.get_name() for s in scope.get_symbols() if top or s.is_global()}
    return names.union(*map(taken_from_outside, scope.get_children()))


def names_of(text):
    """Return the names that a text binds at its top, and those that it takes from
    elsewhere. A parameter of a function is neither."""
    scope = symtable.symtable(text, "", "exec")
    binds = {
        s.get_name()
        for s in scope.get_symbols()
        if s.is_assigned() or s.is_imported() or s.is_namespace()
    }
    uses = taken_from_outside(scope) - binds - vars(builtins).keys()
    return frozenset(binds), frozenset(uses)


def write_mark(module, names):
    """Return the comment that begins code of a module in the place of an import."""
    return textwrap.fill(
        f"From {module}: {', '.join(names)}",
        80,
        initial_indent="# ",
        subsequent_indent="# ",
    )


def read_mark(code):
    """Return the module and the names of linked code, as text; None of any other."""
    comment = itertools.takewhile(lambda line: line[:2] == "# ", code.split("\n"))
    text = " ".join(line[2:] for line in comment)
    found = re.fullmatch(r"From ([\w.]+): (\w+(?:, \w+)*)", text)
    return found and found.groups()


def find_headings(path, tree):
    """Return the heading above each statement of a script's ast; "" above the first."""
    starts, heading = [], ""
    for kind, text, line in split_code_and_text_blocks(str(path))[1]:
        lines = text.splitlines()
        for title, rule in zip(lines, lines[1:]):
            if kind == "text" and rule and set(rule) <= {"-"}:
                heading = title
        starts.append((line, heading))
    return [
        [title for line, title in starts if line <= statement.lineno][-1]
        for statement in tree.body
    ]
