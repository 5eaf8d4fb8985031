"""Mistakes in a page's own NumPy lines: does the page go red?

Mutated, as in mutation.py, are the page's lines under "Compute it". (The functions of
the library that it imports are proved in tests/library.) The state of a mutant is

- *caught*: a check failed, or the page stopped with an error;
- *unnoticed*: the page passed, though what the mutated lines return, or what a check was
  given, had changed beyond rounding;
- *no effect*: the page passed, and nothing had changed: it computes the same on this page.

Keras computes once for all mutants of a page (replaying.py).
"""

import mutation
from replaying import compiled, find_core


def measure(replay):
    """Return what became of a page's mutants, and the lines of the checks that they made
    fail: [[before, after, state], ...], {line, ...}."""
    found, fired = [], set()
    for statement in find_core(replay.page):
        for change, mutated in mutation.mutate(statement, replay.held):
            code = compiled(replay.page, statement, mutated=mutated)
            state, lines = replay.outcome({statement: code}, fired)
            found.append([*change, state])
            fired |= set(lines)
    return found, fired
