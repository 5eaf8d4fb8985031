"""Run scripts and notebooks, each in a process of its own:
``python alone.py N FILE...``

N run at a time. They are forked from this process, where Keras is imported already:
that would take longer than most of them. Prints for each that passes its file and the
peak of its memory, as the system counts it (Linux in kB), and to stderr what it printed;
of each that fails, how its output ended. Exits with 1 in the end if any failed.
"""

import atexit
import contextlib
import gc
import io
import os
import runpy
import sys
import tempfile
import traceback

import keras  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import nbformat
from IPython.core.interactiveshell import InteractiveShell

running = {}  # by process, the file and its output


def run(path):
    """Run a file; return whether it came to its end. A script raises what it raises."""
    if not path.endswith(".ipynb"):
        runpy.run_path(path)
        return True
    sys.path.insert(0, "")  # as a kernel has it, which runs its cells in one of these:
    shell = InteractiveShell.instance()
    cells = nbformat.read(path, nbformat.NO_CONVERT).cells
    return all(run_cell(shell, cell) for cell in cells if cell.cell_type == "code")


def run_cell(shell, cell):
    """Run a cell; return whether a reader goes on to the next one. The check of an exercise
    that nobody has answered is red, and says nothing of interest."""
    if "raises-exception" not in cell.metadata.get("tags", ()):
        return shell.run_cell(cell.source).success
    with contextlib.redirect_stdout(io.StringIO()):
        shell.run_cell(cell.source)
    return True


def run_and_exit(path):
    """Run a file and end this process, as Python does, but without taking down one by one
    what all modules hold: that would take longer than many a page."""
    code = 1
    try:
        code = int(not run(path))
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def start(path):
    """Run a file in a new process, whose output goes to a file."""
    output = tempfile.TemporaryFile("w+", errors="replace")
    if sys.platform == "darwin":  # its libraries do not survive a fork
        command = [sys.executable, "-P", __file__, path]
        streams = [(os.POSIX_SPAWN_DUP2, output.fileno(), stream) for stream in (1, 2)]
        process = os.posix_spawn(command[0], command, os.environ, file_actions=streams)
    elif not (process := os.fork()):
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        run_and_exit(path)
    running[process] = path, output


def wait():
    """Wait until a process ends; return whether its file came to its end."""
    process, status, usage = os.wait4(-1, 0)
    path, output = running.pop(process)
    with output:
        output.seek(0)
        lines = output.read().splitlines()
    if status == 0:
        print(path, usage.ru_maxrss, flush=True)
        print(*lines, sep="\n", file=sys.stderr)
        return True
    code = os.waitstatus_to_exitcode(status)  # below zero, it is that of a signal
    print(
        f"{path} fails ({code}):", *lines[-12:], sep="\n  ", file=sys.stderr, flush=True
    )
    return False


if __name__ == "__main__":
    if len(sys.argv) == 2:
        sys.exit(not run(sys.argv[1]))
    jobs, paths, passed = int(sys.argv[1]), sys.argv[2:], True
    gc.freeze()  # or each process walks through all of TensorFlow again and again
    for path in paths:
        if len(running) == jobs:
            passed &= wait()
        start(path)
    while running:
        passed &= wait()
    sys.exit(not passed)
