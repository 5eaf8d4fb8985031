"""A fault: one way to break Keras, what it covers, and the page that must notice."""

import ast
import contextlib
import dataclasses
import functools
import hashlib
import itertools
import sys
from pathlib import Path

from gallery.scripts import text_of


@functools.cache
def names_in(text):
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


@functools.cache
def read_module(file):
    """Return the lines of a module, and its definitions, {name: their source}."""
    source = Path(file).read_text()
    definitions = {}
    for statement in ast.parse(source).body:
        text = text_of(statement, source)
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names = [statement.name]
        else:
            stored = (
                node for node in ast.walk(statement) if isinstance(node, ast.Name)
            )
            names = [node.id for node in stored if isinstance(node.ctx, ast.Store)]
        definitions.update(dict.fromkeys(names, text))
    return source.encode().splitlines(), definitions


def source_of_call(frame):
    """Return the source of the call that runs in a frame, and that of each definition of
    its module which it needs."""
    code = frame.f_code
    lines, definitions = read_module(code.co_filename)
    positions = itertools.islice(code.co_positions(), frame.f_lasti // 2, None)
    line, end_line, column, end_column = next(positions)
    lines = lines[line - 1 : end_line]
    lines[-1] = lines[-1][:end_column]
    lines[0] = lines[0][column:]
    found, left = {}, [(None, b"\n".join(lines).decode())]
    while left:
        name, text = left.pop()
        found[name] = text
        needed = names_in(text) & definitions.keys() - found.keys()
        left += [(name, definitions[name]) for name in needed]
    return [found[name] for name in sorted(found, key=str)]


@dataclasses.dataclass(frozen=True)
class Fault:
    """One way to break Keras.

    name: what it does, in words; each has its own.
    page: "section/stem" of the page that must go red under it.
    covers: what Keras calls the thing that is broken: a class or function, as "Adam" or
        "elu", or an argument, method or property of it, as "Adam.beta_1".
    by: a context manager that can be entered again and again, in which Keras is broken.
    digest: of the fault's own source, with all that it uses of its module.
    """

    name: str
    page: str
    covers: str
    by: contextlib.AbstractContextManager
    digest: str = dataclasses.field(init=False)

    def __post_init__(self):
        made_in = sys._getframe(2)  # beyond the __init__ that dataclasses wrote
        sources = [self.name, self.page, self.covers, *source_of_call(made_in)]
        digest = hashlib.sha256("\0".join(sources).encode()).hexdigest()
        object.__setattr__(self, "digest", digest)
