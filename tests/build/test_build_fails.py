"""What makes the build fail, tried on a small gallery."""

import re

import pytest
from project import call, make, write_notebook
from small_gallery import NAMES, link_hard_silu, page_of

from gallery.repository import find_repository

FAILURE = r"^(\S+?):(?: cell \[\d+\], line )?(\d+): ERROR: (.*(?:\n    .*)*)"


def read_failures(made, warnings=()):
    """Return what a build that failed says of each file, {name: (line, what differs)},
    and its last line. Checks that it says it once, in few lines, and that it warns of
    nothing but what these patterns say.
    """
    assert made.returncode != 0
    failures = {}
    for name, line, text in re.findall(FAILURE, made.stdout, re.M):
        assert name not in failures
        assert len(text.splitlines()) <= 10
        failures[name] = int(line), text
    assert failures, made.stdout
    for pattern in warnings:
        assert re.search(pattern, made.stdout), (pattern, made.stdout)
    assert made.stdout.count("WARNING") == len(warnings), made.stdout
    for noise in ("Traceback", "report this error", "unexpectedly"):
        assert noise not in made.stdout, made.stdout
    _, _, end = made.stdout.rpartition(f"{text}\n")
    end = [line for line in end.splitlines() if line[:6] != "make: "]
    return failures, end[0]


def summary(pages, notebooks):
    return (
        f"ERROR: {pages} of 3 pages and {notebooks} of 1 notebooks failed. "
        "TensorFlow's log is docs/_build/tensorflow.log"
    )


BUILT = "docs", "docs/_build/html", "-d", "docs/_build/doctrees"
SPHINX = ".venv/bin/sphinx-build", "-c", ".", *BUILT, "-nWj2"
NOTEBOOK = "docs/check_your_model.ipynb"
CHECK = "np.testing.assert_equal(1 + 1, {})"
TALK = "import os\n\nwritten = os.write(2, b'a line of C++ on a {}\\n')\n"
CELLS = TALK.format("kernel"), "import numpy as np"
RAISING = '    raise ValueError("made on purpose")\n'
IN_VAIN = (
    r"plot_first.rst: WARNING: the page compares nothing",
    r"plot_unlisted.rst: WARNING: check 1 compares an array with itself",
    r"plot_unlisted.rst: WARNING: check 2 has a limit that is no finite",
    r"index.rst:\d+: WARNING: unknown document: 'no_such_page'",
    r"index.rst:\d+: WARNING: cannot write .*nosuchcommand",
)


def change(file, right, wrong):
    """Write a text in the place of another in a file; return what the file held."""
    before = file.read_text()
    assert right in before
    file.write_text(before.replace(right, wrong))
    return before


def line_of(file, beginning):
    """The number of the one line that begins so."""
    lines = enumerate(file.read_text().splitlines(), 1)
    (number,) = [number for number, line in lines if line.startswith(beginning)]
    return number


def assert_is_told(project, failures, name, check):
    """The line of the check that failed is told, and how much of the array differs."""
    line, report = failures[name]
    code = (project / name).read_text().splitlines()[line - 1]
    assert report.splitlines()[0] == code.strip()
    assert code.startswith(f"np.testing.assert_{check}")
    assert re.search(r"\n    Mismatched elements: \d+ / \d+ ", report)


def assert_is_shown(lines, pages):
    """The pages that run are counted, whichever of them begins first."""
    begun, after = lines[: len(pages)], lines[len(pages) :]
    counted = [f"Page {number} of {len(pages)}" for number in range(1, len(pages) + 1)]
    assert [line.partition(": ")[0] for line in begun] == counted
    assert {line.partition(": ")[2] for line in begun} == {*pages}
    assert after == ["Notebook: check_your_model", "Writing HTML"]


def test_what_fails_is_told_at_the_end_until_it_is_mended(small):
    """One gallery, built three times: broken; half mended, where a page that passed is
    broken now; and mended."""
    wrong, rounded, linked = (page_of(small, name) for name in NAMES)
    of_wrong, of_rounded = (f"examples/{name}.py" for name in NAMES[:2])
    change(linked, "\nexpected =", f"\n{TALK.format('page')}\nexpected =")
    link_hard_silu(small, NAMES[2])
    library = small / "keras_by_hand/activations.py"
    place = line_of(library, "def hard_silu(")
    lines = library.read_text().splitlines(keepends=True)
    right = change(wrong, "kernel + bias", "kernel - bias")
    library.write_text("".join([*lines[:place], RAISING, *lines[place:]]))
    write_notebook(small, *CELLS, CHECK.format(3))

    failures, end = read_failures(call(small, *SPHINX))
    log = (small / "docs/_build/tensorflow.log").read_text()
    assert "a line of C++ on a page\n" in log and "a line of C++ on a kernel\n" in log
    in_library = "keras_by_hand/activations.py"
    assert list(failures) == [of_wrong, in_library, NOTEBOOK]
    assert_is_told(small, failures, of_wrong, "array_equal")
    called = f"examples/{NAMES[2]}.py:{line_of(linked, 'hard_silu(x)')}: hard_silu(x)"
    assert failures[in_library] == (
        place + 1,
        f"{RAISING.strip()}\n    called from {called}\n    ValueError: made on purpose",
    )
    assert failures[NOTEBOOK] == (
        1,
        f"{CHECK.format(3)}\n    AssertionError:\n    Items are not equal:\n"
        "     ACTUAL: 2\n     DESIRED: 3",
    )
    assert end == summary(2, 1)
    assert list(small.glob("docs/**/*_thumb.png"))  # cards that say that pages failed

    library.write_text("".join(lines))
    passing = change(rounded, "y / 3, expected / 3", "y / 3, expected / 4")
    made = make(small, "html")
    again, end = read_failures(made)
    assert list(again) == [of_wrong, of_rounded, NOTEBOOK]
    assert_is_told(small, again, of_rounded, "allclose")
    for name in (of_wrong, NOTEBOOK):
        assert again[name] == failures[name]
    assert end == summary(2, 1)
    assert_is_shown(made.stdout.splitlines()[:5], NAMES)
    assert not (small / "docs/_build/html/.source-commit").exists()

    wrong.write_text(right)
    rounded.write_text(passing)  # as it was when it passed
    write_notebook(small, *CELLS, CHECK.format(2))
    made = make(small, "html")
    assert made.returncode == 0, made.stdout
    *lines, _ = made.stdout.splitlines()
    assert_is_shown(lines, NAMES[:2])
    built = small / f"docs/_build/html/auto_examples/{NAMES[1]}.html"
    assert "Traceback" not in built.read_text()
    thumbnails = sorted(small.glob("docs/auto_examples/*/images/thumb/*.svg"))
    cards = sorted(small.glob("docs/auto_examples/*/images/cards/*.svg"))
    assert len(cards) == len(NAMES)
    assert [f.read_text() for f in thumbnails] == [f.read_text() for f in cards]
    assert not list(small.glob("docs/**/*_thumb.png"))


@pytest.mark.drawn
def test_checks_in_vain_and_bad_references_fail_the_build_twice(small):
    """And a kernel that dies, as if memory were short."""
    _, nothing, other = (page_of(small, name) for name in NAMES)
    change(
        nothing, "np.testing.assert", "(lambda *_, **rtol: None) or np.testing.assert"
    )
    change(other, "(y, expected)", "(y, y)")
    change(other, "rtol=tolerance", "rtol=np.inf")
    with (small / "docs/index.rst").open("a") as file:
        file.write("\n:doc:`no_such_page` and :math:`\\nosuchcommand`\n")
    write_notebook(small, "import os", "os._exit(1)")
    for _ in range(2):
        failures, end = read_failures(make(small, "html"), IN_VAIN)
        assert list(failures) == [NOTEBOOK]
        assert "DeadKernelError" in failures[NOTEBOOK][1]
        assert end == summary(0, 1)


def test_what_cannot_be_linked_fails_the_build_in_one_line(small):
    page = page_of(small, NAMES[0])
    change(page, "import numpy as np\n", "from keras_by_hand import *\n")
    made = make(small, "html")
    assert made.returncode != 0
    said = [line for line in made.stdout.splitlines() if line and "make" not in line]
    assert f"examples/{NAMES[0]}.py:" in "".join(said[:3])
    assert 'write "from keras_by_hand import" and the names' in "".join(said[:3])
    assert "Traceback" not in made.stdout


@pytest.mark.parametrize("given", ["keras-by-hand", "a/b/c", "a b/c", "a/b;c", "/"])
def test_a_malformed_repository_is_refused(monkeypatch, given):
    monkeypatch.setenv("GITHUB_REPOSITORY", given)
    with pytest.raises(SystemExit, match="must read OWNER/NAME") as refusal:
        find_repository()
    assert str(refusal.value).endswith(f"but it is {given!r}")


def test_the_build_refuses_it_in_one_line(small):
    made = make(small, "html", GITHUB_REPOSITORY="a/b/c")
    assert made.returncode != 0
    line, *rest = made.stdout.splitlines()
    assert line == "GITHUB_REPOSITORY must read OWNER/NAME, but it is 'a/b/c'"
    assert len(rest) == 1 and rest[0].startswith("make: ***")
