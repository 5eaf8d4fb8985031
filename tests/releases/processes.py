"""Names tried in processes of their own, forked from this one: one that dies or hangs is
told as such, and harms no other."""

import contextlib
import gc
import json
import os
import signal
import sys
import tempfile

from releases.statements import shortened, tell

JOBS = 2
PATIENCE = 300  # seconds, after which what runs is taken to hang

running = {}  # by process: its names, its record, and what it prints


def try_and_exit(names, try_name, record, patience):
    """Try names one after the other in this process, which then ends."""

    def write(kind, what):
        os.write(record.fileno(), f"{json.dumps([kind, what])}\n".encode())

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    code = 1
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            for name in names:
                signal.alarm(patience)  # it ends this process, whatever that is doing
                write("name", name)
                try_name(
                    name,
                    lambda text: write("at", shortened(text)),
                    lambda text, error: write("failure", tell(text, error)),
                )
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def start(names, try_name, patience):
    record, printed = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    sys.stdout.flush()
    process = os.fork()
    if not process:
        os.dup2(printed.fileno(), 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try_and_exit(names, try_name, record, patience)
    running[process] = names, record, printed


def wait():
    """Wait until a process ends; return what it found of each of its names, and the names
    that it has left, as it died before."""
    process, status = os.wait()
    names, record, printed = running.pop(process)
    texts = []
    for file in (record, printed):
        with file:
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    found, at = [], ""
    for kind, what in map(json.loads, texts[0].splitlines()):
        if kind == "name":
            found.append({"name": what, "failures": [], "printed": texts[1]})
        elif kind == "failure":
            found[-1]["failures"].append(what)
        at = what if kind == "at" else at
    if code := os.waitstatus_to_exitcode(status):
        kind = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        says = "it took too long" if kind == "SIGALRM" else ""
        died = {"fails": at, "error": kind, "says": says, "died": True}
        found[-1]["failures"].append(died)
    return found, names[len(found) :]


def try_all(groups, try_name, patience=PATIENCE):
    """Yield what was found of each name, as it comes.

    groups: the names for each process; try_name: a function of a name, and of at and fails
    as in run_statements.
    """
    gc.freeze()  # or each process walks through all of TensorFlow again and again
    groups = list(groups)
    while groups or running:
        if groups and len(running) < JOBS:
            start(groups.pop(0), try_name, patience)
            continue
        found, left = wait()
        groups[:0] = [left] if left else []
        yield from found
