"""What tells of other releases of Keras: how pages run, the ledger, and what is red. A few
lines stand for the pages."""

import json
import os
import sys

import pytest
from project import ROOT, run
from releases.judging import how, judge
from releases.statements import run_statements, tell

from gallery.paths import find_pages, name_of
from gallery.versions import (
    LedgerError,
    Row,
    line_of,
    read_ledger,
)

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

[change.fails."3.14"]
"dense/plot_relu" = "2 x AssertionError: np.testing.assert_array_equal(y, relu(x))"
"""


def failing(fails="assert y", error="AssertionError", **more):
    return {"fails": fails, "error": error, "says": "", **more}


def found(*failures, name="dense/plot_relu", printed=""):
    return {"name": name, "failures": list(failures), "printed": printed}


def row(how="AssertionError: assert y"):
    return {"dense/plot_relu": Row("dense/plot_relu", "3.14", how)}


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
    assert (len(told["fails"]), told["error"]) == (60, "AssertionError")
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
    assert judge([found(failing())], row(), {}) == {}
    assert judge([found()], {}, {}) == {}
    twice = [failing(), failing("assert z")]
    assert judge([found(*twice)], row("2 x AssertionError: assert y"), {}) == {}


@pytest.mark.parametrize(
    "failures, rows, why",
    [
        ([failing()], {}, "is not in the ledger: AssertionError: assert y"),
        ([], row(), "passes again"),
        ([failing("assert z")], row(), "fails elsewhere"),
        ([failing(error="ValueError")], row(), "fails elsewhere"),
        ([failing(), failing("assert z")], row(), "fails elsewhere"),
        ([failing()], row("2 x AssertionError: assert y"), "fails elsewhere"),
        ([failing(error="SIGFPE", died=True)], {}, "dies"),
        ([failing(error="SIGFPE", died=True)], row("SIGFPE: assert y"), "dies"),
    ],
)
def test_all_else_is_red(failures, rows, why):
    assert why in judge([found(*failures)], rows, {})["dense/plot_relu"]


def test_a_row_of_what_is_no_more_is_red():
    assert judge([], row(), {}).keys() == {"dense/plot_relu"}


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
    assert (judge([tried], {}, prints) != {}) == is_red
    assert judge([], {}, prints).keys() == {"versions/relu"}


def test_a_script_that_fails_prints_its_error():
    tried = found(failing(error="ValueError"), name="versions/relu")
    ledger = read_ledger(LEDGER)
    assert judge([tried], {}, ledger.prints("3.14")) == {}
    assert judge([tried], {}, ledger.prints("3.15"))  # it has none of this line


# -- The ledger


def test_our_ledger_can_be_read_and_tells_of_pages_that_there_are():
    ledger = read_ledger()
    pages = set(map(name_of, find_pages()))
    for name in (row.name for change in ledger.changes for row in change.rows):
        assert "/plot_" not in name or name in pages, name


def test_rows_are_those_of_a_line_of_releases():
    ledger = read_ledger(LEDGER)
    (of_line,) = ledger.rows("3.14").values()
    assert of_line.how == how(
        2 * [failing("np.testing.assert_array_equal(y, relu(x))")]
    )
    (change,) = ledger.changes
    assert (change.title, change.what) == ("relu", "relu keeps what it dropped.")
    assert (change.upstream, change.since, change.who) == (
        22021,
        "3.15",
        "whoever calls it",
    )
    assert ledger.rows("3.12") == {}
    assert ledger.green["3.14"].version == "3.14.1"
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
        ('fails."3.14"', 'fails."3.14.1"', 'a line is such as "3.14"'),
        ('"2 x Assert', '1 # "', "3.14: dense/plot_relu cannot be 1"),
        ('"dense/plot_relu" =', "# ", "nothing fails by it"),
        ('[change.fails."3.14"]\n"dense/plot_relu"', "row", "lacks fails"),
        ("date = 2026-11-30", 'date = "today"', "date cannot be 'today'"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(old, new, why):
    assert old in LEDGER
    with pytest.raises(LedgerError) as error:
        read_ledger(LEDGER.replace(old, new))
    assert why in str(error.value)


def test_a_name_has_one_row_of_a_line():
    again = LEDGER[LEDGER.index("[[change]]") :]
    with pytest.raises(LedgerError, match="has two rows of 3.14"):
        read_ledger(LEDGER + again)
