"""What functions of the library say of themselves: how they are called, with types, in
which names that the library gives to types are spelled out; and their docstrings."""

import ast
import json
import textwrap

from gallery.package import find_place, resolve

UNION = " | "
WIDTH = 76  # of a call, so that it need not be scrolled on most screens
INDENT = 4
GLUE = "\N{NO-BREAK SPACE}"


def spell_out(statement, annotation):
    """Return an annotation as readers see it: "valid" | "same" in the place of a Literal,
    and of a Callable that alone."""
    if isinstance(annotation, ast.BinOp):
        sides = annotation.left, annotation.right
        return UNION.join(spell_out(statement, side) for side in sides)
    if isinstance(annotation, ast.Tuple | ast.List):
        return ", ".join(spell_out(statement, part) for part in annotation.elts)
    if isinstance(annotation, ast.Subscript):
        kind = ast.unparse(annotation.value)
        if kind == "Literal":
            return UNION.join(map(json.dumps, texts_of(annotation)))
        inner = spell_out(statement, annotation.slice)
        return kind if kind == "Callable" else f"{kind}[{inner}]"
    if alias := find_alias(statement, annotation):
        return spell_out(alias, alias.node.value)
    return ast.unparse(annotation)


def find_alias(statement, node):
    """Return the statement of the library that gives something this name, if one does."""
    name = node.id if isinstance(node, ast.Name) else ""
    found = resolve(statement.file, name)
    return found if found and isinstance(found.node, ast.Assign) else None


def texts_of(literal):
    """Return what a Literal may be."""
    part = literal.slice
    values = part.elts if isinstance(part, ast.Tuple) else [part]
    return [ast.literal_eval(value) for value in values]


def options_of(statement):
    """Return {argument: its options}, the values of the Literal in its annotation, and
    None where it may be that; without arguments that have no Literal."""
    args = statement.node.args
    found = {
        argument.arg: options_in(statement, argument.annotation)
        for argument in [*args.posonlyargs, *args.args, *args.kwonlyargs]
    }
    return {name: values for name, values in found.items() if {*values} - {None}}


def options_in(statement, annotation):
    if isinstance(annotation, ast.BinOp):
        sides = annotation.left, annotation.right
        values = [v for side in sides for v in options_in(statement, side)]
        return sorted(values, key=lambda value: value is None)
    if isinstance(annotation, ast.Subscript):
        is_literal = ast.unparse(annotation.value) == "Literal"
        return texts_of(annotation) if is_literal else []
    if alias := find_alias(statement, annotation):
        return options_in(alias, alias.node.value)
    is_none = isinstance(annotation, ast.Constant) and annotation.value is None
    return [None] if is_none else []


def types_of(statement, node):
    """Return the parameters of a function of a statement, or of a method in it, with
    types and defaults, without self; and what it returns, or "". Those of a NamedTuple, or
    of a dataclass, are its fields."""
    lines = statement.file.read_text().splitlines()

    def told(argument, default=None):
        name = argument.target.id if is_class else argument.arg
        if argument.annotation is None:
            typed, equal = name, "="
        else:
            typed = f"{name}: {spell_out(statement, argument.annotation)}"
            equal = " = "
        return f"{typed}{equal}{value_of(default)}" if default else typed

    def value_of(default):
        constant = find_alias(statement, default)
        if constant and default.id.isupper():
            return ast.unparse(constant.node.value)
        return lines[default.lineno - 1][default.col_offset : default.end_col_offset]

    if is_class := isinstance(node, ast.ClassDef):
        fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
        return tuple(told(field, field.value) for field in fields), ""
    args = node.args
    plain = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(plain) - len(args.defaults)) + args.defaults
    parts = [told(*pair) for pair in zip(plain, defaults) if pair[0].arg != "self"]
    if args.vararg or args.kwonlyargs:
        parts.append(f"*{told(args.vararg) if args.vararg else ''}")
    parts += [told(*pair) for pair in zip(args.kwonlyargs, args.kw_defaults)]
    if args.kwarg:
        parts.append(f"**{told(args.kwarg)}")
    return tuple(parts), spell_out(statement, node.returns) if node.returns else ""


def call_of(statement, node, name):
    """Return how a function is called, in lines that break between arguments."""
    parameters, returned = types_of(statement, node)
    parts = [p.replace(" ", GLUE) if len(p) < WIDTH - INDENT else p for p in parameters]
    call = f"{name}({', '.join(parts)}){f' ->{GLUE}{returned}' * bool(returned)}"
    return in_lines(call).replace(GLUE, " ")


def in_lines(call):
    """Break a call that is too long for one line between its arguments."""
    return "\n".join(
        textwrap.wrap(
            call, WIDTH, subsequent_indent=" " * INDENT, break_long_words=False
        )
    )


def and_so(names):
    """Return the comment below a call that others are called like; "" if none are."""
    text = ", ".join(names)
    lines = textwrap.wrap(f"and so {text}", WIDTH - 2, break_long_words=False)
    return "".join(f"\n# {line}" for line in lines) if text else ""


def imports_of(names):
    """Return the lines that import names of the library: one for each module, or, where
    these are too long, one for each name."""
    places = {}
    for name in names:
        places.setdefault(find_place(name), []).append(name)
    together = [f"from {place} import {', '.join(n)}" for place, n in places.items()]
    alone = [f"from {place} import {n}" for place, ns in places.items() for n in ns]
    return "\n".join(together if max(map(len, together)) <= WIDTH else alone)


# -- Docstrings

EXAMPLE = ">>> "


def parts_of_docstring(node):
    return (ast.get_docstring(node) or "").split("\n\n")


def paragraphs_of(node):
    """Return what a docstring tells, without its example."""
    return [part for part in parts_of_docstring(node) if not part.startswith(EXAMPLE)]


def example_of(node):
    """Return the example of a docstring, or ""."""
    parts = [part for part in parts_of_docstring(node) if part.startswith(EXAMPLE)]
    return "\n\n".join(parts).replace("<BLANKLINE>", "")
