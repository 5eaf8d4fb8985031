"""Each mistake in a page's NumPy lines must turn the page red.

The lines are those under "Compute it", and what an exact check expects. In them each
operator, order of operands, function, axis, constant and array is changed, one at a
time.
"""

import ast
import copy
import re
from unittest import mock

import keras
import pages
import pytest

OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.Lt: ast.Gt,
}
FUNCTIONS = {"maximum": "minimum", "abs": "negative", "stack": "concatenate"}
WORDS = {"float64": "float16"}
ARRAYS = r"^(x|z|x_steps|with_ones)$|kernel|bias|reshaped"  # they are reversed

# Mutants that compute the same, (before, after), each with its reason.
ZERO = "this bias is zero, as the page says"
CONSTANT = (
    "the entries of this bias are all the same; another check has one that differs"
)
EITHER = "the larger of two numbers is the same in either order"
SHAPE = "a reversed array has the same shape"
LOOPED = (
    "looped = np.stack([x[:, step] @ kernel for step in range(x.shape[1])], axis=1)"
)
BIASED = "expected = x @ kernel.astype('float64') + bias"
RELU = "expected = np.maximum(0, x @ kernel.astype('float64') + bias)"
RANDOM = "expected_random = x @ random_kernel.astype('float64') + zero_bias"
CUSTOM = "custom = np.matmul(x, custom_kernel) + custom_bias"
EQUIVALENT = {
    "plot_2_default_bias": {
        (BIASED, BIASED.replace("+ bias", "- bias")): ZERO,
        (BIASED, BIASED.replace("+ bias", "+ np.flip(bias)")): CONSTANT,
    },
    "plot_3_ones_bias": {
        (BIASED, BIASED.replace("+ bias", "+ np.flip(bias)")): CONSTANT,
    },
    "plot_4_relu": {
        ("np.maximum(0, z)", "np.maximum(z, 0)"): EITHER,
        (RELU, RELU.replace("(0, ", "(").replace("bias)", "bias, 0)")): EITHER,
        (RELU, RELU.replace("+ bias", "+ np.flip(bias)")): CONSTANT,
    },
    "plot_5_custom_weights": {
        (RANDOM, RANDOM.replace("+ zero_bias", "- zero_bias")): ZERO,
        (RANDOM, RANDOM.replace("+ zero_bias", "+ np.flip(zero_bias)")): CONSTANT,
    },
    "plot_6_reduce_dimensions": {
        (LOOPED, LOOPED.replace("x.shape", "np.flip(x).shape")): SHAPE,
    },
    "plot_7_original_page": {
        (CUSTOM, CUSTOM.replace("+ custom_bias", "- custom_bias")): ZERO,
        (CUSTOM, CUSTOM.replace("+ custom_bias", "+ np.flip(custom_bias)")): CONSTANT,
        (
            "relu = np.maximum(0, with_ones)",
            "relu = np.maximum(with_ones, 0)",
        ): EITHER,
    },
}


def variants(node):
    """Yield changed copies of one node of an ast, those that a reader might write."""
    if isinstance(node, ast.BinOp):
        if type(node.op) in OPERATORS:
            yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        if not isinstance(node.op, ast.Add | ast.Mult):  # they are the same reversed
            yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif isinstance(node, ast.Constant) and node.value in WORDS:
        yield ast.Constant(WORDS[node.value])
    elif isinstance(node, ast.Attribute) and node.attr in FUNCTIONS:
        yield ast.Attribute(node.value, FUNCTIONS[node.attr], node.ctx)
    elif isinstance(node, ast.Call) and len(node.args) == 2:
        yield ast.Call(node.func, node.args[::-1], node.keywords)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Name) and re.search(ARRAYS, node.id):
        if isinstance(node.ctx, ast.Load):
            yield ast.parse(f"np.flip({node.id})", mode="eval").body


def is_call(node, *names):
    return isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in names


def roots(page):
    """Return the parts of the page that are mutated, and the ast that holds them."""
    found, tree = pages.sections(page)
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


def mutants(page):
    """Yield ((before, after), ast of the page) for each mutant of a page."""
    parts, tree = roots(page)
    for part in parts:
        for node in ast.walk(part):
            for variant in variants(node):
                whole, line, place = copy.deepcopy((tree, part, node))
                replace = Replace(place, variant)
                change = ast.unparse(part), ast.unparse(replace.visit(line))
                yield change, ast.fix_missing_locations(replace.visit(whole))


@pytest.fixture
def passes():
    """Return a function that tells whether a page passes, given as (page, ast).

    Keras computes the same for all mutants of a page, so each prediction is made once
    and then repeated, in the order in which the page asks for it.
    """
    predict, predictions = keras.Model.predict, {}

    def passes(page, tree):
        made = predictions.setdefault(page, [])
        again = iter(made[:])

        def remember(self, x, **arguments):
            made.append(predict(self, x, **arguments))
            return made[-1].copy()

        def repeat(self, x, **arguments):
            return next(again).copy()

        first = not made
        with mock.patch.object(keras.Model, "predict", remember if first else repeat):
            try:
                pages.run(tree, page.name)
            except (AssertionError, ValueError, TypeError, IndexError):
                return False
        return True

    return passes


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.stem)
def test_mutants_are_caught(page, passes):
    unchanged = pages.sections(page)[1]
    assert passes(page, unchanged) and passes(page, unchanged)
    changes = list(mutants(page))
    assert changes
    survivors = {change for change, tree in changes if passes(page, tree)}
    assert survivors == set(EQUIVALENT.get(page.stem, {}))
    print(f"{len(changes)} mutants, {len(survivors)} survive", *survivors, sep="\n  ")


WEAKER = {  # how a check is made one that cannot fail: (pattern, what replaces it)
    "limit": (r"[\d.]+ \* (rounding_unit|unit_with_ones)\b", r"1e9 * \1"),
    "limit n / 2": (r"\(error, n / 2\)", "(error, 1e9 * n)"),
    "itself": (r"np\.abs\((y\w*) - \w+(\[n\])?\)", r"np.abs(\1 - \1)"),
}
WEAKENED = [
    (kind, page)
    for kind, (pattern, _) in WEAKER.items()
    for page in pages.PAGES
    if re.search(pattern, page.read_text())
]


def test_every_page_is_weakened():
    assert {kind for kind, _ in WEAKENED} == set(WEAKER)
    assert {page for _, page in WEAKENED} == set(pages.PAGES)


@pytest.mark.parametrize("kind, page", WEAKENED)
def test_a_check_that_cannot_fail_is_noticed(kind, page, passes, tmp_path):
    weakened = tmp_path / page.name
    weakened.write_text(re.sub(*WEAKER[kind], page.read_text()))
    red = not passes(weakened, pages.sections(weakened)[1])
    found = {change for change, tree in mutants(weakened) if passes(weakened, tree)}
    assert red or found - set(EQUIVALENT.get(page.stem, {}))
