"""What was found of pages and names under a release of Keras, beside what the ledger tells
of them: what is red, what is known; and how what pages print differs.
"""

import difflib
import re
from typing import NamedTuple


class Judgement(NamedTuple):
    """red: {name: why}; known: the rows of the ledger that hold."""

    red: dict[str, str]
    known: list


def judge(found, rows, prints):
    """Return the Judgement of what was found.

    found: [{"name": ..., "failures": ..., "printed": ...}, ...], as trying.py tells; rows:
    {name: Row} of this line of releases; prints: {name of a script: what it prints},
    whose names must all be among what was found.
    """
    red, known = {}, []
    for each in found:
        name, failures = each["name"], each["failures"]
        row = rows.get(name)
        died = [failure for failure in failures if failure.get("died")]
        if died:
            red[name] = f"dies or hangs: {told(died[0])}"
        elif name in prints:
            now = failures[0]["error"] if failures else each["printed"].strip()
            if now != prints[name]:
                red[name] = f"prints {now!r}, and the ledger has {prints[name]!r}"
        elif failures and not row:
            red[name] = f"is not in the ledger: {told(*failures)}"
        elif row and not failures:
            red[name] = "passes again: its row in the ledger can go"
        elif row and is_elsewhere(failures, row):
            red[name] = (
                f"fails elsewhere: {told(*failures)}\n"
                f"    the ledger has {row.error} at {row.fails!r}{times(row.times)}"
            )
        elif row:
            known.append(row)
    for name in {*rows, *prints} - {f["name"] for f in found}:
        red[name] = "is in the ledger, and was not tried: is there none?"
    return Judgement(red, known)


def is_elsewhere(failures, row):
    first = failures[0]
    now = first["fails"], first["error"], len(failures)
    return now != (row.fails, row.error, row.times)


def told(first, *others):
    says = f"\n    {first['says']}" if first["says"] else ""
    return f"{first['error']} at {first['fails']!r}{times(1 + len(others))}{says}"


def times(number):
    return f", the first of {number}" if number > 1 else ""


def draft(name, failures, line, run):
    """A row for the ledger, to be put under the change that it is of."""
    first = failures[0]
    pairs = {
        "name": name,
        "line": line,
        "fails": first["fails"],
        "error": first["error"],
    }
    lines = ["[[change.row]]", *(f"{k} = {quoted(v)}" for k, v in pairs.items())]
    lines += [f"times = {len(failures)}"] if len(failures) > 1 else []
    lines.append(f'first = {{ version = "{run.version}", date = {run.date} }}')
    return "\n".join(lines)


def quoted(text):
    """A text in TOML: as it is where it can be."""
    if "'" not in text:
        return f'"{text}"' if not set('"\\') & set(text) else f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# -- What pages print


def rounded(text):
    """The lines of what is printed, with three digits of each number that is not whole,
    and single spaces: what rounding may change on another release is not told."""

    def round_number(found):
        number = float(found[0])
        return f"{0 if abs(number) < 1e-6 else number:.3g}"

    text = re.sub(r"0x[0-9a-f]{6,}", "0x...", text)
    number = r"-?\d+(\.\d*(e[-+]?\d+)?|e[-+]?\d+)"
    text = re.sub(rf"(?<![\w.]){number}(?![\w.]*\w)", round_number, text)
    text = re.sub(r"(?<=[\[(])[ \t]+|[ \t]+(?=[\])])", "", text)
    return re.sub(r"[ \t]+", " ", text).splitlines()


def compare_printed(before, now, versions):
    """Return how what a page prints differs between two versions, as lines of a diff;
    none where it prints the same after rounding."""
    texts = [rounded(t.replace(v, "VERSION")) for t, v in zip((before, now), versions)]
    return list(difflib.unified_diff(*texts, *versions, lineterm="", n=0))
