"""What Keras is asked by a process of its own, as TensorFlow writes to the terminal; and
kept, so that a build that runs no page need not wait for TensorFlow."""

import json
import subprocess
import sys

from gallery.paths import ROOT


def ask(*command):
    """Run Python so; return the JSON in the last line that it prints.

    Raises RuntimeError, with what it wrote, where it fails.
    """
    asked = subprocess.run(
        [sys.executable, *map(str, command)], cwd=ROOT, capture_output=True, text=True
    )
    if asked.returncode:
        raise RuntimeError(f"Keras cannot be asked:\n{asked.stderr}")
    return json.loads(asked.stdout.splitlines()[-1])


def ask_once(file, made_by, *command):
    """Return what is kept in a file, or ask and keep it where it was made by something
    else."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    if kept.get("made_by") != made_by:
        kept = {"made_by": made_by, "facts": ask(*command)}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(kept, indent=1))
    return kept["facts"]
