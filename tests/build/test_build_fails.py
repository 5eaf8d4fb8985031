"""What makes the build fail, tried on a small gallery."""

import re

import pytest
from project import call, make, write_notebook
from small_gallery import NAMES, link_hard_silu, page_of

from gallery.repository import find_repository

FAILURE = r"^(\S+?):(?: cell \[\d+\], line )?(\d+): ERROR: (.*(?:\n    .*)*)"


def read_failures(made):
    """Return what a build that failed says of each file, {name: (line, what differs)},
    and its last line. Checks that it says it once, in few lines.
    """
    assert made.returncode != 0
    failures = {}
    for name, line, text in re.findall(FAILURE, made.stdout, re.M):
        assert name not in failures
        assert len(text.splitlines()) <= 10
        failures[name] = int(line), text
    assert failures, made.stdout
    for noise in ("Traceback", "report this error", "unexpectedly", "WARNING"):
        assert noise not in made.stdout, made.stdout
    _, _, end = made.stdout.rpartition(f"{text}\n")
    end = [line for line in end.splitlines() if line[:6] != "make: "]
    return failures, end[0]


def summary(pages, notebooks):
    return (
        f"ERROR: {pages} of 3 pages and {notebooks} of 1 notebooks failed. "
        "TensorFlow's log is docs/_build/tensorflow.log"
    )


def write(page, text):
    page.write_text(text)
    return str(page.relative_to(page.parents[2]))


SPHINX = ".venv/bin/sphinx-build", "-c", ".", "docs", "docs/_build/html"
NOTEBOOK = "docs/check_your_model.ipynb"
CHECK = "np.testing.assert_equal(1 + 1, {})"
TALK = "import os\n\nwritten = os.write(2, b'a line of C++ on a {}\\n')\n"


@pytest.mark.drawn
def test_a_failed_build_ends_with_what_failed(small):
    """From a fresh clone, in two processes, twice; then by make, mended but for a kernel
    that dies; then with nothing wrong."""
    wrong, rounded, talking = (page_of(small, name) for name in NAMES)
    texts = [page.read_text() for page in (wrong, rounded, talking)]
    names = [
        write(wrong, texts[0].replace("kernel + bias", "kernel - bias")),
        write(rounded, texts[1].replace("y / 3, expected / 3", "y / 3, expected / 4")),
    ]
    write(talking, f"{texts[2]}\n{TALK.format('page')}")
    cells = TALK.format("kernel"), "import numpy as np"
    write_notebook(small, *cells, CHECK.format(3))
    in_two = call(small, *SPHINX, "-nWj2")
    log = small / "docs/_build/tensorflow.log"
    assert "a line of C++ on a page\n" in log.read_text()
    assert "a line of C++ on a kernel\n" in log.read_text()
    for made in (in_two, call(small, *SPHINX, "-n")):
        failures, end = read_failures(made)
        assert list(failures) == [*names, NOTEBOOK]
        for name, check in zip(names, ("array_equal", "allclose")):
            line, report = failures[name]
            code = (small / name).read_text().splitlines()[line - 1]
            assert report.splitlines()[0] == code.strip()
            assert code.startswith(f"np.testing.assert_{check}")
            assert re.search(r"\n    Mismatched elements: \d+ / \d+ ", report)
        assert failures[NOTEBOOK] == (
            1,
            f"{CHECK.format(3)}\n    AssertionError:\n    Items are not equal:\n"
            "     ACTUAL: 2\n     DESIRED: 3",
        )
        assert end == summary(2, 1)
    assert list(small.glob("docs/**/*_thumb.png"))  # cards that say that pages failed

    for page, text in zip((wrong, rounded), texts):
        page.write_text(text)
    write_notebook(small, "import os", "os._exit(1)  # as if memory were short")
    made = make(small, "html")
    failures, end = read_failures(made)
    assert list(failures) == [NOTEBOOK]
    assert "DeadKernelError" in failures[NOTEBOOK][1]
    assert end == summary(0, 1)
    assert made.stdout.splitlines()[:4] == [
        f"Page 1 of 2: {NAMES[0]}",
        f"Page 2 of 2: {NAMES[1]}",
        "Notebook: check_your_model",
        "Writing HTML",
    ]
    assert not (small / "docs/_build/html/.source-commit").exists()

    write_notebook(small, *cells, CHECK.format(2))
    made = make(small, "html")
    assert made.returncode == 0, made.stdout
    *lines, _ = made.stdout.splitlines()
    assert lines == ["Notebook: check_your_model", "Writing HTML"]
    thumbnails = sorted(small.glob("docs/auto_examples/*/images/thumb/*.svg"))
    cards = sorted(small.glob("docs/auto_examples/*/images/cards/*.svg"))
    assert len(cards) == len(NAMES)
    assert [f.read_text() for f in thumbnails] == [f.read_text() for f in cards]
    assert not list(small.glob("docs/**/*_thumb.png"))


@pytest.mark.drawn
def test_a_page_that_becomes_what_once_passed_runs_again(small):
    page = page_of(small, NAMES[0])
    passing = page.read_text()
    assert call(small, *SPHINX, "-n").returncode == 0
    page.write_text(passing.replace("kernel + bias", "kernel - bias"))
    read_failures(call(small, *SPHINX, "-n"))
    page.write_text(passing)
    made = call(small, *SPHINX, "-n")
    assert made.returncode == 0, made.stdout
    built = small / f"docs/_build/html/auto_examples/{NAMES[0]}.html"
    assert "Traceback" not in built.read_text()


def test_an_error_in_linked_code_is_told_where_it_stands(small):
    page = link_hard_silu(small, NAMES[0])
    library = small / "keras_by_hand/activations.py"
    lines = library.read_text().splitlines(keepends=True)
    (place,) = [n for n, line in enumerate(lines) if line.startswith("def hard_silu(")]
    lines.insert(place + 1, '    raise ValueError("made on purpose")\n')
    library.write_text("".join(lines))
    failures, _ = read_failures(call(small, *SPHINX, "-n"))
    (number,) = [
        n
        for n, line in enumerate(page.read_text().splitlines(), 1)
        if line == "hard_silu(x)"
    ]
    assert failures == {
        "keras_by_hand/activations.py": (
            place + 2,
            'raise ValueError("made on purpose")\n'
            f"    called from examples/{NAMES[0]}.py:{number}: hard_silu(x)\n"
            "    ValueError: made on purpose",
        )
    }


@pytest.mark.parametrize(
    "line, message",
    [
        (
            "from keras_by_hand import *",
            'write "from keras_by_hand import" and the names',
        ),
        ("from keras_by_hand import relus", "Did you mean relu"),
    ],
)
def test_what_cannot_be_linked_fails_the_build_in_one_line(small, line, message):
    page = page_of(small, NAMES[0])
    page.write_text(
        page.read_text().replace(
            "import numpy as np\n", f"import numpy as np\n{line}\n"
        )
    )
    made = make(small, "html")
    assert made.returncode != 0
    said = [line for line in made.stdout.splitlines() if line and "make" not in line]
    assert f"examples/{NAMES[0]}.py:" in "".join(said[:3])
    assert message in "".join(said[:3])
    assert "Traceback" not in made.stdout


@pytest.mark.drawn
def test_checks_in_vain_and_bad_references_fail_the_build_twice(small):
    nothing, itself, endless = (page_of(small, name) for name in NAMES)
    for page, right, wrong in (
        (
            nothing,
            "np.testing.assert",
            "(lambda *_, **options: None) or np.testing.assert",
        ),
        (itself, "(y, expected)", "(y, y)"),
        (endless, "rtol=tolerance", "rtol=np.inf"),
    ):
        text = page.read_text()
        assert right in text
        page.write_text(text.replace(right, wrong))
    with (small / "docs/index.rst").open("a") as file:
        file.write("\n:doc:`no_such_page` and :math:`\\nosuchcommand`\n")
    for _ in range(2):
        made = make(small, "html")
        assert made.returncode != 0
        for message in (
            rf"{nothing.stem}.rst: WARNING: the page compares nothing",
            rf"{itself.stem}.rst: WARNING: check 1 compares an array with itself",
            rf"{endless.stem}.rst: WARNING: check 2 has a limit that is no finite",
            r"index.rst:\d+: WARNING: unknown document: 'no_such_page'",
            r"index.rst:\d+: WARNING: cannot write .*nosuchcommand",
        ):
            assert re.search(message, made.stdout), (message, made.stdout)


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
