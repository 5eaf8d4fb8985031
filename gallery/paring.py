"""Functions as pages have them: what they compute, and no more.

A function of the library says what it takes by annotations, refuses what it does not take,
and has an example. Pages call it rightly, and their readers look for the formula: what is
linked has none of these.
"""

import ast
import functools
import re
import textwrap

WIDTH = 80  # of a line of linked code
CHECKS = re.compile(r"_?check_\w+")  # what such a function does, it refuses
CONVERSIONS = (  # and hand on, else
    "as_array as_arrays as_axes as_function as_labels as_option as_pair as_states "
    "as_steps".split()
)
GENERAL = ["_attend_along_axes"]  # what is left to these, no page asks for


@functools.cache
def pare(statement):
    """Return the lines of a statement without what pages need not have, each with the
    number of the line that it comes from: [(text, number)]."""
    lines = statement.text.split("\n")
    numbered = list(enumerate(lines, statement.line))
    node = statement.node
    if not isinstance(node, ast.FunctionDef):
        return [(text, number) for number, text in numbered]
    source = "\n" * (statement.line - 1) + statement.text  # nodes know their lines in it
    parts = list(contract_of(node.body))
    dropped = {n for part in parts for n in lines_of(part, numbered)}
    replaced = {node.lineno: signature(node, source, read_alone(parts, node))}
    dropped |= set(range(node.lineno, node.body[0].lineno))
    if ast.get_docstring(node) is not None:
        first = node.body[0]
        replaced[first.lineno] = docstring(node)
        dropped |= set(range(first.lineno, first.end_lineno + 1))
    kept = []
    for number, text in numbered:
        kept += [(line, number) for line in replaced.get(number, ())]
        if number not in dropped and (text.strip() or kept[-1][0].strip()):
            kept.append((text, number))
    return kept


def contract_of(statements):
    """Yield the statements, among these and those in them, that check or convert what a
    function was given."""
    for node in statements:
        inner = [*getattr(node, "body", []), *getattr(node, "orelse", [])]
        found = list(contract_of(inner))
        if is_contract(node) or inner and len(found) == len(inner):
            yield node
        else:
            yield from found


def is_contract(node):
    if not isinstance(node, ast.Expr | ast.Assign | ast.Return):
        return False
    if not isinstance(node.value, ast.Call):
        return False
    name = ast.unparse(node.value.func)
    if isinstance(node, ast.Expr):
        return bool(CHECKS.fullmatch(name))
    return name in (CONVERSIONS if isinstance(node, ast.Assign) else GENERAL)


def read_alone(parts, function):
    """Return the names that a function reads only where it leaves all to another, which is
    in these parts of it."""
    leaving = [part for part in parts if any(map(is_return, ast.walk(part)))]
    others = set(ast.walk(function)).difference(*map(ast.walk, parts))
    return names_in(leaving) - {n.id for n in others if isinstance(n, ast.Name)}


def is_return(node):
    return isinstance(node, ast.Return)


def names_in(nodes):
    found = [n for node in nodes for n in ast.walk(node)]
    return {n.id for n in found if isinstance(n, ast.Name)}


def lines_of(node, numbered):
    """Return the numbers of a statement's lines, and of the comments right above it."""
    first, texts = node.lineno, dict(numbered)
    while texts[first - 1].lstrip().startswith("#"):
        first -= 1
    return range(first, node.end_lineno + 1)


def signature(node, source, hidden=()):
    """Return the lines in which a function begins, without annotations and what is
    hidden."""

    def told(argument, default):
        equal = f"={ast.get_source_segment(source, default)}" if default else ""
        return argument.arg + equal

    args = node.args
    defaults = [None] * (len(args.args) - len(args.defaults)) + args.defaults
    parts = [told(*pair) for pair in zip(args.args, defaults)]
    by_name = [
        told(*pair)
        for pair in zip(args.kwonlyargs, args.kw_defaults)
        if pair[0].arg not in hidden
    ]
    if args.vararg or by_name:
        parts.append(f"*{args.vararg.arg if args.vararg else ''}")
    parts += by_name
    if args.kwarg:
        parts.append(f"**{args.kwarg.arg}")
    inner = ", ".join(parts)
    if len(f"def {node.name}({inner}):") <= WIDTH:
        return [f"def {node.name}({inner}):"]
    lines = textwrap.wrap(inner, WIDTH - 4, break_on_hyphens=False)
    return [f"def {node.name}(", *(f"    {line}" for line in lines), "):"]


def docstring(node):
    """Return the lines of a function's docstring without its errors and examples."""
    parts = ast.get_docstring(node).split("\n\n")
    kept = [part for part in parts if not part.startswith(("Raises ", ">>> "))]
    text = "\n\n".join(kept)
    text = f'"""{text}\n"""' if "\n" in text else f'"""{text}"""'
    return textwrap.indent(text, "    ").split("\n")
