"""Mutants of code: small mistakes, such as a reader might make, one at a time.

Each operator, comparison, constant, function and slice, the letters of each einsum, and
each name that holds an array or several numbers, such as axes or strides.
"""

import ast
import copy

import numpy as np

OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Pow: ast.Mult,
}
COMPARISONS = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
FUNCTIONS = {
    "maximum": "minimum",
    "minimum": "maximum",
    "max": "min",
    "min": "max",
    "abs": "negative",
    "stack": "concatenate",
    "sum": "mean",
    "mean": "sum",
    "exp": "expm1",
    "expm1": "exp",
    "log": "log1p",
    "log1p": "log",
    "sqrt": "square",
    "floor": "ceil",
    "ceil": "floor",
}
# They compute the same with their operands, or two arguments, exchanged.
SYMMETRIC = ast.Add | ast.Mult | ast.BitAnd | ast.BitOr | ast.BitXor
COMMUTATIVE = ("logaddexp", "max", "maximum", "min", "minimum", "multiply")


def is_call(node, *names):
    return isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in names


def einsums(node):
    """Yield an einsum's equation with two neighbouring letters of a term exchanged."""
    terms = node.args[0].value.replace("->", ",").split(",")
    for term in terms:
        for first, second in list(zip(term, term[1:]))[:1]:
            if first != second and (first + second).isalpha():
                changed = node.args[0].value.replace(term, second + first + term[2:], 1)
                arguments = [ast.Constant(changed), *node.args[1:]]
                yield ast.Call(node.func, arguments, node.keywords)


def variants(node, held):
    """Yield changed copies of one node of an ast, such as a reader might write.

    held: what the names hold, {node: "array" or "numbers"}.
    """
    if isinstance(node, ast.BinOp):
        if type(node.op) in OPERATORS:
            yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        if not isinstance(node.op, SYMMETRIC):
            yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        turned = COMPARISONS[type(node.ops[0])]()
        yield ast.Compare(node.left, [turned, *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif isinstance(node, ast.Attribute) and node.attr in FUNCTIONS:
        yield ast.Attribute(node.value, FUNCTIONS[node.attr], node.ctx)
    elif is_call(node, "einsum") and isinstance(node.args[0], ast.Constant):
        yield from einsums(node)
    elif isinstance(node, ast.Call) and len(node.args) == 2:
        if not is_call(node, *COMMUTATIVE):
            yield ast.Call(node.func, node.args[::-1], node.keywords)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Slice):
        if node.lower is None and node.upper is not None:
            yield ast.Slice(ast.Constant(1), node.upper, node.step)
        if node.upper is None and node.lower is not None:
            yield ast.Slice(node.lower, ast.Constant(-1), node.step)
    elif held.get(node) == "array":
        yield ast.parse(f"np.flip({node.id})", mode="eval").body
    elif held.get(node) == "numbers":
        yield ast.parse(f"{node.id}[::-1]", mode="eval").body


def kind(value):
    """What a name holds: "array" if it can be seen to be reversed, "numbers", or None."""
    if isinstance(value, np.ndarray) and value.size > 1 and value.dtype.kind != "O":
        return "array" if not np.array_equal(np.flip(value), value) else None
    if isinstance(value, tuple | list) and all(isinstance(v, int) for v in value):
        return "numbers" if value[::-1] != value else None
    return None


class Replaced(ast.NodeTransformer):
    """Puts another node in the place of one."""

    def __init__(self, node, other):
        self.node, self.other = node, other

    def visit(self, node):
        return self.other if node is self.node else self.generic_visit(node)


def mutate(statement, held):
    """Yield ((before, after), mutated statement) for each mutant of a statement.

    held: as in ``variants``. Before and after are the one line that differs, as
    ast.unparse writes it.
    """
    before = ast.unparse(statement).splitlines()
    in_vain = {  # of which only the shape is asked
        part.value
        for part in ast.walk(statement)
        if isinstance(part, ast.Attribute) and part.attr in ("shape", "size", "ndim")
    }
    for node in ast.walk(statement):
        for variant in () if node in in_vain else variants(node, held):
            other, place = copy.deepcopy((statement, node))
            mutated = Replaced(place, variant).visit(other)
            after = ast.unparse(mutated).splitlines()
            changed = [pair for pair in zip(before, after) if pair[0] != pair[1]]
            if changed:  # unless two equal arguments have been exchanged
                change = tuple(line.strip() for line in changed[0])
                yield change, ast.fix_missing_locations(mutated)
