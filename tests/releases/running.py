"""Names tried with one release of Keras, in a process of its own: trying.py."""

import json
import os
import subprocess
import sys
from pathlib import Path

TRYING = Path(__file__).with_name("trying.py")


class CannotTry(Exception):
    """Keras could not be imported, or not be tried to the end."""


def try_version(version, names=(), folder=None):
    """Try names, or all, with the Keras of a folder, or the installed one; return what was
    found of each and the seconds of the processor that it took. Raises CannotTry."""
    path = os.pathsep.join(
        filter(None, [folder and str(folder), os.getenv("PYTHONPATH")])
    )
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, TRYING, *names],
        env={**os.environ, **one_thread, **quiet, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or not told or "seconds" not in told[-1]:
        raise CannotTry(done.stderr.strip().splitlines()[-1])
    if told[0]["keras"] != version:
        raise CannotTry(
            f"Keras {told[0]['keras']} was imported in the place of {version}"
        )
    return told[1:-1], told[-1]["seconds"]
