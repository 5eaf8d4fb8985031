"""Lines of NumPy as LaTeX: the equations of the reference.

A loop stands for "at each index" and is not written, nor is what an index runs through.
Names are letters: ``beta`` and ``lambda_`` are Greek, ``b_O`` has a superscript, ``v_new``
a prime. A sum that is broken before a term is broken there in LaTeX, too.
"""

import ast

GREEK = "alpha beta delta epsilon eta gamma lambda mu pi rho sigma theta".split()
AROUND = {
    "abs": r"\lvert %s \rvert",
    "ceil": r"\lceil %s \rceil",
    "norm": r"\lVert %s \rVert",
    "sqrt": r"\sqrt{%s}",
}
BETWEEN = {"dot": r" \cdot ", "multiply": r" \odot "}
FUNCTIONS = "cos cosh log max min sum tanh".split()
FUNCTIONS = {name: rf"\{name}" for name in FUNCTIONS}
FUNCTIONS |= {"maximum": r"\max", "minimum": r"\min"}
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Eq: "=", ast.Lt: "<", ast.LtE: r"\le"}
SIGNS |= {ast.Gt: ">", ast.GtE: r"\ge"}
COMPARISON, TERMS, REDUCTION, PRODUCT, POWER, ATOM = range(6)  # each binds tighter


def latex_of(python):
    """Return lines of amsmath's "aligned"."""
    text = " \\\\\n".join(lines_of(ast.parse(python).body))
    return text if "\n" in text else text.replace("&=", "=")


def lines_of(statements):
    write = Writer().write
    for statement in statements:
        match statement:
            case ast.For(body=body):
                yield from lines_of(body)
            case ast.Assign(targets=[target], value=value):
                yield f"{write(target)} &= {write(value)}"
            case ast.Expr(value=value):
                yield write(value)
            case _:
                yield write(statement)


def in_brackets(text):
    high = r"\frac" in text or r"\sum" in text
    return rf"\left( {text} \right)" if high else f"({text})"


def in_braces(text):
    return text if len(text) == 1 else f"{{{text}}}"


def space_between(left, right):
    """Some before the name of a function, and behind several indices."""
    if isinstance(right, ast.Constant):
        return r" \cdot "
    several = isinstance(left, ast.Subscript) and isinstance(left.slice, ast.Tuple)
    named = isinstance(right, ast.Call) and right.func.id not in {*AROUND, "where"}
    named = named and not isinstance(right.args[0], ast.GeneratorExp)
    return r"\, " if several or named else " "


class Writer(ast.NodeVisitor):
    """Visits what an equation is made of, and returns LaTeX and how tight that binds.

    small: in scripts, which have no room for fractions.
    """

    def __init__(self, small=False):
        self.small = small

    def write(self, node, least=COMPARISON):
        """Return LaTeX, in brackets where it binds less than ``least``."""
        text, binds = self.visit(node)
        return in_brackets(text) if binds < least else text

    def separated(self, node):
        parts = node.elts if isinstance(node, ast.Tuple) else [node]
        return ", ".join(map(self.write, parts))

    def generic_visit(self, node):
        raise ValueError(f"no LaTeX for {ast.unparse(node)}")

    def visit_Constant(self, node):
        return str(node.value), ATOM

    def visit_Name(self, node):
        letter, _, below = node.id.partition("_")
        if letter in GREEK:
            letter = f"\\{letter}"
        if below == "new":
            return f"{letter}'", ATOM
        if below.isupper():
            return f"{letter}^{in_braces(below)}", POWER
        return letter + (f"_{in_braces(below)}" if below else ""), ATOM

    def visit_Tuple(self, node):
        return f"({self.separated(node)})", ATOM

    def visit_Subscript(self, node):
        indices = in_braces(Writer(small=True).separated(node.slice))
        return f"{self.write(node.value)}_{indices}", ATOM

    def visit_Attribute(self, node):
        if node.attr != "T":
            self.generic_visit(node)
        return rf"{self.write(node.value, ATOM)}^\top", POWER

    def visit_UnaryOp(self, node):
        if not isinstance(node.op, ast.USub):
            self.generic_visit(node)
        return f"-{self.write(node.operand, REDUCTION)}", PRODUCT

    def visit_Compare(self, node):
        text = self.write(node.left, TERMS)
        for sign, side in zip(node.ops, node.comparators):
            text += f" {SIGNS[type(sign)]} {self.write(side, TERMS)}"
        return text, COMPARISON

    def visit_BinOp(self, node):
        left, right = node.left, node.right
        match node.op:
            case ast.Pow():
                exponent = in_braces(Writer(small=True).write(right))
                return f"{self.write(left, ATOM)}^{exponent}", POWER
            case ast.FloorDiv():
                floored = ast.BinOp(left, ast.Div(), right)
                return rf"\lfloor {Writer(small=True).write(floored)} \rfloor", ATOM
            case ast.Div() if self.small:
                return (
                    f"{self.write(left, PRODUCT)} / {self.write(right, POWER)}",
                    PRODUCT,
                )
            case ast.Div():
                return rf"\frac{{{self.write(left)}}}{{{self.write(right)}}}", PRODUCT
            case ast.Mult() | ast.MatMult():
                least = POWER if isinstance(right, ast.UnaryOp) else REDUCTION
                factors = self.write(left, PRODUCT), self.write(right, least)
                return space_between(left, right).join(factors), PRODUCT
            case ast.Add() | ast.Sub():
                least = TERMS if isinstance(node.op, ast.Add) else REDUCTION
                broken = "\\\\\n&\\quad " if right.lineno > left.end_lineno else ""
                sign = f" {broken}{SIGNS[type(node.op)]} "
                return self.write(left, TERMS) + sign + self.write(right, least), TERMS
        self.generic_visit(node)

    def visit_Call(self, node):
        if node.keywords:
            self.generic_visit(node)
        function, first = node.func.id, node.args[0]
        if function == "split":  # into the names on the left
            return self.visit(first)
        if function == "where":
            rows = r" \\ ".join(self.rows(node))
            return rf"\begin{{cases}} {rows} \end{{cases}}", ATOM
        if function in AROUND:
            writer = Writer(small=True) if function == "ceil" else self
            return AROUND[function] % writer.write(first), ATOM
        if function in BETWEEN:
            factors = [self.write(factor, PRODUCT) for factor in node.args]
            return BETWEEN[function].join(factors), PRODUCT
        letter = self.write(node.func)
        if len(letter) > 1 and function not in GREEK:
            letter = FUNCTIONS.get(function, rf"\operatorname{{{function}}}")
        if isinstance(first, ast.GeneratorExp):
            return self.reduction(letter, first), REDUCTION
        text = ", ".join(map(self.write, node.args))
        if function == "log" and text.startswith((r"\frac", r"\sum")):
            return f"{letter} {text}", REDUCTION
        return letter + in_brackets(text), POWER

    def reduction(self, letter, generator):
        """Over indices, or over those that a condition holds for."""
        loops = generator.generators
        told = [asked for loop in loops for asked in loop.ifs]
        told = told or [loop.target for loop in loops]
        below = ", ".join(map(Writer(small=True).separated, told))
        space = r"\, " if r"\operatorname" in letter else " "
        body = self.write(generator.elt, REDUCTION)
        return f"{letter}_{in_braces(below)}{space}{body}"

    def rows(self, node):
        while isinstance(node, ast.Call) and node.func.id == "where":
            condition, value, node = node.args
            yield f"{self.write(value)} & {self.write(condition)}"
        yield rf"{self.write(node)} & \text{{otherwise}}"
