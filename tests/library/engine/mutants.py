"""Mutants of the library's functions, each run on the recorded cases.

Those of a module are run on the cases that the module of the same name in ``cases`` draws,
and on the calls that the library refuses. No page runs, and Keras is asked nothing: a
function gets the code of its mutant for as long as it takes.
"""

import ast
import contextlib
import copy
import dataclasses
import functools
import importlib
import inspect
import sys
import time
from typing import NamedTuple

import by_hand
import mutation
import numpy as np
from library import (
    test_shapes,
    test_wrong_options,
    test_wrong_preprocessing,
    test_wrong_shapes,
    test_wrong_wrappers,
)
from library.engine import contract
from library.engine.answers import differ, record, tolerance_of
from library.engine.subjects import SUBJECTS

from gallery.package import PACKAGE, find_modules_of_functions

TYPED = (
    test_shapes,
    test_wrong_options,
    test_wrong_preprocessing,
    test_wrong_shapes,
    test_wrong_wrappers,
)


@dataclasses.dataclass
class Run:
    """compute: answers without Keras; answer: Keras' own; y: what it answers now, in how
    many seconds, by which functions; caught: how many mutants so far."""

    compute: callable
    answer: list
    tolerance: float
    y: list
    seconds: float
    functions: frozenset
    caught: int = 0


def find_modules():
    """Return the modules of functions, and of the tape, as "layers.dense"."""
    files = [*find_modules_of_functions(), *sorted(PACKAGE.glob("tracing/[!_]*.py"))]
    return [".".join(f.relative_to(PACKAGE).with_suffix("").parts) for f in files]


@functools.cache
def functions_of(module):
    """Return {name: function} of all that a module of the library defines, as they are
    below their decorators."""
    module = importlib.import_module(f"keras_by_hand.{module}")
    found = [f for f in vars(module).values() if inspect.isfunction(f)]
    found = [f for f in found if f.__module__ == module.__name__]
    return {f.__name__: inspect.unwrap(f) for f in found}


def codes_of(function):
    """Return the code of a function, and of all functions within it: those that a
    decorator makes run when it does no longer."""
    found = [function.__code__]
    for code in found:
        found += filter(inspect.iscode, code.co_consts)
    return found


def traced(compute, codes):
    """Return an answer, the seconds it took, and the functions with these codes that were
    called for it."""
    called = set()

    def trace(frame, event, argument):
        if event == "call" and frame.f_code in codes:
            called.add(codes[frame.f_code])

    start = time.process_time()
    sys.setprofile(trace)
    try:
        y = compute()
    finally:
        sys.setprofile(None)
    return y, time.process_time() - start, frozenset(called)


@functools.cache
def runs_of(module):
    """Return the runs that can tell the mutants of a module: its cases, and the odd calls
    of its functions; of those that say the same by the same functions, the first."""
    functions = functions_of(module)
    codes = {code: name for name, f in functions.items() for code in codes_of(f)}
    found, odd = [], {}
    for subject in [name for name, s in SUBJECTS.items() if s.module == module]:
        for case, answer, compute, *_ in record(subject):
            tolerance = tolerance_of(subject, case)
            run = functools.partial(compute, case)
            found.append(Run(run, answer, tolerance, *traced(run, codes)))
        if subject in contract.called():
            for call in contract.odd_calls(SUBJECTS[subject]):
                run = run_of(call.compute, codes)
                told = str(run.y) if isinstance(run.y, Refusal) else len(odd)
                odd.setdefault((told, run.functions), run)
    found += odd.values()
    for function, args, keywords in typed_calls():
        found.append(run_of(functools.partial(function, *args, **keywords), codes))
    return [run for run in found if run.functions]


def run_of(call, codes):
    """The run of a call that may be refused, and then says what it says now."""
    compute = functools.partial(attempt, call)
    y, *told = traced(compute, codes)
    return Run(compute, y, 0, y, *told)


def typed_calls():
    """Yield the calls that no subject derives: (function, arguments, keywords)."""
    for name, args, keywords, _ in test_shapes.RIGHT:
        yield getattr(by_hand, name), (test_shapes.pool, *args), keywords
    for row in test_wrong_shapes.WEIGHTS:
        for args in test_wrong_shapes.wrong_arguments(row):
            yield row.function, args, row.keywords
    for module in TYPED:
        for row in module.REFUSED:
            yield row.function, row.args, row.keywords


class Refusal(list):
    """What a call says that is refused, in the form of an answer."""


def attempt(call):
    """What a call answers, or its Refusal."""
    try:
        found = call()
    except contract.REFUSALS as error:
        return Refusal([np.array(str(error))])
    return [np.asarray(y) for y in (found if isinstance(found, list) else [found])]


def code_of(tree, function):
    """Compile the code of a function where that function stands."""
    module = ast.fix_missing_locations(ast.Module([tree], type_ignores=[]))
    space = {}
    exec(compile(module, "mutant", "exec"), function.__globals__, space)
    return space[tree.name]


def decorated_by(function):
    """Return what a function has made of others, which it decorates."""
    codes = codes_of(function)
    known = inspect.getmodule(function)
    return [
        f for f in vars(known).values() if getattr(f, "__code__", None) in codes[1:]
    ]


@contextlib.contextmanager
def in_place_of(function, other):
    """Let a function do as another one does, for all that hold it or were decorated by
    it."""
    pairs = [(f, other(f.__wrapped__)) for f in decorated_by(function)]
    with contextlib.ExitStack() as stack:
        for pair in [(function, other), *pairs]:
            stack.enter_context(replaced(*pair))
        yield


@contextlib.contextmanager
def replaced(function, other):
    """Give a function the code of another one, with all that this refers to."""
    names = ("__code__", "__defaults__", "__kwdefaults__")
    holders = [(function, other, name) for name in names]
    cells = zip(function.__closure__ or (), other.__closure__ or (), strict=True)
    holders += [(cell, new, "cell_contents") for cell, new in cells]
    before = [getattr(holder, name) for holder, _, name in holders]
    try:
        for holder, new, name in holders:
            setattr(holder, name, getattr(new, name))
        yield
    finally:
        for (holder, _, name), value in zip(holders, before):
            setattr(holder, name, value)


def find_unordered(tree):
    """Return the names of which no order is asked: of what is counted, compared with None,
    or checked, where a check takes all entries of an array alike."""
    return {
        name
        for node in ast.walk(tree)
        if mutation.is_call(node, "len")
        or isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Is | ast.IsNot)
        or isinstance(node, ast.Expr)
        and "check_" in ast.unparse(node).split("(")[0]
        for name in ast.walk(node)
        if isinstance(name, ast.Name)
    }


def look(function, tree, runs):
    """Return what the names of a function hold while it runs, {node: kind}, and the lines
    that run."""
    other, held, lines = copy.deepcopy(tree), {}, set()
    nodes = dict(zip(ast.walk(other), ast.walk(tree)))
    unordered = find_unordered(tree)

    class Probed(ast.NodeTransformer):
        def visit_Name(self, node):
            if not isinstance(node.ctx, ast.Load) or nodes[node] in unordered:
                return node
            numbers[len(numbers)] = nodes[node]
            call = ast.parse(f"__probe__({len(numbers) - 1}, {node.id})", mode="eval")
            return ast.copy_location(call.body, node)

    def probe(number, value):
        node = numbers[number]
        held[node] = held.get(node) or mutation.kind(value)
        return value

    def trace(frame, event, argument):
        if frame.f_code.co_filename != "mutant":
            return None
        lines.add(frame.f_lineno)
        return trace

    numbers = {}
    other.body = [Probed().visit(statement) for statement in other.body]
    function.__globals__["__probe__"] = probe
    sys.settrace(trace)
    try:
        with in_place_of(function, code_of(other, function)):
            for run in runs:
                run.compute()
    finally:
        sys.settrace(None)
        del function.__globals__["__probe__"]
    return held, lines


def rounding_of(arrays):
    """How far the order of a sum may change an answer."""
    dtypes = [array.dtype for array in arrays if array.dtype.kind == "f"]
    return 500 * max([np.finfo(dtype).eps for dtype in dtypes], default=0)


def judge(function, mutated, runs):
    """What becomes of a mutant: "caught", "unnoticed" where an answer changes, but within
    its tolerance, or "no effect" where none changes but for the rounding of sums in another
    order. Runs that are cheap, and have caught many, come first."""
    state = "no effect"
    with contextlib.ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))
        try:
            stack.enter_context(in_place_of(function, code_of(mutated, function)))
        except Exception:  # of a default, or of what it decorates
            return "caught"
        for run in sorted(runs, key=lambda run: run.seconds / (1 + run.caught)):
            try:
                y = run.compute()
                caught = differ(run.answer, y, run.tolerance)
            except Exception:
                caught = True
            if caught:
                run.caught += 1
                return "caught"
            if differ(run.y, y, rounding_of(y)):
                state = "unnoticed"
    return state


class Measured(NamedTuple):
    """runs: how many there are; idle: the lines that none of them needs, as text;
    states: {(before, after): state} of the mutants."""

    runs: int
    idle: list
    states: dict


@functools.cache
def measure(module, name):
    """Return what was Measured of a function of a module."""
    function = functions_of(module)[name]
    runs = [run for run in runs_of(module) if name in run.functions]
    tree = ast.parse(inspect.getsource(function)).body[0]
    tree.decorator_list = []
    held, lines = look(function, tree, runs)
    source = ast.unparse
    statements = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node is not tree and not is_docstring(node)
    ]
    idle = [source(s).splitlines()[0] for s in statements if s.lineno not in lines]
    states = {}
    for number, (change, mutated) in enumerate(mutation.mutate(tree, held)):
        state = judge(function, mutated, runs)
        states[change if change not in states else (*change, number)] = state
    return Measured(len(runs), idle, states)


def is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
