"""Equations in LaTeX, evaluated: as much of LaTeX as docs/reference/equations.toml uses.

What is read becomes a function of a scope, {name: its value}. A name may have primes and
scripts, as in "h_{t-1}" and "W^Q". Where a name with its subscript is not in the scope,
the subscript is an index, which counts from 0.
"""

import itertools
import math
import re

import numpy as np

TOKEN = re.compile(r"\\[a-zA-Z]+|\\\\|\\.|\d+(?:\.\d+)?|\S")
SPACES = {r"\,", r"\quad"}
BRACKETS = {"(": ")", r"\lvert": r"\rvert", r"\lVert": r"\rVert"}
BRACKETS |= {r"\lfloor": r"\rfloor", r"\lceil": r"\rceil"}
COMPARISONS = {
    "=": np.equal,
    "<": np.less,
    ">": np.greater,
    r"\le": np.less_equal,
    r"\ge": np.greater_equal,
}
ENDS = {"", ",", "+", "-", *BRACKETS.values(), *COMPARISONS}


def beside(a, b):
    """The product of what stands side by side: of matrices, if the second is one."""
    return a @ b if np.ndim(a) and np.ndim(b) == 2 else a * b


def softmax(x):
    powers = np.exp(x)
    return powers / np.sum(powers, axis=-1, keepdims=True)


PRODUCTS = {"/": np.divide, r"\odot": np.multiply, r"\cdot": np.dot}
FUNCTIONS = {
    "(": lambda x: x,
    r"\lvert": np.abs,
    r"\lVert": np.linalg.norm,
    r"\lfloor": np.floor,
    r"\lceil": np.ceil,
    r"\log": np.log,
    r"\tanh": np.tanh,
    r"\cosh": np.cosh,
    r"\sigma": lambda x: 1 / (1 + np.exp(-x)),
    r"\max": np.maximum,
    r"\min": np.minimum,
    "mean": np.mean,
    "var": np.var,
    "sign": np.sign,
    "erf": math.erf,
    "softmax": softmax,
}
REDUCTIONS = {  # over an index
    r"\sum": np.sum,
    r"\max": np.max,
    r"\min": np.min,
    "mean": np.mean,
}


def tokens_of(latex):
    return [token for token in TOKEN.findall(latex) if token not in SPACES]


def key(tokens):
    """A name as the scope has it, without the braces of its scripts."""
    return "".join(token for token in tokens if token not in "{}")


def split(tokens, separator):
    """Split tokens where a separator stands outside all brackets."""
    parts, depth = [[]], 0
    for token in tokens:
        depth += token in ("{", "(", r"\begin")
        depth -= token in ("}", ")", r"\end")
        if token == separator and not depth:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def lines_of(latex):
    """The lines, as tokens; one that begins with "&" goes on with the one before."""
    lines = []
    for tokens in split(tokens_of(latex), r"\\"):
        first, *others = split(tokens, "&")
        if first:
            lines.append(sum(others, first))
        else:
            lines[-1] += sum(others, [])
    return lines


def sides(latex, scope):
    """The values of the two sides of an equation."""
    (line,) = lines_of(latex)
    equation = Equation(scope, {})
    return [equation.value(side) for side in split(line, "=")]


def solve(latex, scope, **sizes):
    """Return the scope with what each line defines.

    scope: {name: an array, a number or a function}; sizes: how far an index runs, where
    no axis of an array tells; a tuple if it stands for several axes.
    """
    equation = Equation(scope, sizes)
    for line in lines_of(latex):
        left, *right = split(line, "=")
        equation.define(left, right)
    return equation.scope


class Equation:
    """The names and indices of an equation."""

    def __init__(self, scope, sizes):
        self.scope = {"e": math.e}
        self.scope |= {key(tokens_of(name)): value for name, value in scope.items()}
        self.sizes = sizes
        self.seen = {}  # {index: the (name, axis) where it stands}

    def value(self, tokens):
        return Reader(tokens, self).whole()(self.scope)

    def define(self, left, right):
        readers = [Reader(side, self).whole() for side in right]

        def value(scope):
            first, *others = [read(scope) for read in readers]
            for other in others:
                np.testing.assert_allclose(other, first, rtol=1e-10)
            return first

        if left[0] == "(":  # several names, side by side
            names = [key(part) for part in split(left[1:-1], ",")]
            parts = np.split(value(self.scope), len(names), axis=-1)
            self.scope.update(zip(names, parts))
            return
        place = left.index("_") if "_" in left else len(left)
        name, script = left[:place], [t for t in left[place + 1 :] if t not in "{}"]
        indices = self.free(script)
        if indices and all(map(self.runs, indices)):
            self.scope[key(name)] = self.array(script, value)
        else:
            self.scope[key(left)] = value(self.scope)

    def array(self, script, value):
        """The array with this value at each index."""
        places = [Reader(part, self).whole() for part in split(script, ",")]
        found = {}
        for scope in self.scopes(self.scope, self.free(script)):
            found[flat(place(scope) for place in places)] = value(scope)
        shape = np.max(list(found), axis=0) + 1
        array = np.full((*shape, *np.shape(value(scope))), np.nan)
        for place, part in found.items():
            array[place] = part
        return array

    def free(self, tokens):
        """The letters that are not in the scope."""
        letters = dict.fromkeys(t for t in tokens if t.isalpha())
        return [letter for letter in letters if letter not in self.scope]

    def runs(self, index):
        """How far an index runs; None if nothing tells."""
        if index in self.sizes:
            return self.sizes[index]
        seen = [(n, axis) for n, axis in self.seen.get(index, ()) if n in self.scope]
        return self.scope[seen[0][0]].shape[seen[0][1]] if seen else None

    def scopes(self, scope, indices):
        """The scope with each value of the indices."""
        values = []
        for index in indices:
            size = self.runs(index)
            several = isinstance(size, tuple)
            values.append(map(np.array, np.ndindex(size)) if several else range(size))
        for chosen in itertools.product(*values):
            yield {**scope, **dict(zip(indices, chosen))}


def flat(indices):
    return tuple(int(part) for index in indices for part in np.ravel(index))


class Reader:
    """Reads tokens; each method returns a function of a scope."""

    def __init__(self, tokens, equation):
        self.tokens, self.equation = list(tokens), equation

    def whole(self):
        found = self.comparison()
        if self.tokens:
            raise ValueError(f"cannot read {''.join(self.tokens)!r}")
        return found

    @property
    def next(self):
        return self.tokens[0] if self.tokens else ""

    def take(self, expected=None):
        token = self.tokens.pop(0)
        if expected not in (None, token):
            raise ValueError(f"{expected!r} expected, not {token!r}")
        return token

    def group(self):
        """The tokens of an argument or a script: in braces, or one."""
        if self.next != "{":
            return [self.take()]
        depth, found = 0, []
        while not found or depth:
            token = self.take()
            depth += (token == "{") - (token == "}")
            found.append(token)
        return found[1:-1]

    def inside(self, tokens):
        return Reader(tokens, self.equation).whole()

    def comparison(self):
        first, others = self.terms(), []
        while self.next in COMPARISONS:
            others.append((COMPARISONS[self.take()], self.terms()))
        if not others:
            return first

        def holds(scope):
            left, found = first(scope), []
            for compare, side in others:
                right = side(scope)
                found.append(np.all(compare(left, right)))
                left = right
            return all(found)

        return holds

    def terms(self):
        terms = []
        while not terms or self.next in ("+", "-"):
            sign = self.take() if self.next in ("+", "-") else "+"
            terms.append((-1 if sign == "-" else 1, self.product()))
        return lambda scope: sum(sign * term(scope) for sign, term in terms)

    def product(self):
        first, others = self.factor(), []
        while self.next not in ENDS:
            multiply = PRODUCTS[self.take()] if self.next in PRODUCTS else beside
            others.append((multiply, self.factor()))

        def value(scope):
            found = first(scope)
            for multiply, factor in others:
                found = multiply(found, factor(scope))
            return found

        return value

    def factor(self):
        token = self.take()
        if token in BRACKETS:
            return self.power(self.called(token, token))
        if token == r"\frac":
            above, below = self.inside(self.group()), self.inside(self.group())
            return lambda scope: above(scope) / below(scope)
        if token == r"\sqrt":
            inside = self.inside(self.group())
            return lambda scope: np.sqrt(inside(scope))
        if token == r"\begin":
            return self.cases()
        if token == r"\operatorname":
            token = key(self.group())
        if self.next == "_" and token in REDUCTIONS:
            return self.reduction(token)
        if token in FUNCTIONS or callable(self.equation.scope.get(token)):
            if self.next != "(":
                inside = self.product()
                return lambda scope: FUNCTIONS[token](inside(scope))
            return self.called(token, self.take())
        if token[0].isdigit():
            return self.power(lambda scope: float(token))
        return self.name(token)

    def called(self, name, bracket):
        arguments = [self.terms()]
        while self.next == ",":
            self.take()
            arguments.append(self.terms())
        self.take(BRACKETS[bracket])
        return lambda scope: scope.get(name, FUNCTIONS.get(name))(
            *(argument(scope) for argument in arguments)
        )

    def power(self, base):
        if self.next != "^":
            return base
        self.take()
        raised = self.exponent(self.group())
        return lambda scope: raised(base(scope), scope)

    def exponent(self, script):
        """A function of a value and a scope: what "^" makes of the value."""
        if not script:
            return lambda value, scope: value
        if script == [r"\top"]:
            return lambda value, scope: value.T
        power = self.inside(script)
        return lambda value, scope: value ** power(scope)

    def cases(self):
        self.group()
        rows, depth = [], 1
        while depth:
            token = self.take()
            depth += (token == r"\begin") - (token == r"\end")
            rows.append(token)
        self.group()
        found = []
        for row in split(rows[:-1], r"\\"):
            value, condition = split(row, "&")
            otherwise = condition[0] == r"\text"
            condition = (lambda scope: True) if otherwise else self.inside(condition)
            found.append((self.inside(value), condition))
        return lambda scope: next(
            value(scope) for value, condition in found if condition(scope)
        )

    def reduction(self, name):
        self.take("_")
        script = self.group()
        conditions = [self.inside(part) for part in split(script, ",") if len(part) > 1]
        body = self.product()

        def value(scope):
            indices = [
                index for index in self.equation.free(script) if index not in scope
            ]
            parts = [
                body(inner)
                for inner in self.equation.scopes(scope, indices)
                if all(condition(inner) for condition in conditions)
            ]
            return REDUCTIONS[name](parts, axis=0)

        return value

    def name(self, base):
        """A name, whose scripts may be part of it, an index, or a power."""
        while self.next == "'":
            base += self.take()
        scripts = {"_": [], "^": []}
        while self.next in scripts:
            script = self.take()
            scripts[script] = self.group()
        below, above = scripts["_"], scripts["^"]
        with_below, with_above = f"{base}_{key(below)}", f"{base}^{key(above)}"
        parts = split(below, ",") if below else []
        for axis, part in enumerate(parts):
            for name in (base, with_above):
                self.equation.seen.setdefault(key(part), []).append((name, axis))
        places, raised = list(map(self.inside, parts)), self.exponent(above)

        def value(scope):
            if with_below in scope:
                return raised(scope[with_below], scope)
            known = with_above in scope
            found = scope[with_above if known else base]
            found = found[flat(place(scope) for place in places)] if places else found
            return found if known else raised(found, scope)

        return value
