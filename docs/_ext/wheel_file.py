"""The library as a wheel, which pip installs: built with the site, offered on it."""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from includes import write
from package import NAME, PACKAGE
from paths import DOCS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FILE = DOCS / "_build" / f"{NAME}-{PROJECT['version']}-py3-none-any.whl"
PARTS = ("pyproject.toml", "LICENSE", "README.md")
BUILD = "from setuptools import build_meta; build_meta.build_wheel('.')"
EPOCH = {"SOURCE_DATE_EPOCH": "315532800"}  # 1980, the first year of a zip file


def is_new():
    """Whether the wheel is newer than all that it is made of."""
    sources = [*PACKAGE.rglob("*.py"), *(ROOT / part for part in PARTS)]
    newest = max(source.stat().st_mtime for source in sources)
    return FILE.exists() and FILE.stat().st_mtime > newest


def build():
    """Build the wheel, in a copy, as setuptools leaves folders behind."""
    with tempfile.TemporaryDirectory() as folder:
        for part in PARTS:
            shutil.copy(ROOT / part, folder)
        ignored = shutil.ignore_patterns("__pycache__", "ruff.toml")
        shutil.copytree(PACKAGE, Path(folder) / NAME, ignore=ignored)
        made = subprocess.run(
            [sys.executable, "-c", BUILD],
            cwd=folder,
            env={**os.environ, **EPOCH},
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise RuntimeError(f"The wheel cannot be built:\n{made.stderr}")
        shutil.copy(Path(folder) / FILE.name, FILE)


def write_wheel(app):
    if not is_new():
        build()
    name = f"{NAME} {PROJECT['version']}"
    write("wheel.inc", f":download:`{name} as a wheel </_build/{FILE.name}>`\n")


def put_wheel_beside(app, exception):
    if not exception:
        shutil.copy(FILE, app.outdir)


def setup(app):
    app.connect("builder-inited", write_wheel, priority=900)
    app.connect("build-finished", put_wheel_beside)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
