"""Run scripts and notebooks, each in a process of its own: ``python alone.py N FILE...``

N run at a time. They are forked from this process, where Keras is imported already: that
would take longer than most of them. Prints for each its file and the peak of its memory
in kB; stops at the first that fails, and exits with 1.
"""

import os
import runpy
import sys

import keras  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import nbformat
from IPython.core.interactiveshell import InteractiveShell

running = {}  # by process, the file


def run(path):
    """Run a file; return whether it came to its end. A script raises what it raises."""
    if not path.endswith(".ipynb"):
        runpy.run_path(path)
        return True
    shell = InteractiveShell.instance()  # a kernel runs its cells in one of these
    cells = nbformat.read(path, nbformat.NO_CONVERT).cells
    codes = [cell.source for cell in cells if cell.cell_type == "code"]
    return all(shell.run_cell(code).success for code in codes)


def wait():
    process, status, usage = os.wait4(-1, 0)
    path = running.pop(process)
    if status:
        sys.exit(f"{path} fails")
    print(path, usage.ru_maxrss, flush=True)


if __name__ == "__main__":
    jobs, paths = int(sys.argv[1]), sys.argv[2:]
    for path in paths:
        if len(running) == jobs:
            wait()
        process = os.fork()
        if process:
            running[process] = path
        else:
            os.dup2(sys.stderr.fileno(), 1)  # what a page prints is not our answer
            sys.exit(not run(path))
    while running:
        wait()
