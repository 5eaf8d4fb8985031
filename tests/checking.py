"""What ``make check`` asks: what a change can have touched, nearest first, for a minute.

From the files that differ from a commit it follows imports back to files of tests, and from
functions that differ to the pages that link them. What time was left for is run; what was
not, is told, and is ``make test``'s.
"""

import ast
import functools
import inspect
import re
import time
from collections import Counter

import pytest

from gallery.linker import find_linked
from gallery.package import NAME, PACKAGE, find_module, parse, resolve
from gallery.paths import EXAMPLES, ROOT, SOURCES, find_pages, name_of
from gallery.repository import git

SECONDS = 42  # no test begins later: with the last ones, a minute
FOLDERS = [ROOT, ROOT / "tests", ROOT / "tests/proof", ROOT / "docs/_ext"]
CASES = ROOT / "tests/library/cases"
PAGES_RUN = "tests/proof/test_proof.py"
READS_CASES = ROOT / "tests/library/engine/subjects.py"  # all of them, by their place


# -- What differs


def find_base():
    """Return what to compare with: the last commit, or, where nothing differs from that,
    the one before."""
    return "HEAD" if git("status", "--porcelain") else "HEAD~1"


def find_files(base):
    """Return the files that differ from a commit. Raises UsageError where there is none
    of this name."""
    if not git("rev-parse", "--verify", "--quiet", f"{base}^{{commit}}"):
        raise pytest.UsageError(f"There is no commit {base}: make check BASE=COMMIT")
    told = git("diff", "--name-only", base), git("ls-files", "-o", "--exclude-standard")
    return {ROOT / name for text in told for name in text.splitlines()}


def find_names(file, base):
    """Return the names of the statements of a module that differ from a commit."""
    before = git("show", f"{base}:{file.relative_to(ROOT)}")
    known = {statement.text for statement in parse(file, before)}
    now = parse(file, file.read_text()) if file.exists() else []
    return {name for s in now if s.text not in known for name in s.binds}


# -- What it can have touched


def imported(file):
    """Return the files of this project that a file imports. What it imports from the
    library's front door is of the module that defines it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            modules = {alias.name: () for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = {node.module: [alias.name for alias in node.names]}
        else:
            continue
        for module, names in modules.items():
            if module.split(".")[0] == NAME:
                found |= imported_of_library(module, names)
            for part in (module, *(f"{module}.{name}" for name in names)):
                places = [f / f"{part.replace('.', '/')}.py" for f in FOLDERS]
                found |= {place for place in places if place.is_file()}
    return found | (set(CASES.rglob("*.py")) if file == READS_CASES else set())


def imported_of_library(module, names):
    file, found = find_module(module), set()
    for name in names if file else ():
        statement = resolve(file, name)
        found.add(statement.file if statement else find_module(f"{module}.{name}"))
    return found - {None} or {file} - {None}


def find_modules():
    folders = "keras_by_hand", "gallery", "docs/_ext", "tests"
    return [file for folder in folders for file in (ROOT / folder).rglob("*.py")]


@functools.cache
def find_importers():
    """Return {file: the files that import it}."""
    importers = {}
    for file in find_modules():
        for needed in imported(file):
            importers.setdefault(needed, set()).add(file)
    return importers


def find_distances(files):
    """Return {file: over how many imports it needs one of these files}. A file that is no
    module is needed by the modules that name it."""
    distances, left = dict.fromkeys(files, 0), sorted(files)
    for file in left:
        importers = find_importers().get(file, ())
        if file.suffix != ".py":
            importers = [m for m in find_modules() if file.name in m.read_text()]
        for importer in importers:
            if importer not in distances:
                distances[importer] = distances[file] + 1
                left.append(importer)
    return distances


def find_pages_that_link(names, files):
    """Return the pages that link a definition of one of these names in these files, those
    that link the least first: they are about it."""
    found = {}
    for page in find_pages():
        source = SOURCES / page.relative_to(EXAMPLES)
        linked = [s for _, found, _ in find_linked(source) for s in found]
        if any(s.file in files and s.binds & names for s in linked):
            found[name_of(page)] = len(linked)
    return sorted(found, key=found.get)


def plan(base):
    """Return what a run of tests needs to know, as plain values: what differs, by name;
    {file, or module as in "layers.dense": its distance}; and the pages, changed or not."""
    base = base or find_base()
    files = find_files(base)
    modules = {f for f in files if f.is_relative_to(PACKAGE) and f.suffix == ".py"}
    names = {name for file in modules for name in find_names(file, base)}
    distances = find_distances(files)
    told = {}
    for file, distance in distances.items():
        told[file.relative_to(ROOT).as_posix()] = distance
        for folder in (PACKAGE, CASES):
            if file.is_relative_to(folder):
                parts = file.relative_to(folder).with_suffix("").parts
                module = ".".join(parts)
                told[module] = min(distance, told.get(module, distance))
    changed = [name_of(file) for file in files if file.match("examples/*/plot_*.py")]
    return {
        "base": base,
        "until": time.time() + SECONDS,
        "changed": sorted(file.relative_to(ROOT).as_posix() for file in files),
        "names": sorted(names),
        "distances": told,
        "changed pages": changed,
        "pages": find_pages_that_link(names, modules),
    }


# -- The run


class Check:
    """A plugin of pytest, in each of its processes: it leaves out, orders and stops."""

    def __init__(self, plan):
        self.plan, self.asked, self.late = plan, 0, Counter()
        self.folders = {  # of tests that are near
            ROOT / parent
            for file in self.plan["distances"]
            for parent in (ROOT / file).parents
        }

    @pytest.hookimpl(optionalhook=True)  # of pytest-xdist
    def pytest_configure_node(self, node):
        node.workerinput["plan"] = self.plan

    def pytest_ignore_collect(self, collection_path):
        """Import no file of tests that is not near: of all, that takes 20 s."""
        if self.plan["pages"] or self.plan["changed pages"]:
            if collection_path in (ROOT / "tests/proof", ROOT / PAGES_RUN):
                return None
        if collection_path.is_dir():
            return None if collection_path in self.folders else True
        name = collection_path.relative_to(ROOT).as_posix()
        return None if name in self.plan["distances"] else True

    def rank(self, item):
        """Return how near a test is; None where it is not to be asked."""
        told = params_of(item)
        if "page" in told and PAGES_RUN in item.nodeid:
            return self.rank_page(told["page"], item.get_closest_marker("drawn"))
        distances, names = self.plan["distances"], self.plan["names"]
        file = item.nodeid.partition("::")[0]
        if file not in distances or item.get_closest_marker("whole"):
            return None
        if hasattr(item.module, "SITE"):
            return None  # the site may be that of another commit
        if distances[file] == 0:
            return 0
        said = " ".join([item.name, *map(str, told.values())])
        is_named = any(re.search(rf"\b{name}\b", said) for name in names)
        if module := getattr(item, "module_of_library", ""):
            distance = distances.get(module)
            return None if distance is None else 1 if is_named else 2 + distance
        if is_named or any(name in source_of(item) for name in names):
            return 2
        return None if item.get_closest_marker("drawn") else 3 + distances[file]

    def rank_page(self, page, is_proof):
        """A page that differs is proved, which runs it, too; one that links what differs
        is run."""
        if page in self.plan["changed pages"]:
            return 0 if is_proof else None
        pages = self.plan["pages"]
        if is_proof or page not in pages:
            return None
        return 1 if pages.index(page) < 5 else 3

    @pytest.hookimpl(trylast=True)  # when the tests of the library know their modules
    def pytest_collection_modifyitems(self, items):
        pages = [*self.plan["changed pages"], *self.plan["pages"]]
        order = {page: number for number, page in enumerate(pages)}
        ranks = {item: self.rank(item) for item in items}
        items[:] = [item for item in items if ranks[item] is not None]

        def key(item):
            return ranks[item], order.get(params_of(item).get("page"), 0)

        items.sort(key=key)
        self.asked = len(items)

    def pytest_runtest_protocol(self, item):
        """Begin no test when the time is up."""
        if time.time() > self.plan["until"]:
            self.late[item.nodeid.partition("::")[0]] += 1
            return True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["check"] = [self.asked, dict(self.late)]
        elif session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = 0  # make check asks nothing of a text

    @pytest.hookimpl(optionalhook=True)  # of pytest-xdist
    def pytest_testnodedown(self, node):
        asked, late = getattr(node, "workeroutput", {}).get("check", (0, {}))
        self.asked = asked
        self.late.update(late)

    def pytest_terminal_summary(self, terminalreporter):
        ran = [
            report
            for outcome in ("passed", "failed", "error", "xfailed")
            for report in terminalreporter.getreports(outcome)
        ]
        files = Counter(report.nodeid.partition("::")[0] for report in ran)
        seconds = time.time() - self.plan["until"] + SECONDS
        write = terminalreporter.write_line
        changed = shorten(self.plan["changed"])
        write(f"Differs from {self.plan['base']}: {changed}")
        write(f"Asked in {seconds:.0f} s, nearest first: {told(files)}")
        if self.late:
            write(f"Time was up before {told(self.late)}")
        write("Left to make test: these, the site, and all that imports nothing of it")


def shorten(names, most=6):
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def told(files):
    """Say {file: number of tests} in a line."""
    names = [f"{file} ({number})" for file, number in files.most_common()]
    return f"{sum(files.values())} tests of {shorten(names)}" if names else "nothing"


def params_of(item):
    return item.callspec.params if hasattr(item, "callspec") else {}


def source_of(item):
    try:
        return inspect.getsource(item.function)
    except OSError:
        return ""


def add_options(parser):
    told = "ask what differs from a commit can have touched, for a minute"
    parser.addoption("--check", metavar="COMMIT", help=told)


def configure(config):
    """Make the plan, once, and hand it to the other processes."""
    if config.option.check is not None:
        config.option.durations = None  # the last lines tell enough
        workers = getattr(config, "workerinput", None)
        told = workers["plan"] if workers else plan(config.option.check)
        config.pluginmanager.register(Check(told), "check")
