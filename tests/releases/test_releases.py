"""What tells of other releases of Keras: how pages run, the ledger, what is red, what is
printed, and the search for the day of a change. A few lines stand for the pages."""

import datetime
import json
import os
import sys

import pytest
from project import ROOT, run
from releases import installing
from releases.judging import compare_printed, draft, judge
from releases.searching import first_other
from releases.statements import run_statements, tell

from gallery.paths import find_pages, name_of
from gallery.versions import (
    LedgerError,
    Row,
    Run,
    line_of,
    read_ledger,
)

RUN = Run("3.14.1", datetime.date(2026, 11, 30))
LEDGER = """
[green]
"3.14" = { version = "3.14.1", date = 2026-11-30 }

[printed]
relu = { "3.12" = "0.0", "3.14" = "ValueError" }

[[change]]
title = "relu"
kind = "answer changed"
what = '''relu keeps
what it dropped.'''
who = "whoever calls it"
do = "nothing"
upstream = 22021
since = "3.15"
script = "relu"

[[change.row]]
name = "dense/plot_relu"
line = "3.14"
fails = "np.testing.assert_array_equal(y, relu(x))"
error = "AssertionError"
first = { version = "3.14.1", date = 2026-11-30 }
"""


def failing(fails="assert y", error="AssertionError", **more):
    return {"fails": fails, "error": error, "says": "", **more}


def found(*failures, name="dense/plot_relu", printed=""):
    return {"name": name, "failures": list(failures), "printed": printed}


def row(fails="assert y", error="AssertionError", times=1):
    row = Row("dense/plot_relu", "3.14", fails, error, RUN, times)
    return {"dense/plot_relu": row}


# -- Pages, statement by statement

PAGE = """
x = 2
y = lacking(
    x,
)
z = y + 1
w = z * 2
print("goes on")
if x:
    def check(a):
        assert a == x
    for a in (2, 3):
        check(a)
y = 5
assert y == 5
@lacking
def f(): pass
f()
raise SystemExit
"""
FAILURES = [
    ("y = lacking( x, )", "NameError"),
    ("check(a)", "AssertionError"),
    ("@lacking def f(): pass", "NameError"),
    ("raise SystemExit", "SystemExit"),
]


def test_a_page_goes_on_without_what_a_failure_has_lost(tmp_path, capsys):
    page, ran, failed = tmp_path / "page.py", [], []
    page.write_text(PAGE)
    run_statements(page, {}, ran.append, lambda *what: failed.append(tell(*what)))
    assert [(each["fails"], each["error"]) for each in failed] == FAILURES
    assert not {"z = y + 1", "w = z * 2", "f()"} & set(ran)
    assert "assert y == 5" in ran  # it is defined anew
    assert capsys.readouterr().out == "goes on\n"


def test_what_fails_is_told_in_a_line():
    error = AssertionError("\nArrays are \x1b[1mnot equal\x1b[0m\n\n  x: 1\n")
    told = tell(f"f(\n    {'x' * 90})", error)
    assert (len(told["fails"]), told["error"]) == (80, "AssertionError")
    assert told["says"] == "Arrays are not equal x: 1"
    assert tell("f()", "shape")["error"] == "another shape"


TRYING = """
import json, os, signal, time
from releases.processes import try_all

def try_name(name, at, fails):
    print(name)
    at(f"{name}()")
    if name == "dies":
        os.kill(os.getpid(), signal.SIGFPE)
    elif name == "hangs":
        time.sleep(30)
    elif name == "fails":
        fails("f()", ValueError("no"))

groups = [["first", "dies", "last"], ["hangs"], ["fails"]]
print(json.dumps(list(try_all(groups, try_name, patience=1))))
"""


@pytest.mark.skipif(sys.platform == "darwin", reason="pages are forked on Linux alone")
def test_one_that_dies_or_hangs_is_told_and_harms_no_other():
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    command = [sys.executable, "-c", TRYING]
    told = json.loads(run(*command, env={**os.environ, "PYTHONPATH": path}))
    failures = {each["name"]: each["failures"] for each in told}
    assert failures["first"] == failures["last"] == []
    assert failures["fails"] == [{"fails": "f()", "error": "ValueError", "says": "no"}]
    for name, kind in (("dies", "SIGFPE"), ("hangs", "SIGALRM")):
        (died,) = failures[name]
        assert (died["fails"], died["error"], died["died"]) == (f"{name}()", kind, True)
    assert [t["printed"] for t in told if t["name"] == "fails"] == ["fails\n"]


# -- What is red


def test_what_the_ledger_tells_is_known():
    rows = row()
    assert judge([found(failing())], rows, {}) == ({}, list(rows.values()))
    assert judge([found()], {}, {}) == ({}, [])
    twice = [failing(), failing("assert z")]
    assert judge([found(*twice)], row(times=2), {}).red == {}


@pytest.mark.parametrize(
    "failures, rows, why",
    [
        ([failing()], {}, "is not in the ledger"),
        ([], row(), "passes again"),
        ([failing("assert z")], row(), "fails elsewhere"),
        ([failing(error="ValueError")], row(), "fails elsewhere"),
        ([failing(), failing("assert z")], row(), "fails elsewhere"),
        ([failing()], row(times=2), "fails elsewhere"),
        ([failing(error="SIGFPE", died=True)], {}, "dies"),
        ([failing(error="SIGFPE", died=True)], row(error="SIGFPE"), "dies"),
    ],
)
def test_all_else_is_red(failures, rows, why):
    judgement = judge([found(*failures)], rows, {})
    assert why in judgement.red["dense/plot_relu"]
    assert judgement.known == []


def test_a_row_of_what_is_no_more_is_red():
    assert judge([], row(), {}).red.keys() == {"dense/plot_relu"}


@pytest.mark.parametrize(
    "failures, printed, is_red",
    [
        ([], "0.0\n", False),
        ([], "0.5\n", True),
        ([failing(error="ValueError")], "", True),
        ([failing(error="SIGFPE", died=True)], "0.0\n", True),
    ],
)
def test_a_script_prints_what_the_ledger_has(failures, printed, is_red):
    prints = read_ledger(LEDGER).prints("3.12")
    tried = found(*failures, name="versions/relu", printed=printed)
    assert (judge([tried], {}, prints).red != {}) == is_red
    assert judge([], {}, prints).red.keys() == {"versions/relu"}


def test_a_script_that_fails_prints_its_error():
    tried = found(failing(error="ValueError"), name="versions/relu")
    ledger = read_ledger(LEDGER)
    assert judge([tried], {}, ledger.prints("3.14")).red == {}
    assert judge([tried], {}, ledger.prints("3.15")).red  # it has none of this line


# -- The ledger


def test_our_ledger_can_be_read_and_tells_of_pages_that_there_are():
    ledger = read_ledger()
    pages = set(map(name_of, find_pages()))
    for name in (row.name for change in ledger.changes for row in change.rows):
        assert "/plot_" not in name or name in pages, name


def test_rows_are_those_of_a_line_of_releases():
    ledger = read_ledger(LEDGER)
    (of_line,) = ledger.rows("3.14").values()
    assert (of_line.name, of_line.times) == ("dense/plot_relu", 1)
    change = ledger.change_of(of_line)
    assert (change.title, change.what) == ("relu", "relu keeps what it dropped.")
    assert (change.upstream, change.since, change.who) == (
        22021,
        "3.15",
        "whoever calls it",
    )
    assert ledger.rows("3.12") == {}
    assert str(ledger.green["3.14"]) == "3.14.1, tried on 2026-11-30"
    assert line_of("3.16.0.dev2026102704") == "3.16 nightly"
    assert line_of("3.12.4") == "3.12"


@pytest.mark.parametrize(
    "old, new, why",
    [
        ("[green]", "[green", "no TOML"),
        ('kind = "answer changed"', 'kind = "changed"', "its kind is none of"),
        ('do = "nothing"\n', "", "lacks do"),
        ('title = "relu"', "", "lacks title"),
        ('script = "relu"', "", "name other scripts: relu"),
        ('script = "relu"', 'script = "elu"', "name other scripts: elu, relu"),
        ('"0.0"', "0.0", "3.12 cannot be 0.0"),
        ("upstream = 22021", 'upstream = "?"', "a number, or"),
        ("upstream = 22021", "", "lacks upstream"),
        ("upstream = 22021", "upstream = 1.5", "upstream cannot be 1.5"),
        ("'''relu keeps\nwhat it dropped.'''", '""', "what cannot be ''"),
        ('since = "3.15"', "since = 3.15", "since cannot be 3.15"),
        ('line = "3.14"\n', 'line = "3.14.1"\n', 'row 1: line is such as "3.14"'),
        ('error = "AssertionError"', "", "row 1 lacks error"),
        ('error = "AssertionError"', "error = 1", "error cannot be 1"),
        ('error = "AssertionError"', 'error = "A"\nwhy = "B"', "row 1 has why"),
        ("relu(x))", 40 * "relu(x))", "more than 80 letters"),
        ("date = 2026-11-30", 'date = "today"', "date cannot be 'today'"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(old, new, why):
    assert old in LEDGER
    with pytest.raises(LedgerError) as error:
        read_ledger(LEDGER.replace(old, new))
    assert why in str(error.value)


def test_a_name_has_one_row_of_a_line():
    again = LEDGER[LEDGER.index("[[change.row]]") :]
    with pytest.raises(LedgerError, match="has two rows of 3.14"):
        read_ledger(LEDGER + again)


@pytest.mark.parametrize("fails", ["f(x)", "f('x')", 'f("x")', """f("x", 'y\\n')"""])
def test_a_drafted_row_says_what_failed(fails):
    start = LEDGER[: LEDGER.index("[[change.row]]")]
    text = draft("GRU", [failing(fails), failing()], "3.14", RUN)
    (of_line,) = read_ledger(start + text).rows("3.14").values()
    assert of_line == Row("GRU", "3.14", fails, "AssertionError", RUN, 2)


# -- What pages print


@pytest.mark.parametrize(
    "before, now, same",
    [
        ("loss 0.12345", "loss 0.12344", True),
        ("loss 0.12345", "loss 0.12445", False),
        ("[ 1. -2.]", "[1.   -2.0]", True),
        ("error 1e-9", "error -3e-12", True),
        ("Keras 3.15.1", "Keras 3.14.1", True),
        ("[4096 2]", "[4097 2]", False),
        ("dense_1 [1 2]", "dense_2 [1 2]", False),
        ("<f at 0x7f01cc>", "<f at 0x7f33aa>", True),
        ("a\nb", "a", False),
    ],
)
def test_what_is_printed_is_the_same_after_rounding(before, now, same):
    lines = compare_printed(before, now, ("3.15.1", "3.14.1"))
    assert (lines == []) == same


# -- The day of a change


@pytest.mark.parametrize("number", range(1, 12))
@pytest.mark.parametrize("broken", [(), (5, 6)])
def test_a_change_is_found(number, broken):
    asked = []

    def state_of(version):
        asked.append(version)
        return None if version in broken else str(version >= number)

    expected = [v for v in range(12) if v not in broken]
    after = next(v for v in expected if v >= number)
    before = expected[expected.index(after) - 1]
    assert first_other(range(12), state_of) == (before, after)
    assert len(asked) <= 8


def test_of_two_changes_the_first_is_found():
    assert first_other(range(9), lambda v: (v >= 3) + (v >= 6)) == (2, 3)


def test_what_did_not_change_has_no_day():
    assert first_other(range(9), lambda version: "passes") is None
    assert first_other([1], lambda version: "passes") is None
    assert first_other([1, 2], lambda version: None) is None


# -- Which releases there are


@pytest.mark.parametrize("word", ["3.14", "abc", "3.14.1; ls", "-e ."])
def test_what_is_no_version_is_refused(word):
    with pytest.raises(installing.NoRelease, match="A version is"):
        installing.resolve(word)


def test_a_version_stands_for_itself():
    for version in ("3.14.1", "3.16.0.dev2026102704"):
        assert installing.resolve(version) == version
