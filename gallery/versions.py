"""What changes for the pages and the library with other releases of Keras than the one
that they were written for: the ledger, docs/versions.toml, and the lines of releases.
"""

import datetime
import re
import tomllib
from typing import NamedTuple

from gallery.paths import DOCS

LEDGER = DOCS / "versions.toml"
KINDS = (
    "answer changed",
    "no such API",
    "defect mended",
    "defect made",
    "ours to mend",
)
WIDTH = 80  # of the text of a line that fails


class Run(NamedTuple):
    """A release of Keras, and the day on which it was tried."""

    version: str
    date: datetime.date

    def __str__(self):
        return f"{self.version}, tried on {self.date}"


class Row(NamedTuple):
    """What fails of a page, or of a name of the library, with a line of releases.

    fails: the first statement that does, or the first case, as much of it as WIDTH holds;
    error: its kind; times: how many statements or cases fail; first: the Run that saw it.
    """

    name: str
    line: str
    fails: str
    error: str
    first: Run
    times: int = 1


class Change(NamedTuple):
    """A change of Keras. kind: one of KINDS; upstream: the number of Keras' pull request,
    or "unknown"; since: the first release that has it, or the first nightly, if known."""

    kind: str
    what: str
    upstream: int | str
    since: str | None
    rows: list[Row]


class Ledger(NamedTuple):
    """green: the last Run of each line of releases that was as the ledger tells."""

    green: dict[str, Run]
    changes: list[Change]

    def rows(self, line):
        """Return {name: Row} of a line of releases."""
        rows = [row for change in self.changes for row in change.rows]
        return {row.name: row for row in rows if row.line == line}

    def change_of(self, row):
        return next(change for change in self.changes if row in change.rows)


class LedgerError(Exception):
    """The ledger is not of the form that it must have."""


def line_of(version):
    """The line of releases that a version belongs to: "3.14", "3.16 nightly"."""
    major, minor, *_ = version.split(".")
    return f"{major}.{minor}{' nightly' if '.dev' in version else ''}"


def read_ledger(text=None):
    """Return the Ledger of this text, or of LEDGER. Raises LedgerError."""
    try:
        told = tomllib.loads(LEDGER.read_text() if text is None else text)
    except tomllib.TOMLDecodeError as error:
        raise LedgerError(f"It is no TOML: {error}")
    check("The ledger", told, {"green": dict, "change": list})
    green = {
        line: read_run(f"green, {line}", run) for line, run in told["green"].items()
    }
    changes = [read_change(n, change) for n, change in enumerate(told["change"], 1)]
    seen = set()
    for row in (row for change in changes for row in change.rows):
        if (row.name, row.line) in seen:
            raise LedgerError(f"{row.name} has two rows of {row.line}")
        seen.add((row.name, row.line))
    return Ledger(green, changes)


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
    types = {"kind": str, "what": str, "upstream": int | str, "row": list, "since": str}
    check(where, told, types, optional=["since"])
    where += f' ("{told["what"][:40]}...")'
    if told["kind"] not in KINDS:
        raise LedgerError(f"{where}: its kind is none of {', '.join(KINDS)}")
    if isinstance(told["upstream"], str) and told["upstream"] != "unknown":
        raise LedgerError(f'{where}: upstream is a number, or "unknown"')
    rows = [read_row(f"{where}, row {n}", row) for n, row in enumerate(told["row"], 1)]
    if not rows:
        raise LedgerError(f"{where} has no row")
    what = " ".join(told["what"].split())  # it may have several lines
    return Change(told["kind"], what, told["upstream"], told.get("since"), rows)


def read_row(where, told):
    types = dict.fromkeys(("name", "line", "fails", "error"), str)
    check(where, told, types | {"first": dict, "times": int}, optional=["times"])
    if not re.fullmatch(r"\d+\.\d+( nightly)?", told["line"]):
        raise LedgerError(f'{where}: line is such as "3.14" or "3.16 nightly"')
    if len(told["fails"]) > WIDTH:
        raise LedgerError(f"{where}: fails has more than {WIDTH} letters")
    return Row(**told | {"first": read_run(f"{where}, first", told["first"])})
