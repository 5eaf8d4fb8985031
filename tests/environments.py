"""Environments other than ours: locks, virtual environments, and scripts run in them."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from project import ROOT, run

from gallery.one_file import FILE

INSTALL = ("python", "-m", "pip", "install", "--quiet")


def locked(name):
    """The versions of a lock, as {package: version}."""
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.M))


def new_environment(folder, install):
    """Make a virtual environment and run in it the command that installs packages;
    return its Python."""
    run(sys.executable, "-m", "venv", folder)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    run(*install, env={**os.environ, "PATH": path})
    return folder / "bin/python"


def bare_environment(folder, *packages):
    """Make a virtual environment in which there are only these packages of ours; return
    its Python. Nothing is downloaded."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    (there,) = folder.glob("lib/python*/site-packages")
    for package in packages:
        distribution = importlib.metadata.distribution(package)
        for part in {file.parts[0] for file in distribution.files} - {".."}:
            (there / part).symlink_to(distribution.locate_file(part))
    return folder / "bin/python"


def clean_environment(folder):
    """The variables of an environment without settings of this machine, whose pages draw
    to nowhere."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    names = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    return {**kept, **dict.fromkeys(names, str(folder)), "MPLBACKEND": "agg"}


def run_notebooks(files, folder):
    """Run notebooks in an empty folder, with what Binder has beside them; assert that
    they end well and leave nothing there."""
    shutil.copy(FILE, folder)  # nothing is downloaded
    peaks, said = run_alone(sys.executable, 2, files, folder)
    assert set(peaks) == {file.stem for file in files}
    assert "Traceback" not in said
    assert "retracing" not in said
    left = {file.name for file in folder.iterdir() if not file.name.startswith(".")}
    assert left <= {FILE.name, "__pycache__"}


def run_alone(python, jobs, files, folder):
    """Run scripts or notebooks in a folder, each in a process of its own, so many at a
    time; return the peak of the memory of each in kB, by its stem, and what they say."""
    done = subprocess.run(
        [python, "-P", ROOT / "tests/alone.py", str(jobs), *files],
        cwd=folder,
        env=clean_environment(folder) | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.rsplit(" ", 1) for line in done.stdout.splitlines()]
    return {Path(file).stem: int(peak) for file, peak in lines}, done.stderr
