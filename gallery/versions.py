"""What changes for the pages and the library with other releases of Keras than the one
that they were written for: the ledger, docs/versions.toml, and the lines of releases.
"""

import datetime
import functools
import re
import tomllib
from importlib import metadata
from typing import NamedTuple

from gallery.paths import DOCS

LEDGER = DOCS / "versions.toml"
SCRIPTS = DOCS / "versions"  # each prints a number, or what else a change is seen by
KINDS = (
    "answer changed",
    "no such API",
    "defect mended",
    "defect made",
    "ours to mend",
)
WIDTH = 60  # of the text of what fails
MARK = re.compile(r"not in \d+\.\d+\.\d+\.dev(?=,[\w\s]+:\*\*(?!\s+On\s+PyTorch))")
CURRENT = metadata.version("keras")  # what the pages are written for


class Run(NamedTuple):
    """A release of Keras, and the day on which it was tried."""

    version: str
    date: datetime.date


class Row(NamedTuple):
    """What fails of a page, or of a name of the library, with a line of releases. how: as
    told_as says it."""

    name: str
    line: str
    how: str


class Change(NamedTuple):
    """A change of Keras. kind: one of KINDS; who: whom it concerns; do: what they can do;
    upstream: the number of Keras' pull request, or "unknown"; since: the first release, or
    nightly, that has it; script: of SCRIPTS, one that shows it. What is not known is
    None."""

    title: str
    kind: str
    what: str
    upstream: int | str
    rows: list[Row]
    who: str | None = None
    do: str | None = None
    since: str | None = None
    script: str | None = None


class Ledger(NamedTuple):
    """green: the last Run of each line of releases that was as the ledger tells; printed:
    what each script prints with each line, or the kind of error that ends it."""

    green: dict[str, Run]
    printed: dict[str, dict[str, str]]
    changes: list[Change]

    def prints(self, line):
        """Return {name of a script: what it prints} of a line of releases."""
        return {
            f"{SCRIPTS.name}/{script}": of_lines.get(line)
            for script, of_lines in self.printed.items()
        }

    def rows(self, line):
        """Return {name: Row} of a line of releases."""
        rows = [row for change in self.changes for row in change.rows]
        return {row.name: row for row in rows if row.line == line}


class LedgerError(Exception):
    """The ledger is not of the form that it must have."""


def by_release(release):
    """Return what puts releases in order: "3.9.0" comes before "3.10.0"."""
    return [int(number) for number in re.findall(r"\d+", release)]


def release_of(version):
    """The release that a version, or a nightly, is of: "3.14"."""
    major, minor, *_ = version.split(".")
    return f"{major}.{minor}"


def line_of(version):
    """The line of releases that a version belongs to: "3.14", "3.16 nightly"."""
    return release_of(version) + (" nightly" if ".dev" in version else "")


def day_of(version):
    """The day of a nightly; None of any other version."""
    found = re.search(r"\.dev(\d{8})", version)
    return found and datetime.datetime.strptime(found[1], "%Y%m%d").date()


def short(version):
    """A version's name for a table, and of a nightly its day."""
    day = day_of(version)
    return f"nightly of {day}" if day else version


def read_ledger(text=None):
    """Return the Ledger of this text, or of LEDGER. Raises LedgerError."""
    try:
        told = tomllib.loads(LEDGER.read_text() if text is None else text)
    except tomllib.TOMLDecodeError as error:
        raise LedgerError(f"It is no TOML: {error}")
    check("The ledger", told, {"green": dict, "printed": dict, "change": list})
    green = {
        line: read_run(f"green, {line}", run) for line, run in told["green"].items()
    }
    printed = told["printed"]
    for script, of_lines in printed.items():
        check(f"printed, {script}", of_lines, dict.fromkeys(of_lines, str))
    changes = [read_change(n, change) for n, change in enumerate(told["change"], 1)]
    if other := {c.script for c in changes if c.script} ^ printed.keys():
        both = "printed and the changes name other scripts"
        raise LedgerError(f"{both}: {', '.join(sorted(other))}")
    seen = set()
    for row in (row for change in changes for row in change.rows):
        if (row.name, row.line) in seen:
            raise LedgerError(f"{row.name} has two rows of {row.line}")
        seen.add((row.name, row.line))
    return Ledger(green, printed, changes)


def check(where, told, types, optional=()):
    """Raise LedgerError where a table lacks a key, has another one, or another type."""
    if not isinstance(told, dict):
        raise LedgerError(f"{where}: a table is expected, not {told!r}")
    if lacking := types.keys() - told.keys() - {*optional}:
        raise LedgerError(f"{where} lacks {', '.join(sorted(lacking))}")
    for key, value in told.items():
        if key not in types:
            raise LedgerError(f"{where} has {key}, which is none of {', '.join(types)}")
        if not isinstance(value, types[key]) or value == "":
            raise LedgerError(f"{where}: {key} cannot be {value!r}")


def read_run(where, told):
    check(where, told, {"version": str, "date": datetime.date})
    return Run(**told)


def read_change(number, told):
    where = f"Change {number}"
    texts = dict.fromkeys(("title", "kind", "what"), str)
    optional = dict.fromkeys(("who", "do", "since", "script"), str)
    types = texts | optional | {"upstream": int | str, "fails": dict}
    check(where, told, types, optional)
    where += f' ("{told["title"]}")'
    if told["kind"] not in KINDS:
        raise LedgerError(f"{where}: its kind is none of {', '.join(KINDS)}")
    if told["kind"] not in ("no such API", "ours to mend"):  # readers are told of it
        check(where, told, types, {"script"})
    if isinstance(told["upstream"], str) and told["upstream"] != "unknown":
        raise LedgerError(f'{where}: upstream is a number, or "unknown"')
    rows = []
    for line, of_names in told.pop("fails").items():
        if not re.fullmatch(r"\d+\.\d+( nightly)?", line):
            raise LedgerError(f'{where}: a line is such as "3.14" or "3.16 nightly"')
        check(f"{where}, {line}", of_names, dict.fromkeys(of_names, str))
        rows += [Row(name, line, how) for name, how in of_names.items()]
    if not rows:
        raise LedgerError(f"{where}: nothing fails by it")
    lines = ("what", "who", "do")  # these may have several
    joined = {key: " ".join(told[key].split()) for key in lines if key in told}
    return Change(**told | joined, rows=rows)


# -- What the site tells of it


@functools.cache
def ledger():
    """The Ledger of the project, read once."""
    return read_ledger()


def label_of(change):
    """What the site links a change by."""
    return "change-" + "-".join(re.findall(r"[a-z0-9]+", change.title.lower()))


def next_changes(page):
    """Return the changes of the next release that a page, "section/stem", notices."""
    return [
        change
        for change in ledger().changes
        if any(r.name == page and r.line.endswith("nightly") for r in change.rows)
    ]


def mended_on(page):
    """The day since which what a page warns of is mended in nightlies; None where it is
    not, or the day is not known."""
    mended = [c for c in next_changes(page) if c.kind == "defect mended"]
    days = [day_of(change.since) for change in mended if change.since]
    return days[0] if days else None


def dated(text, page):
    """A text of a page in which warnings of what is "not in 3.16.0.dev" have the day since
    which it is mended. What is so on PyTorch alone, the ledger's runs don't see."""
    if day := mended_on(page):
        mark = f"mended in the development version of {day}"
        return MARK.sub(mark, text)
    return text
