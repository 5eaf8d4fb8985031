"""What building the gallery costs, beside running its scripts, and what proving it does:
``make bench``.

A gallery of copies of the pages is built in a temporary folder, without the notebook,
and compared with the same scripts run one after another in one process, each saving its
figure once. The times of a table come from one run on one machine. Exits with 1 when a
budget is exceeded.
"""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]
from project import SCRIPTS, copy_sources, git, skip_notebook  # noqa: E402

SIZES = (10, 40, 160)
BUDGETS = {  # of the largest gallery
    "gallery stage, CPU time of the bare scripts": 1.5,
    "no-change rebuild, seconds": 3.5,  # of the gallery as it is, 3
    # Flat would be 1.05, but TensorFlow keeps some 0.4 MB of each page that trains.
    "peak memory of the stage, of that of the smallest gallery": 1.25,
}

BARE = """
import runpy, sys
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
for page in sys.argv[1:]:
    runpy.run_path(page)
    for number in plt.get_fignums():
        plt.figure(number).savefig(f"{page}.svg")
    plt.close("all")
"""

# Sphinx-Gallery runs the pages while the application is set up; if one has failed, the
# build says so in its status. Links to pages that a small gallery lacks are no errors.
GALLERY = """
import json, resource, sys, time
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.tags import Tags
# What collects functions wants each page once.
extensions = [name for name in Config.read(".", overrides={}, tags=Tags()).extensions
              if name not in ("reference", "search_terms")]
app = Sphinx("docs", ".", "docs/_build/html", "docs/_build/doctrees", "html",
             {"nbsphinx_execute": "never", "extensions": extensions}, status=None,
             parallel=int(sys.argv[1]))
stage = {"stage": time.process_time(),
         "stage memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
app.build()
tensorflow = "tensorflow" in sys.modules
print("\\n" + json.dumps({**stage, "tensorflow": tensorflow}))
sys.exit(app.statuscode)
"""


def measure(script, project, *arguments):
    """Run a script in a process of its own; return what ``watch`` does and, if it is
    GALLERY, what the script itself says."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    used, lines = watch(command, project)
    return {**used, **(json.loads(lines[-1]) if script is GALLERY else {})}


def watch(command, project):
    """Run a command in a project, and watch it and those that it starts.

    Returns seconds of CPU time and of the clock and the peak of the memory in MB, and the
    lines that it printed.
    """
    start, times, memory = time.monotonic(), {}, 0
    with tempfile.TemporaryFile("w+") as output:
        process = psutil.Popen(
            command,
            cwd=project,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        while process.poll() is None:
            resident = 0
            for running in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.Error), running.oneshot():
                    times[running.pid] = sum(running.cpu_times()[:2])
                    resident += running.memory_info().rss
            memory = max(memory, resident)
            time.sleep(0.05)
        wall = time.monotonic() - start
        output.seek(0)
        lines = output.read().splitlines()
    if process.returncode:
        sys.exit("\n".join(lines))
    used = {"cpu": sum(times.values()), "wall": wall, "memory": memory / 2**20}
    return used, lines


def copy_project(folder, size):
    """Put a project of so many pages into a folder; return the pages.

    A small gallery has pages from all along the whole one, a large one has copies too.
    """
    copy_sources(folder)
    skip_notebook(folder)
    count = min(size, len(SCRIPTS))
    kept = [SCRIPTS[number * len(SCRIPTS) // count] for number in range(count)]
    for page in set(SCRIPTS) - set(kept):
        (folder / page.relative_to(ROOT)).unlink()
    pages = []
    for number, page in zip(range(size), itertools.cycle(kept)):
        copy = folder / page.relative_to(ROOT)
        if number >= len(kept):
            copy = copy.with_stem(f"{page.stem}_{number}")
            shutil.copy(page, copy)
        pages.append(copy)
    return pages


def bench(size, folder):
    """Return the row of the table for a gallery of so many pages."""
    project = folder / "project"
    pages = copy_project(project, size)
    row = {"pages": size, "bare": measure(BARE, project, *pages)}
    for jobs in (2, 1):  # 1 last: the rebuilds below are of it
        for built in ("_build", "auto_examples"):
            shutil.rmtree(project / "docs" / built, ignore_errors=True)
        row[f"jobs={jobs}"] = measure(GALLERY, project, jobs)
    rebuilds = [measure(GALLERY, project, 1) for _ in range(3)]
    row["no change"] = min(rebuilds, key=lambda used: used["wall"])
    pages[0].write_text(pages[0].read_text() + "\n# edited\n")
    row["one edited"] = measure(GALLERY, project, 1)
    return row


def report(rows):
    """Print the table; return what the budgets are about."""
    print(
        "Seconds of CPU time, their ratio to the bare scripts, and the clock's seconds"
    )
    print("pages  bare  jobs  gallery ratio    build ratio   clock  memory", end="")
    print("  no change  one edited")
    for row in rows:
        bare = row["bare"]["cpu"]
        for jobs in (1, 2):
            used = row[f"jobs={jobs}"]
            stage = "           -"  # with two jobs, the pages run in other processes
            if jobs == 1:
                stage = f"{used['stage']:6.1f} {used['stage'] / bare:5.2f}"
            print(f"{row['pages']:5} {bare:5.1f} {jobs:5} {stage:>14}", end="")
            print(f" {used['cpu']:8.1f} {used['cpu'] / bare:5.2f}", end="")
            print(f" {used['wall']:7.1f} {used['memory']:4.0f} MB", end="")
            print(
                f" {row['no change']['wall']:10.1f} {row['one edited']['wall']:11.1f}"
            )
    first, last = rows[0], rows[-1]
    return {
        "gallery stage, CPU time of the bare scripts": last["jobs=1"]["stage"]
        / last["bare"]["cpu"],
        "no-change rebuild, seconds": last["no change"]["wall"],
        "peak memory of the stage, of that of the smallest gallery": last["jobs=1"][
            "stage memory"
        ]
        / first["jobs=1"]["stage memory"],
    }


# -- What the tests cost, from nothing

# As make runs it: the tests look at what TensorFlow writes.
PYTEST = ["env", "-u", "TF_CPP_MIN_LOG_LEVEL", sys.executable, "-m", "pytest", "-q"]
PROVE = [sys.executable, "tests/proof/prove.py"]
FIXED = {  # what does not grow with the gallery
    "harness, formula": [*PYTEST, "tests/proof", "--ignore=tests/proof/test_proof.py"],
    "build": [*PYTEST, "tests/build"],
}
BY_PAGE = {  # what does
    "make html": ["make", "html"],
    "proof": [*PYTEST, "tests/proof/test_proof.py"],
    "site": [*PYTEST, "tests/site"],
    "browser": [*PYTEST, "tests/browser"],
}


def costs(project):
    """Print what the parts of make test cost in a copy of the project, in seconds of CPU
    time, and make faults on every tenth page, and the proof of one edited page."""
    copy_sources(project)
    for command in ("init -q", "add .", "commit -qm pages"):
        git(project, *command.split())  # the site names its source
    pages = [project / page.relative_to(ROOT) for page in SCRIPTS]
    bare = measure(BARE, project, *pages)["cpu"]
    print(f"\n{len(pages)} pages as bare scripts: {bare:.0f} s of CPU time")

    def show(name, command, count=None):
        used, _ = watch(command, project)
        cpu, wall = used["cpu"], used["wall"]
        each = (
            f"{cpu / (count or len(pages)):5.1f} a page"
            if name not in FIXED
            else " " * 12
        )
        print(f"{name:20} {cpu:6.0f} {each} {wall:6.0f} by the clock", flush=True)
        return cpu

    by_page = sum(show(*row) for row in BY_PAGE.items())
    fixed = sum(show(*row) for row in FIXED.items())
    print(f"make test: {fixed:.0f} fixed, {by_page / len(pages):.1f} a page")
    shutil.rmtree(project / "docs/_build/proof")
    some = [f"{page.parent.name}/{page.stem}" for page in pages[::10]]
    show("faults, on a tenth", [*PROVE, "--all", *some], len(some))
    pages[3].write_text(pages[3].read_text() + "\n# edited\n")
    show("one edited page", [*PROVE, f"{pages[3].parent.name}/{pages[3].stem}"], 1)


if __name__ == "__main__":
    rows = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(bench(size, Path(folder)))
    found = report(rows)
    with tempfile.TemporaryDirectory() as folder:
        costs(Path(folder, "project"))
    if any(row["no change"]["tensorflow"] for row in rows):
        sys.exit("A rebuild without a change imports TensorFlow")
    for name, limit in BUDGETS.items():
        print(f"{name}: {found[name]:.2f}, at most {limit}")
    sys.exit(any(found[name] > limit for name, limit in BUDGETS.items()))
