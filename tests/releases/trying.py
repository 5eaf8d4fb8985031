"""Pages, as readers get them, names of the library, and the scripts of docs/versions, tried
with the Keras that this process imports: ``python trying.py [NAME...]``, without a name all
of them.

Each page, each script and each module of cases runs in a process of its own, forked from
this one, where TensorFlow and Keras are imported already but have computed nothing: the
threads that they start then, a fork would not have. A page goes on after a statement that
fails, without those that need what that one defines. Prints a line of JSON for each name,
with what failed and what it printed.
"""

import importlib.abc
import importlib.machinery
import json
import sys
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
from releases.processes import try_all  # noqa: E402
from releases.statements import run_statements, tell  # noqa: E402

from gallery.paths import EXAMPLES, find_pages, name_of  # noqa: E402
from gallery.versions import SCRIPTS  # noqa: E402


def try_page(name, at, fails):
    folder = SCRIPTS.parent if name.startswith(f"{SCRIPTS.name}/") else EXAMPLES
    file = folder / f"{name}.py"
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
            case, answer, compute, *_ = subject.record(draw)
            how = differ(answer, compute(case), tolerance_of(name, case))
            if how:
                fails(text, how)
        except Exception as error:
            fails(text, error)


def try_name(name, at, fails):
    keras.utils.set_random_seed(313)
    (try_subject if name in SUBJECTS else try_page)(name, at, fails)


class StatementByStatement(importlib.machinery.SourceFileLoader):
    """Loads a module of cases as far as Keras has what it names."""

    failed = {}  # by the name of the module

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


def grouped(names):
    """Names of the library in a group for each module, as to fork takes longer than most
    of their cases; each page alone. What takes long comes first."""
    modules = {}
    for name in names:
        module = SUBJECTS[name].module if name in SUBJECTS else name
        modules.setdefault(module, []).append(name)
    return sorted(modules.values(), key=len, reverse=True)


def write(**told):
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    sys.meta_path.insert(0, CasesFinder())
    read_cases()
    write(**{"keras": keras.__version__, "from": keras.__file__})
    for name, failures in StatementByStatement.failed.items():
        write(name=name, failures=failures, printed="")
    scripts = (f"{SCRIPTS.name}/{script.stem}" for script in SCRIPTS.glob("*.py"))
    known = [*map(name_of, find_pages()), *SUBJECTS, *sorted(scripts)]
    names = sys.argv[1:] or known
    for name in [name for name in names if name not in known]:
        none = {"fails": "", "error": "no such name", "says": ""}
        write(name=name, failures=[none], printed="")
    for found in try_all(grouped(n for n in names if n in known), try_name):
        write(**found)
