"""Functions as pages have them: what they compute, and no more.

A function of the library says what it takes by annotations, refuses what it does not take,
and has an example. Pages call it rightly, with arrays, functions and texts as they are
spelled, and their readers look for the formula: what is linked has none of these.
"""

import ast
import functools
import textwrap

from gallery.paths import ROOT

WIDTH = 80  # of a line of linked code
# Their functions refuse what a function does not take, and hand on the rest.
TAKE_IN = [ROOT / "keras_by_hand" / name for name in ("shapes.py", "names.py")]


@functools.cache
def functions_that_take_in():
    """Return the names of the functions of TAKE_IN: each name is of one thing alone."""
    trees = [ast.parse(file.read_text()) for file in TAKE_IN]
    found = [node for tree in trees for node in tree.body]
    return {node.name for node in found if isinstance(node, ast.FunctionDef)}


@functools.cache
def pare(statement):
    """Return the lines of a statement without what pages need not have, each with the
    number of the line that it comes from: [(text, number)]."""
    lines = statement.text.split("\n")
    numbered = list(enumerate(lines, statement.line))
    node = statement.node
    if not isinstance(node, ast.FunctionDef):
        return [(text, number) for number, text in numbered]
    source = (
        "\n" * (statement.line - 1) + statement.text
    )  # nodes know their lines in it
    parts = list(contract_of(node.body))
    dropped = {n for part in parts for n in lines_of(part, numbered)}
    replaced = {node.lineno: signature(node, source)}
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
    """Yield the statements, among these and those in them, that check or hand on what a
    function was given."""
    for node in statements:
        inner = [*getattr(node, "body", []), *getattr(node, "orelse", [])]
        found = list(contract_of(inner))
        if refuses(node) or hands_on(node) or inner and len(found) == len(inner):
            yield node
        else:
            yield from found


def refuses(node):
    """Whether a statement is a call of a check."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    name = ast.unparse(node.value.func)
    return name.startswith("_check_") or name in functions_that_take_in()


def hands_on(node):
    """Whether a statement takes variables in under their own names, as
    "x, bias = as_arrays(dense, x=x, bias=bias)" does. Without it, they are what they
    are."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
        return False
    if ast.unparse(node.value.func) not in functions_that_take_in():
        return False
    [target] = node.targets
    targets = list(map(ast.unparse, getattr(target, "elts", [target])))
    given = {k.arg: ast.unparse(k.value) for k in node.value.keywords}
    return [*given] == [*given.values()] == targets


def lines_of(node, numbered):
    """Return the numbers of a statement's lines, and of the comments right above it."""
    first, texts = node.lineno, dict(numbered)
    while texts[first - 1].lstrip().startswith("#"):
        first -= 1
    return range(first, node.end_lineno + 1)


def signature(node, source):
    """Return the lines in which a function begins, without annotations."""

    def told(argument, default):
        equal = f"={ast.get_source_segment(source, default)}" if default else ""
        return argument.arg + equal

    args = node.args
    defaults = [None] * (len(args.args) - len(args.defaults)) + args.defaults
    parts = [told(*pair) for pair in zip(args.args, defaults)]
    by_name = [told(*pair) for pair in zip(args.kwonlyargs, args.kw_defaults)]
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
