"""Defects of Keras: which show on which release, as a table, and a section for each with
its script.
"""

import re

from gallery import stages
from gallery.defects import (
    BACKENDS,
    RIGHT,
    SHOWS,
    find_scripts,
    read_defect,
    read_outcomes,
)
from gallery.includes import heading, plain, table, write
from gallery.short_scripts import include_script
from gallery.versions import by_release, short

NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
ALL, NONE, ERROR = "all", "none", "another error"  # in the place of backends
ISSUE = re.compile(r"(keras|tensorflow)#(\d+)")
OWNERS = {"keras": "keras-team", "tensorflow": "tensorflow"}


def where(script, release, outcomes):
    """Return the backends on which a script fails on a release, in words; where it does
    on none, whether it passes on any."""
    came = {name: outcomes[script, name][release] for name in BACKENDS}
    found = [name for name in BACKENDS if came[name] == SHOWS]
    if len(found) == len(BACKENDS):
        return ALL
    if not found:
        return NONE if RIGHT in came.values() else ERROR
    return ", ".join(NAMES[name] for name in found)


def linked(text):
    """Return a paragraph as reStructuredText, in which each issue is a link."""
    return ISSUE.sub(
        lambda found: (
            f"`{found[0]} <https://github.com/{OWNERS[found[1]]}/{found[1]}/issues/"
            f"{found[2]}>`__"
        ),
        plain(text),
    )


def told(cells):
    """Return on which releases a script fails, {release: backends}, as a sentence."""
    if len({*cells.values()}) == 1:
        (backends,) = {*cells.values()}
        on = "all backends" if backends == ALL else backends
        return f"each of these releases, on {on}"
    shown = [f"{r} ({cell})" for r, cell in cells.items() if cell not in (NONE, ERROR)]
    return ", ".join(shown)


def section(script, label, cells):
    """Return what a script says, its code, and where it shows, as reStructuredText."""
    defect = read_defect(script)
    return (
        f".. _{label}:\n\n{heading(defect.title)}{linked(defect.text)}\n\n"
        f"{include_script(script)}\n"
        f":download:`{script.name} </defects/{script.name}>` fails on {told(cells)}.\n"
    )


def write_defects(app):
    outcomes = read_outcomes()
    releases = sorted(next(iter(outcomes.values())), key=by_release)
    rows, sections = [], []
    for script in find_scripts():
        cells = {short(r): where(script.stem, r, outcomes) for r in releases}
        label = f"defect-{script.stem.replace('_', '-')}"
        rows.append((f":ref:`{script.stem} <{label}>`", *cells.values()))
        sections.append(section(script, label, cells))
    header = ("Script", *map(short, releases))
    write("defects.inc", "\n".join([table(header, rows), *sections]))


def setup(app):
    app.connect("builder-inited", write_defects, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
