"""The library as a wheel, which pip installs."""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from gallery.package import NAME, PACKAGE
from gallery.paths import DOCS, ROOT

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


def build(target):
    """Build the wheel into a folder; return its path."""
    with tempfile.TemporaryDirectory() as folder:  # as setuptools leaves folders behind
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
        return Path(shutil.copy(Path(folder) / FILE.name, target))
