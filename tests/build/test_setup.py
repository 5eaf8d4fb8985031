"""Set-up: what make says where it cannot work, and that the locks agree."""

import os
import re
import shutil
import sys

import pytest
from environments import locked
from project import ROOT, make


@pytest.fixture
def project(tmp_path):
    """The repository's Makefile in a folder where nothing is set up yet."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    return tmp_path


def test_as_many_pages_run_side_by_side_as_the_machine_can(project):
    """Unless one says how many."""
    shown = [make(project, "-n", "html", *told).stdout for told in ((), ("JOBS=3",))]
    jobs = [re.search(r"sphinx-build .* -j (\d+) ", text)[1] for text in shown]
    assert 1 <= int(jobs[0]) <= os.cpu_count() and jobs[1] == "3"


def refusal(project, python):
    """Run make html with a Python that will not do; return the one line it says."""
    run = make(project, "html", f"PYTHON={python}")
    assert run.returncode != 0
    assert not (project / ".venv").exists()
    (line,) = [line for line in run.stdout.splitlines() if "make: ***" not in line]
    return line


def pretend(project, *changes):
    """An interpreter that was changed to look like another by some statements."""
    wrapper = project / "pretend"
    statements = "\n".join(["import platform, sys", *changes, "exec(sys.argv[2])"])
    wrapper.write_text(f"#!{sys.executable}\n{statements}\n")
    wrapper.chmod(0o755)
    return "./pretend"


@pytest.mark.parametrize("version", [(3, 10), (3, 14), (2, 7)])
def test_a_python_too_old_or_too_new(project, version):
    python = pretend(project, f"sys.version_info = {version}")
    assert refusal(project, python) == (
        f"Python 3.11, 3.12 or 3.13 is needed, and ./pretend is {version[0]}."
        f"{version[1]}. Choose another with PYTHON=, as in: make html PYTHON=python3.13"
    )


@pytest.mark.parametrize(
    "system, machine", [("darwin", "x86_64"), ("win32", "AMD64"), ("linux", "armv7l")]
)
def test_an_unsupported_platform(project, system, machine):
    python = pretend(
        project,
        f"sys.platform = {system!r}",
        f"platform.machine = lambda: {machine!r}",
    )
    assert refusal(project, python).startswith(
        f"Unsupported platform: {system} {machine}. TensorFlow has builds for"
    )


def test_a_missing_venv_module(project):
    python = pretend(project, "sys.modules['venv'] = None")
    line = refusal(project, python)
    assert line.startswith("./pretend has no venv module. On Debian")
    assert re.search(r"apt-get install python3\.\d+-venv$", line)


def test_a_python_that_is_not_there(project):
    line = refusal(project, "no-such-python")
    assert line.startswith("no-such-python does not run. Choose a Python with PYTHON=")


def script(path, *lines):
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


@pytest.mark.parametrize("works", [True, False])
def test_pip_installs_where_uv_cannot(project, works):
    """Behind an index that only pip is told of, say."""
    commands, done = project / ".venv/bin", project / "done"
    commands.mkdir(parents=True)
    (project / f".venv/python-{sys.version_info[0]}.{sys.version_info[1]}").touch()
    script(commands / "python", f'echo "$*" | cut -d " " -f 2- >> {done}')
    script(commands / "uv", f"echo uv >> {done}", f"exit {0 if works else 1}")
    (project / "requirements.txt").write_text(
        "a==1 \\\n  --hash=1\nuv==2 \\\n  --hash=2\nx==3\n"
    )
    run = make(project, ".venv/bin/site-installed", f"PYTHON={sys.executable}")
    assert run.returncode == 0, run.stdout
    assert (project / ".venv/uv.txt").read_text() == "uv==2 \\\n  --hash=2\n"
    of_uv, with_uv, *rest = done.read_text().splitlines()
    assert of_uv.startswith("pip install") and of_uv.endswith("-r .venv/uv.txt")
    assert with_uv == "uv"
    assert [line.split()[-1] for line in rest] == (
        ["."] if works else ["requirements.txt", "."]
    )


def test_locks_agree():
    site = locked("requirements.txt")
    assert len(site) > 50
    for name in ("tests/requirements.txt", "binder/requirements.txt"):
        other = locked(name)
        assert other
        for package in set(site) & set(other):
            assert other[package] == site[package], (name, package)
    assert set(locked("binder/requirements.txt")) <= set(site)


def test_binder_has_what_pages_import():
    needed = {"keras", "matplotlib", "numpy", "scikit-learn", "tensorflow-cpu"}
    assert needed <= set(locked("binder/requirements.txt"))
    assert (ROOT / "binder/runtime.txt").read_text() == "python-3.11\n"


@pytest.mark.parametrize("name", ["requirements.txt", "tests/requirements.txt"])
def test_lock_is_complete(name):
    """One version of each package, all with hashes, from no particular index."""
    text = (ROOT / name).read_text()
    packages = re.findall(r"^([\w.-]+)==", text, re.M)
    assert len(packages) == len(set(packages))
    assert text.count("--hash=sha256:") >= len(packages)
    assert "://" not in text and "index" not in text
    chosen = (ROOT / name).with_suffix(".in").read_text()
    chosen = re.findall(r"^(\w[\w-]*)", chosen, re.M)
    assert {package.lower().replace("_", "-") for package in chosen} <= set(packages)


OTHERWISE = {  # commands that the workflow does not run, and what does
    "check": "tests/test_checking.py, in parts",
    "live": "tests/browser/test_live.py",
    "font": "nobody: it is cut once, from a file that is not here",
    "lock": "make upgrade",
    "clean": "nobody: a runner begins with nothing",
    "help": "whoever reads",
}


def test_each_command_is_run_by_the_workflow():
    """What nothing runs rots."""
    commands = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M)
    workflow = (ROOT / ".github/workflows/docs.yml").read_text()
    run = set(re.findall(r"\bmake ([a-z-]+)", re.sub(r"#.*", "", workflow)))
    assert run <= set(commands)
    assert set(commands) - run == OTHERWISE.keys()
