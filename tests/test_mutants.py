"""Each mistake in a page's NumPy lines must turn the page red.

The lines are those under "Compute it", and what an exact check expects. In them each
operator, order of operands, function, axis, constant and array is changed, one at a
time.
"""

import ast
import collections
import contextlib
import copy
import functools
import gc
import importlib
import re
from unittest import mock

import faults
import pages
import pytest

OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.MatMult: ast.Mult,
}
COMPARISONS = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
FUNCTIONS = {
    "maximum": "minimum",
    "minimum": "maximum",
    "abs": "negative",
    "stack": "concatenate",
    "sum": "mean",
    "mean": "sum",
    "exp": "expm1",
    "expm1": "exp",
    "log": "log1p",
    "log1p": "log",
    "sqrt": "square",
}
WORDS = {"float64": "float16"}
ARRAYS = r"^(x|z|x_steps|with_ones)$|kernel|(?<!use_)bias|reshaped"  # they are reversed
# They compute the same with their two operands, or arguments, exchanged.
SYMMETRIC = ast.Add | ast.Mult | ast.BitAnd | ast.BitOr | ast.BitXor
COMMUTATIVE = ("logaddexp", "max", "maximum", "min", "minimum", "multiply")


def equivalent(page):
    """The mutants of a page that compute the same: {(before, after): reason}."""
    catalogue = importlib.import_module(f"catalogue.{page.parent.name}")
    return catalogue.EQUIVALENT.get(page.stem, {})


def is_call(node, *names):
    return isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in names


def variants(node):
    """Yield changed copies of one node of an ast, those that a reader might write."""
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
    elif isinstance(node, ast.Constant) and node.value in WORDS:
        yield ast.Constant(WORDS[node.value])
    elif isinstance(node, ast.Attribute) and node.attr in FUNCTIONS:
        yield ast.Attribute(node.value, FUNCTIONS[node.attr], node.ctx)
    elif isinstance(node, ast.Call) and len(node.args) == 2:
        if is_call(node, *COMMUTATIVE):
            return
        yield ast.Call(node.func, node.args[::-1], node.keywords)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Name) and re.search(ARRAYS, node.id):
        if isinstance(node.ctx, ast.Load):
            yield ast.parse(f"np.flip({node.id})", mode="eval").body


def roots(page):
    """Return the parts of the page that are mutated, and the ast that holds them.

    The ast ends with the last check, since what follows can hardly fail: the figure.
    """
    found, tree = pages.sections(page)
    while "np.testing." not in ast.unparse(tree.body[-1]):
        tree.body.pop()
    exact = [
        call.args[1] for call in ast.walk(tree) if is_call(call, "assert_array_equal")
    ]
    lines = [
        statement
        for statement in found["Compute it"]
        if not is_call(getattr(statement, "value", None), "print")
    ]
    return [*lines, *exact], tree


class Replace(ast.NodeTransformer):
    """Puts another node in the place of one."""

    def __init__(self, node, other):
        self.node, self.other = node, other

    def visit(self, node):
        return self.other if node is self.node else self.generic_visit(node)


def reversed_in_vain(part):
    """The names of functions, and of arrays of which only the shape is asked."""
    for node in ast.walk(part):
        if isinstance(node, ast.Attribute) and node.attr in ("shape", "size"):
            yield node.value
        elif isinstance(node, ast.Call):
            yield node.func
            if is_call(node, "len"):
                yield node.args[0]


def mutants(page):
    """Yield ((before, after), ast of the page) for each mutant of a page.

    Before and after are the one line that differs, as ast.unparse writes it.
    """
    parts, tree = roots(page)
    for part in parts:
        unmoved = {n for n in reversed_in_vain(part) if isinstance(n, ast.Name)}
        for node in ast.walk(part):
            for variant in () if node in unmoved else variants(node):
                whole, mutant, place = copy.deepcopy((tree, part, node))
                replace = Replace(place, variant)
                texts = ast.unparse(part), ast.unparse(replace.visit(mutant))
                lines = zip(*(text.splitlines() for text in texts))
                changed = [
                    (old.strip(), new.strip()) for old, new in lines if old != new
                ]
                if changed:  # unless two equal arguments have been exchanged
                    yield changed[0], ast.fix_missing_locations(replace.visit(whole))


def remember(owner, name, returned):
    """A function of Keras that notes all that it returns, or raises."""
    real = getattr(owner, name)

    @functools.wraps(real)
    def remembering(*args, **kwargs):
        try:
            returned.append(real(*args, **kwargs))
        except Exception as error:
            returned.append(error)
            raise
        return copy.deepcopy(returned[-1])

    return mock.patch.object(owner, name, remembering)


def repeat(owner, name, returned):
    """A function that computes nothing and returns the same again, in that order."""
    again = iter(returned)

    @functools.wraps(getattr(owner, name))
    def repeating(*args, **kwargs):
        if (value := next(again, None)) is None:
            raise IndexError("the page asks more often")
        if isinstance(value, Exception):
            raise value
        if name == "train_on_batch":  # the page may ask for the optimizer's variables
            args[0].optimizer.build(args[0].trainable_variables)
        return copy.deepcopy(value)

    return mock.patch.object(owner, name, repeating)


@functools.cache
def calls_keras(page):
    """Whether the lines of a page that are mutated call Keras."""
    return any("keras." in ast.unparse(part) for part in roots(page)[0])


@pytest.fixture
def passes():
    """Return a function that tells whether a page passes, given as (page, ast).

    Keras computes the same for all mutants of a page, so it does it once, and what it
    returned is repeated, in the order in which the page asks for it. Only where what
    is mutated calls Keras, it has to compute each time.
    """
    gc.collect()
    gc.freeze()  # as in pages.py: what other tests left is not walked through each time
    known = {}

    def passes(page, tree):
        memory = remember if page not in known else repeat
        returned = known.setdefault(page, collections.defaultdict(list))
        with contextlib.ExitStack() as stack:
            for owner, name in () if calls_keras(page) else pages.OBSERVED:
                stack.enter_context(memory(owner, name, returned[name]))
            try:
                pages.run(tree, page.name)
            except Exception:
                return False
        return True

    return passes


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.stem)
def test_mutants_are_caught(page, passes):
    unchanged = roots(page)[1]
    assert passes(page, unchanged) and passes(page, unchanged)
    passed = [(change, passes(page, tree)) for change, tree in mutants(page)]
    survivors = {change for change, survives in passed if survives}
    assert passed and survivors == set(equivalent(page))
    print(f"{len(passed)} mutants, {len(survivors)} survive", *survivors, sep="\n  ")


def weakened(tree):
    """A copy of a page whose limits are so wide that its checks cannot fail."""
    tree = copy.deepcopy(tree)
    for call in ast.walk(tree):
        if is_call(call, "assert_array_less"):
            call.args[1] = ast.BinOp(ast.Constant(1e9), ast.Mult(), call.args[1])
    return ast.fix_missing_locations(tree)


def misses_a_fault(page, tree, folder):
    """Whether a page, given as an ast, passes although Keras is broken on purpose."""
    changed = folder / page.parent.name / page.name
    changed.parent.mkdir()
    changed.write_text(ast.unparse(tree))
    with faults.observed(measure_limit=True) as clean:
        pages.run(page.read_text(), page.name)
    of_its_section_first = reversed(faults.faults_of(page).values())
    return any(
        faults.cell(changed, fault, clean) == "missed" for fault in of_its_section_first
    )


LIMITED = [page for page in pages.PAGES if "assert_array_less" in page.read_text()]


@pytest.mark.parametrize("page", LIMITED, ids=lambda page: page.stem)
def test_a_check_that_cannot_fail_is_noticed(page, passes, tmp_path):
    """The page goes red, or a mutant survives, or a fault is missed."""
    known, tree = equivalent(page), weakened(roots(page)[1])
    survives = (
        change not in known and passes(page, weakened(mutant))
        for change, mutant in mutants(page)
    )
    assert (
        not passes(page, tree) or any(survives) or misses_a_fault(page, tree, tmp_path)
    )
