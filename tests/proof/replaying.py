"""A page run again with what Keras returned to it: Keras computes once for all mistakes in
its lines, and what it returned is then repeated, call by call.
"""

import ast
import collections
import collections.abc
import contextlib
import copy
import functools
import inspect
import itertools
import marshal
import operator
import os
import shutil
import tempfile
import types
import warnings
from pathlib import Path
from unittest import mock

import keras
import mutation
import numpy as np
import running

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


class Diverged(BaseException):  # no page catches it
    """A mutant asks Keras for something that is not in the record."""


class Failed(BaseException):
    """A check failed, and the run need not go on."""


# -- The page


def find_core(page):
    """Return the page's own lines under "Compute it", which are mutated."""
    return [
        statement
        for heading, statement in page.parts
        if heading == COMPUTE
        and statement not in page.linked
        and not mutation.is_call(getattr(statement, "value", None), "print")
    ]


# -- Its run


class Traced(ast.NodeTransformer):
    """The page's code, whose calls and checks go through the run that traces them.

    numbers: {node of a name: its number}, for names to be asked what they hold; of_library:
    whether it is of the library, where nothing but calls can reach Keras.
    """

    def __init__(self, numbers, of_library):
        self.numbers, self.of_library = numbers, of_library

    def visit_Name(self, node):
        if node in self.numbers and isinstance(node.ctx, ast.Load):
            return self.through("probe", node, ast.Constant(self.numbers[node]), node)
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if self.of_library or not isinstance(node.ctx, ast.Load):
            return node
        name = ast.Constant(node.attr)
        function = ast.Name("getattr", ast.Load())
        return self.called(node, function, node.value, name, name="operate")

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if self.of_library or type(node.op) not in ARITHMETIC:
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


def compiled(page, statement, numbers=(), mutated=None):
    """A statement, or what is mutated of it, as code that is traced; ``numbers`` as in
    Traced."""
    other = copy.deepcopy(mutated or statement)
    pairs = zip(ast.walk(statement), ast.walk(other)) if numbers else ()
    places = {new: numbers[old] for old, new in pairs if old in numbers}
    traced = Traced(places, statement in page.linked).visit(other)
    module = ast.Module([traced], type_ignores=[])
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
        return code_of(before) == code_of(after)
    try:
        if same_class(type(before), type(after)):
            told = [{**thing.get_config(), "name": ""} for thing in (before, after)]
            return same(*told)  # Keras counts up the names
        return type(before) is type(after) and bool(before == after)
    except Exception:
        return False


def code_of(function):
    """The code of a function as bytes. Newer formats of marshal tell which parts others
    hold, too, and so differ from run to run."""
    return marshal.dumps(function.__code__, 2)


def same_class(before, after):
    """Whether two classes are one that the page makes anew in each run, with the same
    methods."""
    if before is after or {before.__module__, after.__module__} != {"__main__"}:
        return False
    methods = [
        {name: part for name, part in vars(cls).items() if inspect.isfunction(part)}
        for cls in (before, after)
    ]
    return before.__name__ == after.__name__ and same(*methods)


def kept(value):
    """A value as it is now: arrays could be changed later."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(map(kept, value))
    return dict(value) if type(value) is dict else value


def files_named(arguments):
    """Return what files hold that are named among arguments: {path: bytes}."""
    paths = [Path(path) for path in arguments if isinstance(path, str | os.PathLike)]
    return {path: path.read_bytes() for path in paths if path.is_file()}


@contextlib.contextmanager
def own_folder():
    """A place for a run's temporary folders, which have the same names in each run."""
    folder = Path("temporary").absolute()
    folder.mkdir()
    names = mock.patch.object(
        tempfile, "_get_candidate_names", lambda: map(str, itertools.count())
    )
    try:
        with names, mock.patch.object(tempfile, "tempdir", str(folder)):
            yield
    finally:
        shutil.rmtree(folder)


def warn_again(told):
    for warning in told:
        warnings.warn(warning.message, stacklevel=2)


def unchanged(place, answer):
    return answer


class Run:
    """One run of a page whose calls are traced. It goes on after a check that fails.

    record: what Keras was asked and what it answered, by place and number. A run that is
        given one repeats its answers; any other makes one.
    change: makes other answers of those of Keras, by their place; whatever it is asked
        then, it answers so.
    of_library: makes another answer of what a function of the library returns to the page.
    warns: whether Keras' warnings are given again.
    known: the lines of checks that have failed in other runs: it ends where no comparison
        is left that has not.
    held: what names hold, by number, as in ``mutation.kind``.
    observed: the arrays that Keras returned, as in running.observed.
    reached: the lines of the comparisons that it came to; fired: those of the checks that
        failed.
    seen: the arrays that mutated lines returned to the rest of the page, and that checks
        were given, in that order.
    """

    def __init__(self, page, record=None, change=None, known=frozenset()):
        self.page, self.recording, self.change = page, record is None, change
        self.known, self.of_library, self.warns = known, None, True
        self.record = {} if record is None else record
        self.held, self.fired, self.seen, self.reached = {}, [], [], set()
        self.asked = collections.Counter()  # how often each place has called Keras
        self.inside_keras = self.inside_own = 0
        self.proving = True

    def probe(self, number, value):
        if self.held.get(number) is None:
            self.held[number] = mutation.kind(value)
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
        name = getattr(function, "__name__", "")
        if of_page and self.of_library and name in self.page.library:
            return self.call_library(function, args, kwargs)
        if name not in self.own or not of_page:
            return function(*args, **kwargs)
        self.inside_own += 1
        try:
            result = function(*args, **kwargs)
        finally:
            self.inside_own -= 1
        if not self.inside_own:
            self.see(result)
        return result

    def call_library(self, function, args, kwargs):
        change, self.of_library = self.of_library, None  # of what the page calls itself
        try:
            return change(function(*args, **kwargs))
        finally:
            self.of_library = change

    def call_keras(self, place, function, args, kwargs):
        place = (*place, self.asked[place])
        self.asked[place[:-1]] += 1
        if not self.recording:
            if place not in self.record:
                raise Diverged
            given, after, result, error, told, files = self.record[place]
            if not self.change and not same(given, (args, kwargs)):
                raise Diverged
            if self.warns:
                warn_again(told)
            for path, content in files.items():
                path.write_bytes(content)
            for store, filled in zip(args, after):
                if type(store) is dict:  # as save_own_variables fills it
                    store.update(filled)
            if error is not None:
                raise error
            return self.answer(place, kept(result))
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
            after = kept(args), kept(result), failure, told, files_named(args)
            self.record[place] = given, *after
            warn_again(told)
        return self.answer(place, result)

    def answer(self, place, result):
        return self.change(place, result) if self.change else result

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
        self.reached.add(place[1])
        try:
            return function(*args, **kwargs, verbose=False)  # no one reads the numbers
        except AssertionError:
            self.fail(place[1])

    def check_assertion(self, line, test):
        if not test():
            self.fail(line)

    def fail(self, line):
        self.fired.append(line)
        if self.page.comparisons <= self.known | set(self.fired):
            raise Failed

    def run(self, statements):
        """Run [(heading, statement, code), ...]; return the error that ended it, if any.

        Raises Diverged where the record does not do.
        """
        keras.utils.set_random_seed(313)
        own = find_core(self.page)
        self.own = {s.name for s in own if isinstance(s, ast.FunctionDef)}
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
        observing = running.observed()  # in each run alike, as it replaces functions
        with np.errstate(all="ignore"), own_folder(), observing as self.observed:
            for heading, _, code in statements:
                self.proving = heading not in running.NOT_PROVEN
                if self.fired and not self.proving:
                    continue
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


class Replay:
    """A page that has run, and can run again with what Keras returned to it.

    statements: [(heading, statement, code), ...]; clean: the run of the page as it is;
    seconds: those of the processor that this run took.
    held: what its names hold, {node: "array" or "numbers"}; repeats: whether Keras'
    answers are enough to run it again, else Keras computes anew.
    Raises AssertionError if the page fails as it is.
    """

    def __init__(self, page):
        self.page = page
        self.statements = [(h, s, compiled(page, s)) for h, s in page.parts]
        own = find_core(page)
        names = (n for s in own for n in ast.walk(s) if isinstance(n, ast.Name))
        numbers = {node: number for number, node in enumerate(names)}
        self.clean = Run(page)
        probed = [(h, s, compiled(page, s, numbers)) for h, s in page.parts]
        error = self.clean.run(probed)
        if error is not None or self.clean.fired:
            raise AssertionError(
                f"{page.name} fails as it is: {error or self.clean.fired}"
            ) from error
        self.held = {
            node: self.clean.held.get(number) for node, number in numbers.items()
        }
        self.repeats, self.varying = True, set()
        try:
            self.repeats = (
                self.compare(Run(page, self.clean.record), {})[0] == "no effect"
            )
        except Diverged:
            self.repeats = False
        if not self.repeats:
            self.varying = self.find_varying()

    def find_varying(self):
        """Return which of the arrays seen differ if the page runs again as it is, and so
        tell nothing."""
        with running.conditions():
            again = Run(self.page)
            again.run(self.statements)
        pairs = enumerate(zip(self.clean.seen, again.seen, strict=True))
        return {number for number, pair in pairs if running.moved(*pair, steps=True)}

    def outcome(self, codes, known):
        """Return the state of the page with other codes for some of its statements,
        {statement: code}, and the lines of the checks that failed. known: as in Run."""
        if self.repeats:
            try:
                run = Run(self.page, self.clean.record, known=known)
                return self.compare(run, codes)
            except Diverged:
                pass
        with running.conditions():  # to the first check that fails: Keras is dear
            return self.compare(Run(self.page, known=self.page.comparisons), codes)

    def compare(self, run, codes):
        statements = [(h, s, codes.get(s, code)) for h, s, code in self.statements]
        if run.run(statements) is not None or run.fired:
            return "caught", run.fired
        before, after = (
            [array for number, array in enumerate(seen) if number not in self.varying]
            for seen in (self.clean.seen, run.seen)
        )
        changed = running.differ(before, after, steps=True)
        return ("unnoticed" if changed else "no effect"), []

    def fired_by(self, change=unchanged, of_library=None, warns=True):
        """Return the lines of the checks that fail where answers are changed. The
        arguments are as in Run."""
        record = self.clean.record if self.repeats else None
        run = Run(self.page, record, change)
        run.of_library, run.warns = of_library, warns
        fresh = contextlib.nullcontext() if self.repeats else running.conditions()
        with contextlib.suppress(Diverged, SystemExit), fresh:  # some pages end by it
            run.run(self.statements)
        return set(run.fired)
