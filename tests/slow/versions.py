"""The pages and the library with other releases of Keras:
``python versions.py VERSION...``, of which each may be "nightly", the newest one.

Keras alone is exchanged, put first on the path. What fails must be told by the ledger,
docs/versions.toml, and nothing else may: see gallery/versions.py. Exits with 1 where that
is not so.
"""

import datetime
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:1] = [str(ROOT), str(ROOT / "tests")]
from releases.judging import judge  # noqa: E402

from gallery.linker import write_pages  # noqa: E402
from gallery.versions import LedgerError, day_of, line_of, read_ledger  # noqa: E402

TRYING = ROOT / "tests/releases/trying.py"
OLDEST = 14  # days that the newest nightly may be old


class CannotTry(Exception):
    """Keras could not be installed or imported, or not be tried to the end."""


def run(command, **environment):
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise CannotTry((done.stderr.strip().splitlines() or ["it says nothing"])[-1])
    return done.stdout


def install(word, folder):
    """Install Keras alone, without what it needs, into a folder. It takes a second;
    TensorFlow and NumPy stay those of this environment."""
    package = "keras-nightly" if word == "nightly" else f"keras=={word}"
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run([*pip, "--pre", "--no-deps", "--no-compile", "--target", folder, package])


def try_version(folder):
    """Try all with the Keras of a folder; return its version, and what was found of each
    page and name."""
    path = os.pathsep.join(filter(None, [folder, os.getenv("PYTHONPATH")]))
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg"}
    said = run([TRYING], **one_thread, **quiet, PYTHONPATH=path)
    first, *found = [json.loads(line) for line in said.splitlines()]
    if folder not in first["from"]:
        raise CannotTry(f"Keras was imported from {first['from']}")
    return first["keras"], found


def report(word, ledger):
    """Try a version; return the report on it, as Markdown, and whether it is red."""
    with tempfile.TemporaryDirectory() as folder:
        install(word, folder)
        version, found = try_version(folder)
    line = line_of(version)
    judged = judge(found, ledger.rows(line), ledger.prints(line))
    red = [f"`{name}` {why}" for name, why in sorted(judged.items())]
    today = datetime.date.today()
    day = day_of(version)
    if day and (today - day).days > OLDEST:
        red.append(f"The newest nightly is of {day}: none came for {OLDEST} days")
    text = f"## Keras {version}: {'red' if red else 'as the ledger tells'}\n\n"
    told = len(ledger.rows(line))
    text += (
        f"{len(found)} pages and names were tried; the ledger has {told} that fail\n"
    )
    text += "".join(f"\n- {why}" for why in red)
    return f"{text}\n", bool(red)


def main(words):
    if sys.platform == "darwin":
        sys.exit("Linux is needed: TensorFlow does not survive a fork on macOS")
    try:
        ledger = read_ledger()
    except LedgerError as error:
        sys.exit(f"docs/versions.toml: {error}")
    write_pages()
    any_red = False
    for word in words:
        try:
            text, red = report(word, ledger)
        except CannotTry as error:
            text, red = f"## Keras {word}: red\n\nIt cannot be tried: {error}\n", True
        print(text, flush=True)
        any_red |= red
        if summary := os.getenv("GITHUB_STEP_SUMMARY"):
            with open(summary, "a") as file:
                file.write(f"{text}\n")
    sys.exit(any_red)


if __name__ == "__main__":
    main(sys.argv[1:])
