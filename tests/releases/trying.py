"""Pages, as readers get them, and names of the library, tried with the Keras that this
process imports: ``python trying.py [NAME...]``, without a name all of them.

Each page, and each module of cases, runs in a process of its own, forked from this one,
where TensorFlow and Keras are imported already but have computed nothing: the threads that
they start then, a fork would not have. A page goes on after a statement that fails, without
those that need what that one defines. Prints a line of JSON for each name, with what failed
and what it printed.
"""

import ast
import contextlib
import gc
import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import tempfile
import traceback
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:1] = [str(ROOT), str(ROOT / "tests")]  # not this folder, as readers have none
import keras  # noqa: E402
import matplotlib.pyplot  # noqa: E402, F401
import numpy as np  # noqa: E402
from library.engine.answers import differ, tolerance_of  # noqa: E402
from library.engine.cases import describe, map_arrays  # noqa: E402
from library.engine.subjects import SUBJECTS, read_cases  # noqa: E402

from gallery.paths import EXAMPLES, find_pages, name_of  # noqa: E402
from gallery.versions import WIDTH  # noqa: E402

JOBS = 2
PATIENCE = 300  # seconds, after which what runs is taken to hang


# -- Statements


def names_in(statement, context):
    """The names that a statement reads (ast.Load) or binds (ast.Store)."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, context):
            found.add(node.id)
        if context is ast.Store:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.alias):
                found.add((node.asname or node.name).split(".")[0])
    return found


def text_at(source, tree, number):
    """The innermost statement at this line, on one line; of one with a block, its head."""
    for node in ast.walk(tree):  # the inner ones come later
        if isinstance(node, ast.stmt):
            decorators = getattr(node, "decorator_list", [])
            first = min(part.lineno for part in (node, *decorators))
            if first <= number <= node.end_lineno:
                block = getattr(node, "body", None)
                end = (
                    max(node.lineno, block[0].lineno - 1) if block else node.end_lineno
                )
                lines = source.splitlines()[first - 1 : end]
    return " ".join(" ".join(lines).split())


def line_of(error, file):
    """The line of a script at which an error left it; None where it never came there."""
    numbers = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == str(file) and frame.f_code.co_name == "<module>"
    ]
    return numbers[-1] if numbers else None


def run_statements(file, variables, at, fails):
    """Run a script, statement by statement: at(text) is told each before it runs, and
    fails(text, error) each that fails. What needs a name that is lost with a statement is
    left out, until another statement defines that name."""
    source = Path(file).read_text()
    tree = ast.parse(source)
    lost = set()
    for statement in tree.body:
        bound = names_in(statement, ast.Store)
        if names_in(statement, ast.Load) & lost:
            lost |= bound
            continue
        at(text_at(source, tree, statement.lineno))
        try:
            code = compile(ast.Module([statement], []), str(file), "exec")
            exec(code, variables)
            lost -= bound
        except BaseException as error:  # some pages end by SystemExit
            number = line_of(error, file) or statement.lineno
            fails(text_at(source, tree, number), error)
            lost |= bound


# -- What is tried


def try_page(name, at, fails):
    file = EXAMPLES / f"{name}.py"
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__file__ = str(file)
    run_statements(file, vars(main), at, fails)


def try_subject(name, at, fails):
    """Try whether the library answers as Keras does, in each of the recorded cases."""
    subject = SUBJECTS[name]
    for number, (draw, same) in enumerate(zip(subject.draws(), subject.draws())):
        text = f"case {number}"
        try:
            case = subject.generator(same)
            shapes = map_arrays(np.shape, case.config)
            at(text := describe(name, case.but(config=shapes)))
            case, answer, compute, _ = subject.record(draw)
            how = differ(answer, compute(), tolerance_of(name, case))
            if how:
                fails(text, how)
        except Exception as error:
            fails(text, error)


class StatementByStatement(importlib.machinery.SourceFileLoader):
    """Loads a module of cases as far as Keras has what it names."""

    failed = {}  # by the name of what failed

    def exec_module(self, module):
        name = module.__name__.removeprefix("library.").replace(".", "/")

        def fails(text, error):
            self.failed.setdefault(name, []).append(tell(text, error))

        run_statements(self.path, vars(module), lambda text: None, fails)


class CasesFinder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if name.startswith("library.cases.") and spec and spec.origin:
            spec.loader = StatementByStatement(name, spec.origin)
            return spec
        return None


def tell(text, error):
    """What failed: the statement or case, the kind of error, and what it says.

    error: an exception, or how the answer differs.
    """
    text = " ".join(text.split())[:WIDTH]
    if isinstance(error, str):
        return {"fails": text, "error": f"another {error}", "says": ""}
    lines = [line for line in str(error).splitlines() if line.strip()]
    says = " ".join(" ".join(lines[:6]).split())[:200]
    return {"fails": text, "error": type(error).__name__, "says": says}


# -- Processes

running = {}  # by process: its names, its record, and what it prints


def try_and_exit(names, record):
    """Try names one after the other in this process, which then ends."""

    def write(kind, what):
        os.write(record.fileno(), f"{json.dumps([kind, what])}\n".encode())

    def at(text):
        write("at", " ".join(text.split())[:WIDTH])

    def fails(text, error):
        write("failure", tell(text, error))

    code = 1
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            for name in names:
                signal.alarm(PATIENCE)  # it ends this process, whatever that is doing
                write("name", name)
                keras.utils.set_random_seed(313)
                (try_subject if name in SUBJECTS else try_page)(name, at, fails)
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def start(names):
    record, printed = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    process = os.fork()
    if not process:
        os.dup2(printed.fileno(), 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try_and_exit(names, record)
    running[process] = names, record, printed


def wait():
    """Wait until a process ends; return what it found of each of its names, and the names
    that it has left, as it died before."""
    process, status = os.wait()
    names, record, printed = running.pop(process)
    texts = []
    for file in (record, printed):
        with file:
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    found, at = [], ""
    for kind, what in map(json.loads, texts[0].splitlines()):
        if kind == "name":
            found.append({"name": what, "failures": [], "printed": texts[1]})
        elif kind == "failure":
            found[-1]["failures"].append(what)
        at = what if kind == "at" else at
    if code := os.waitstatus_to_exitcode(status):
        kind = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        says = f"longer than {PATIENCE} s" if kind == "SIGALRM" else ""
        died = {"fails": at, "error": kind, "says": says, "died": True}
        found[-1]["failures"].append(died)
    return found, names[len(found) :]


def try_all(groups):
    """Yield what was found of each name, as it comes. groups: the names for a process."""
    gc.freeze()  # or each process walks through all of TensorFlow again and again
    groups = list(groups)
    while groups or running:
        if groups and len(running) < JOBS:
            start(groups.pop(0))
            continue
        found, left = wait()
        groups[:0] = [left] if left else []
        yield from found


def grouped(names):
    """Names of the library in a group for each module, as forking takes longer than most
    of their cases; each page alone."""
    modules = {}
    for name in names:
        module = SUBJECTS[name].module if name in SUBJECTS else name
        modules.setdefault(module, []).append(name)
    return sorted(
        modules.values(), key=len, reverse=True
    )  # what takes long comes first


if __name__ == "__main__":
    sys.meta_path.insert(0, CasesFinder())
    read_cases()
    print(json.dumps({"keras": keras.__version__}), flush=True)
    for name, failures in StatementByStatement.failed.items():
        print(json.dumps({"name": name, "failures": failures, "printed": ""}))
    known = [*map(name_of, find_pages()), *SUBJECTS]
    names = sys.argv[1:] or known
    for name in [name for name in names if name not in known]:
        failures = [{"fails": "", "error": "no such name", "says": ""}]
        print(json.dumps({"name": name, "failures": failures, "printed": ""}))
    names = [name for name in names if name in known]
    for found in try_all(grouped(names)):
        print(json.dumps(found), flush=True)
    print(json.dumps({"seconds": sum(os.times()[:4])}))
