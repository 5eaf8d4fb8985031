"""The library as pip installs it: a wheel, and the sources that it is built from."""

import os
import subprocess
import sys
from pathlib import Path

from gallery.package import NAME, read_version
from gallery.paths import DOCS, ROOT

FILE = DOCS / "_build" / f"{NAME}-{read_version()}-py3-none-any.whl"


def build(target, sources=ROOT):
    """Build both into a folder; return the paths of the wheel and of the sources.

    The same files give the same bytes, whatever the commit and its date. Raises
    RuntimeError with what the builder says.
    """
    undated = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    made = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", target],
        cwd=sources,
        env=undated,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise RuntimeError(f"The wheel cannot be built:\n{made.stderr}")
    return [next(Path(target).glob(f"{NAME}-*{end}")) for end in (".whl", ".tar.gz")]
