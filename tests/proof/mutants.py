"""Mistakes in a page's own NumPy lines: does the page go red?

Mutated are the lines under "Compute it", and the functions of the library that the page is
about (gallery.linker.find_homes): each operator, comparison, constant, function
and slice, the letters of each einsum, and, as found out while the page runs, each name
that holds an array or several numbers, such as axes or strides. The state of a mutant is

- *caught*: a check failed, or the page stopped with an error;
- *unnoticed*: the page passed, though what the mutated lines return, or what a check was
  given, had changed beyond rounding;
- *no effect*: the page passed, and nothing had changed: it computes the same on this page.

Keras computes once for all mutants of a page: what it returned is then repeated, call by
call. Where a mutant asks it something else, that mutant runs from the beginning.
"""

import ast
import collections
import collections.abc
import copy
import functools
import inspect
import marshal
import operator
import types
import warnings

import keras
import numpy as np
import running

from gallery.linker import find_subjects

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
COMPUTE = "Compute it"
LIVE = (print, keras.utils.set_random_seed)  # the seed is NumPy's too
STORES = (list, dict, set, np.random.Generator)  # their methods change the page's own
PLAIN = {np.ndarray, np.float64, float, int, str, types.ModuleType}
ARITHMETIC = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
}
NOT_PROVEN = ("Break it", "See it")  # what happens there says nothing about equality


class Diverged(BaseException):  # no page catches it
    """A mutant asks Keras for something that is not in the record."""


class Failed(BaseException):
    """A check failed, and the run need not go on."""


# -- What to change


def is_function(statement):
    return isinstance(statement, ast.FunctionDef)


def is_call(node, *names):
    return isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in names


def mutated_statements(page):
    """Return what is mutated: the functions of the library that the page is about, and the
    page's own lines under "Compute it"."""
    subjects = find_subjects(page.name)
    linked = [s for s in filter(is_function, page.proof.body) if s in page.linked]
    own = [
        statement
        for statement, heading in zip(page.proof.body, page.headings)
        if heading == COMPUTE
        and statement not in page.linked
        and not is_call(getattr(statement, "value", None), "print")
    ]
    return [s for s in linked if s.name in subjects] + own


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


def mutants(page, held):
    """Yield ((before, after), statement, mutated statement) for each mutant of a page.

    Before and after are the one line that differs, as ast.unparse writes it.
    """
    for statement in mutated_statements(page):
        before = ast.unparse(statement).splitlines()
        in_vain = {  # of which only the shape is asked
            part.value
            for part in ast.walk(statement)
            if isinstance(part, ast.Attribute)
            and part.attr in ("shape", "size", "ndim")
        }
        for node in ast.walk(statement):
            for variant in () if node in in_vain else variants(node, held):
                other, place = copy.deepcopy((statement, node))
                mutated = Replaced(place, variant).visit(other)
                after = ast.unparse(mutated).splitlines()
                changed = [pair for pair in zip(before, after) if pair[0] != pair[1]]
                if changed:  # unless two equal arguments have been exchanged
                    change = tuple(line.strip() for line in changed[0])
                    yield change, statement, ast.fix_missing_locations(mutated)


# -- Running


class Traced(ast.NodeTransformer):
    """The page's code, whose calls and checks go through the run that traces them.

    numbers: {node of a name: its number}, for names to be asked what they hold.
    """

    def __init__(self, numbers):
        self.numbers = numbers

    def visit_Name(self, node):
        if node in self.numbers and isinstance(node.ctx, ast.Load):
            return self.through("probe", node, ast.Constant(self.numbers[node]), node)
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        name = ast.Constant(node.attr)
        function = ast.Name("getattr", ast.Load())
        return self.called(node, function, node.value, name, name="operate")

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if type(node.op) not in ARITHMETIC:
            return node
        function = ast.Name(f"__{ARITHMETIC[type(node.op)]}__", ast.Load())
        return self.called(node, function, node.left, node.right, name="operate")

    def visit_Assert(self, node):
        self.generic_visit(node)
        test = ast.parse("lambda: 0", mode="eval").body
        test.body = node.test
        call = self.through("assert", node, ast.Constant(node.lineno), test)
        return ast.copy_location(ast.Expr(call), node)

    def visit_Call(self, node):
        name = "check" if running.is_check(node) else "call"
        if ast.unparse(node.func) == "super":
            return node
        self.generic_visit(node)
        return self.called(
            node, node.func, *node.args, name=name, keywords=node.keywords
        )

    def called(self, node, function, *arguments, name, keywords=()):
        """A call of a function in the place of a node, through the run's of that name."""
        kind, *place = type(node).__name__, node.lineno, node.col_offset
        place = ast.Constant((kind, *place, node.end_lineno, node.end_col_offset))
        return self.through(name, node, place, function, *arguments, keywords=keywords)

    def through(self, name, node, *arguments, keywords=()):
        """A call of the run's function of that name, in the place of a node."""
        function = ast.Name(f"__{name}__", ast.Load())
        return ast.copy_location(
            ast.Call(function, list(arguments), list(keywords)), node
        )


def compiled(page, statement, numbers=()):
    """A statement as code that is traced; ``numbers`` as in Traced."""
    other = copy.deepcopy(statement)
    pairs = zip(ast.walk(statement), ast.walk(other))
    places = {new: numbers[old] for old, new in pairs if old in numbers}
    module = ast.Module([Traced(places).visit(other)], type_ignores=[])
    return compile(ast.fix_missing_locations(module), str(page.path), "exec")


def is_of_keras(value):
    """Whether a value is a function, class or object of Keras, or a list of such."""
    if isinstance(value, list | tuple):
        return any(map(is_of_keras, value))
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType):
        return is_name_of_keras(value.__module__ or "")
    owner = getattr(value, "__self__", value)  # of a method
    return is_class_of_keras(owner if isinstance(owner, type) else type(owner))


@functools.cache
def is_class_of_keras(cls):
    return any(is_name_of_keras(base.__module__) for base in cls.__mro__)


def is_name_of_keras(module):
    return module.split(".")[0] in ("keras", "tensorflow")


def same(before, after):
    """Whether two arguments of Keras are the same, functions by what they do."""
    if before is after:
        return True
    if hasattr(before, "__array__") and hasattr(after, "__array__"):
        before, after = np.array(before), np.array(after)
        alike = (before.dtype, before.shape) == (after.dtype, after.shape)
        return alike and before.tobytes() == after.tobytes()
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = ((before[name], after.get(name)) for name in before)
        return before.keys() == after.keys() and all(same(*pair) for pair in pairs)
    if inspect.isfunction(before) and inspect.isfunction(after):
        return marshal.dumps(before.__code__) == marshal.dumps(after.__code__)
    try:
        return type(before) is type(after) and bool(before == after)
    except Exception:
        return False


def kept(value):
    """A value as it is now: arrays could be changed later."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(map(kept, value))
    return dict(value) if type(value) is dict else value


def warn_again(told):
    for warning in told:
        warnings.warn(warning.message, stacklevel=2)


class Run:
    """One run of a page whose calls are traced.

    record: what Keras was asked and what it answered, by place and number. A run that is
        given one repeats its answers, and goes on after a check that fails; any other
        makes one, and ends there.
    held: what names hold, by number, as in ``kind``.
    fired: the lines of the checks that failed.
    seen: the arrays that mutated lines returned to the rest of the page, and that checks
        were given, in that order.
    """

    def __init__(self, page, record=None):
        self.page, self.recording = page, record is None
        self.record = {} if record is None else record
        self.held, self.fired, self.seen = {}, [], []
        self.asked = collections.Counter()  # how often each place has called Keras
        self.inside_keras = self.inside_own = 0
        self.proving = True

    def probe(self, number, value):
        if self.held.get(number) is None:
            self.held[number] = kind(value)
        return value

    def operate(self, place, function, left, right):
        """A binary operation, or getattr, which is often asked of plain values."""
        if type(left) in PLAIN and type(right) in PLAIN:
            return function(left, right)
        return self.call(place, function, left, right)

    def call(self, place, function, /, *args, **kwargs):
        of_page = getattr(function, "__module__", None) == "__main__"
        if not of_page and not self.inside_keras:
            given = (function, *args, *kwargs.values())
            owner = (
                args[0] if function is getattr else getattr(function, "__self__", None)
            )
            live = function in LIVE or isinstance(owner, STORES)
            if not live and is_of_keras(given):
                return self.call_keras(place, function, args, kwargs)
        if getattr(function, "__name__", "") not in self.own or not of_page:
            return function(*args, **kwargs)
        self.inside_own += 1
        try:
            result = function(*args, **kwargs)
        finally:
            self.inside_own -= 1
        if not self.inside_own:
            self.see(result)
        return result

    def call_keras(self, place, function, args, kwargs):
        place = (*place, self.asked[place])
        self.asked[place[:-1]] += 1
        if not self.recording:
            if place not in self.record:
                raise Diverged
            given, after, result, error, told = self.record[place]
            if not same(given, (args, kwargs)):
                raise Diverged
            warn_again(told)
            for store, filled in zip(args, after):
                if type(store) is dict:  # as save_own_variables fills it
                    store.update(filled)
            if error is not None:
                raise error
            return kept(result)
        given = kept(args), {name: kept(value) for name, value in kwargs.items()}
        result = failure = None
        self.inside_keras += 1
        try:
            with warnings.catch_warnings(record=True, action="always") as told:
                result = function(*args, **kwargs)
            if isinstance(result, collections.abc.Iterator):  # it can be read once
                result = list(result)
        except Exception as error:
            failure = error
            raise
        finally:
            self.inside_keras -= 1
            self.record[place] = given, kept(args), kept(result), failure, told
            warn_again(told)
        return result

    def see(self, value):
        for part in keras.tree.flatten(value) if self.proving else ():
            if isinstance(part, np.ndarray | np.number):
                self.seen.append(np.array(part))
            elif isinstance(part, float | int):
                self.seen.append(np.array(float(part)))

    def check(self, place, function, /, *args, **kwargs):
        if "raises" in function.__name__:
            return function(*args, **kwargs)
        self.see([*args])
        try:
            return function(*args, **kwargs, verbose=False)  # no one reads the numbers
        except AssertionError:
            self.fail(place[1])

    def check_assertion(self, line, test):
        if not test():
            self.fail(line)

    def fail(self, line):
        self.fired.append(line)
        if self.recording:
            raise Failed

    def run(self, statements):
        """Run [(heading, statement, code), ...]; return the error that ended it, if any.

        Raises Diverged where the record does not do.
        """
        keras.utils.set_random_seed(313)
        own = mutated_statements(self.page)
        self.own = {statement.name for statement in own if is_function(statement)}
        variables = {
            "__name__": "__main__",
            "__file__": str(self.page.path),
            "__probe__": self.probe,
            "__call__": self.call,
            "__operate__": self.operate,
            "__check__": self.check,
            "__assert__": self.check_assertion,
            **{f"__{name}__": getattr(operator, name) for name in ARITHMETIC.values()},
        }
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for heading, _, code in statements:
                self.proving = heading not in NOT_PROVEN
                try:
                    exec(code, variables)
                except Failed:
                    return None
                except Exception as error:
                    line = self.page.failed_check(error)
                    if line is None:
                        return error
                    self.fired.append(line)
        return None


def needed(page):
    """Yield (heading, statement) of all that a proof needs: without a figure in between,
    unless what follows uses it."""
    parts = list(zip(page.headings, page.proof.body))
    figure = [statement for heading, statement in parts if heading == "See it"]
    defines = {name for statement in figure for name in defined(statement)}
    others = [statement for heading, statement in parts if heading != "See it"]
    used = {
        node.id
        for statement in others
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    checks = any(running.is_check(n) for s in figure for n in ast.walk(s))
    for heading, statement in parts:
        if heading != "See it" or checks or defines & used:
            yield heading, statement


def defined(statement):
    """The names that a statement defines."""
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


def outcome(run, statements, clean, varying=()):
    """Return the state of a mutant, and the lines of the checks that failed.

    varying: which of the arrays seen differ from run to run, and so tell nothing.
    """
    if run.run(statements) is not None or run.fired:
        return "caught", run.fired
    before, after = (
        [array for number, array in enumerate(seen) if number not in varying]
        for seen in (clean.seen, run.seen)
    )
    changed = running.differ(before, after, steps=True)
    return ("unnoticed" if changed else "no effect"), []


def what_varies(page, statements, clean):
    """Return which of the arrays seen differ if the page runs again as it is."""
    with running.conditions():
        again = Run(page)
        again.run(statements)
    pairs = enumerate(zip(clean.seen, again.seen, strict=True))
    return {number for number, pair in pairs if running.moved(*pair, steps=True)}


def measure_page(page):
    """Return what became of a page's mutants, and which checks they made fail:
    {"mutants": [[before, after, state], ...], "fired": [line, ...]}.

    Raises AssertionError if the page fails as it is.
    """
    parts = list(needed(page))
    own = mutated_statements(page)
    names = (n for s in own for n in ast.walk(s) if isinstance(n, ast.Name))
    numbers = {node: number for number, node in enumerate(names)}
    plain = [(h, statement, compiled(page, statement)) for h, statement in parts]
    found, fired = [], set()
    with running.conditions():
        clean = Run(page)
        error = clean.run([(h, s, compiled(page, s, numbers)) for h, s in parts])
        if error is not None or clean.fired:
            raise AssertionError(
                f"{page.name} fails as it is: {error or clean.fired}"
            ) from error
        held = {node: clean.held.get(number) for node, number in numbers.items()}
        try:
            replays = outcome(Run(page, clean.record), plain, clean)[0] == "no effect"
        except Diverged:
            replays = False
        varying = () if replays else what_varies(page, plain, clean)
        for change, statement, mutated in mutants(page, held):
            code = compiled(page, mutated)
            statements = [
                (h, s, code if s is statement else as_it_is) for h, s, as_it_is in plain
            ]
            try:
                if not replays:
                    raise Diverged
                state, lines = outcome(Run(page, clean.record), statements, clean)
            except Diverged:
                with running.conditions():
                    state, lines = outcome(Run(page), statements, clean, varying)
            found.append([*change, state])
            fired |= set(lines)
    return {"mutants": found, "fired": sorted(fired), "replays": replays}
