"""The pages of the gallery as code: their sections and checks, and a way to run them in
this process, where Keras is imported once.
"""

import ast
import contextlib
import functools
import gc
import io
import logging
import tempfile
import traceback
import warnings
from pathlib import Path

import keras
import matplotlib
import matplotlib.pyplot as plt
import ml_dtypes
import numpy as np

from gallery.conditions import forget_gradients
from gallery.linker import find_lines
from gallery.scripts import find_headings

matplotlib.use("agg")
logging.getLogger("tensorflow").setLevel("ERROR")  # many models, on purpose
NOT_PROVEN = ("Break it", "See it")  # what happens there says nothing about equality
PRINT_OPTIONS = np.get_printoptions()
gc.freeze()  # or clear_session walks through all of TensorFlow, every time


@contextlib.contextmanager
def conditions():
    """Equal conditions for each run: an empty folder, no models, nothing printed, and no
    warnings, which pages tell about but do not prove."""
    forget_gradients()
    keras.utils.clear_session(free_memory=False)  # Python does, in time
    keras.utils.set_random_seed(313)
    np.set_printoptions(**PRINT_OPTIONS)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                warnings.catch_warnings(action="ignore"),
            ):
                yield
        finally:
            plt.close("all")


def read_settings():
    """Return what keras.config can be asked for, by name."""
    names = dir(keras.config)
    return {
        name: str(getattr(keras.config, name)())
        for name in names
        if name.startswith("is_") or f"set_{name}" in names
    }


def run(tree, name):
    """Run a page, given as its ast or source; return its variables.

    What it prints is dropped and what it draws is closed. Raises what the page raises.
    """
    variables = {"__name__": "__main__", "__file__": str(name)}
    with conditions():
        exec(compile(tree, str(name), "exec"), variables)
    return variables


# -- Sections and checks


def is_check(node):
    """Whether a node of an ast is a check: assert, or a function of np.testing."""
    if isinstance(node, ast.Assert):
        return True
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith(
        "np.testing."
    )


def is_comparison(node):
    """Whether a node of an ast is a function of np.testing that compares two values."""
    name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    return name.startswith("np.testing.") and "raises" not in name


def needed(parts):
    """Yield those of [(heading, statement), ...] that a proof needs, as in Page."""
    parts = list(parts)
    last = max((n for n, (_, s) in enumerate(parts) if has_check(s)), default=-1)
    parts = parts[: last + 1]
    figure = [statement for heading, statement in parts if heading == "See it"]
    others = [statement for heading, statement in parts if heading != "See it"]
    used = {
        node.id
        for statement in others
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    whole = any(map(has_check, figure)) or any(defined(s) & used for s in figure)
    for heading, statement in parts:
        if heading != "See it" or whole:
            yield heading, statement


def has_check(statement):
    return any(map(is_check, ast.walk(statement)))


def defined(statement):
    """The names that a statement defines."""
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    names = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


class Page:
    """A page: its file, its ast, the headings of its statements, and its checks.

    headings: the heading above each statement of ``tree.body``; "" above the first.
    linked: the statements that are code of the library, put in the place of an import.
    checks: {first line of a check: (its first line, its last)}
    library: the names of the functions among these.
    comparisons: the first lines of those that prove that two values are equal.
    parts: [(heading, statement), ...] of what a proof needs: nothing after the last check,
        where nothing can fail, and no figure before it, unless what follows uses it.
    proof: the ast of these statements.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.name = f"{self.path.parent.name}/{self.path.stem}"
        self.tree = ast.parse(self.path.read_text())
        self.headings = find_headings(self.path, self.tree)
        files = [line.file for line in find_lines(self.path)]
        own = files[0]  # where its first text stands
        self.linked = {s for s in self.tree.body if files[s.end_lineno - 1] != own}
        self.library = {getattr(statement, "name", None) for statement in self.linked}
        checks = list(filter(is_check, ast.walk(self.tree)))
        self.checks = {node.lineno: (node.lineno, node.end_lineno) for node in checks}
        self.comparisons = {
            node.lineno
            for heading, statement in zip(self.headings, self.tree.body)
            if heading not in NOT_PROVEN
            for node in ast.walk(statement)
            if is_comparison(node)
        }
        self.parts = list(needed(zip(self.headings, self.tree.body)))
        self.proof = ast.Module([s for _, s in self.parts], type_ignores=[])

    def lines_of(self, texts):
        """Return the first lines of the comparisons that read so."""
        return {
            node.lineno
            for node in ast.walk(self.tree)
            if is_comparison(node) and ast.unparse(node) in texts
        }

    def failed_check(self, error):
        """Return the line of the check that failed, None if the error is another's.

        An AssertionError inside Keras, say, is not that of a check.
        """
        if not isinstance(error, AssertionError):
            return None
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        lines = [line for _, line in traceback.walk_tb(error.__traceback__)]
        on_page = [
            number
            for number, frame in enumerate(frames)
            if frame.f_code.co_filename == str(self.path)
        ]
        if not on_page:
            return None
        for frame in frames[on_page[-1] + 1 : on_page[-1] + 2]:
            module = frame.f_globals.get("__name__", "")
            if not module.startswith(("numpy.testing", "contextlib", "unittest")):
                return None
        line = lines[on_page[-1]]
        for first, last in self.checks.values():
            if first <= line <= last:
                return first
        return None


# -- What Keras returns to a page

OBSERVED = [
    (keras.Model, "predict"),
    (keras.Model, "predict_on_batch"),
    (keras.Model, "train_on_batch"),
    (keras.Model, "test_on_batch"),
    (keras.Model, "evaluate"),
    (keras.layers.Layer, "get_weights"),
    (keras.ops, "convert_to_numpy"),
]


@contextlib.contextmanager
def observed():
    """Collect the arrays that Keras returns to a page."""
    seen = []

    def observing(owner, name):
        real = getattr(owner, name)

        @functools.wraps(real)
        def wrapper(*args, **kwargs):
            result = real(*args, **kwargs)
            seen.extend(map(np.array, keras.tree.flatten(result)))
            return result

        return wrapper

    with contextlib.ExitStack() as stack:
        for owner, name in OBSERVED:
            changed = observing(owner, name)
            stack.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, changed)
        yield seen


def rounding_limit(value, steps):
    """How far rounding may move each entry of an array: 32 times the last bit of its
    largest entry, or a thousand times, and in float64 a million times, where many steps
    of arithmetic lie in between. Integers and what is no number must not move at all. A
    loss comes as a Python float, but was computed in float32."""
    if value.dtype.kind not in "fcV" or value.size == 0:  # "V": bfloat16
        return 0.0
    largest = np.max(
        np.nan_to_num(np.abs(value.astype(wide(value))), posinf=0, neginf=0)
    )
    eps = float(ml_dtypes.finfo(value.dtype if value.ndim else "float32").eps)
    bits = 32 if not steps else 1e3 if eps > 1e-10 else 1e6
    return bits * eps * largest


def wide(value):
    return "complex128" if value.dtype.kind == "c" else "float64"


def moved(before, after, steps):
    """Whether an array differs beyond rounding, or in its shape or dtype."""
    if (before.shape, before.dtype) != (after.shape, after.dtype):
        return True
    if before.dtype.kind not in "fcV" or before.dtype.type is np.void:
        return before.tobytes() != after.tobytes()
    limit = rounding_limit(before, steps)
    before, after = before.astype(wide(before)), after.astype(wide(before))
    same = (before == after) | (np.isnan(before) & np.isnan(after))
    with np.errstate(invalid="ignore"):
        return not np.all(same | (np.abs(after - before) <= limit))


def differ(before, after, steps=False):
    """Whether two lists of arrays differ beyond rounding, or that of many steps."""
    return len(before) != len(after) or any(
        moved(*pair, steps) for pair in zip(before, after)
    )
