"""Other releases of Keras: scripts print what the ledger has of the installed release, the
page tells each change, and the marks of what is mended agree with the ledger.
"""

import re

import keras
import pytest
from bs4 import BeautifulSoup
from project import SITE

from gallery.paths import SOURCES, find_pages, name_of
from gallery.short_scripts import read_script, run_script
from gallery.versions import (
    CURRENT,
    MARK,
    SCRIPTS,
    dated,
    label_of,
    ledger,
    line_of,
    mended_on,
    next_changes,
    release_of,
    short,
)

WARNING = "**Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**"
NEXT = "3.16 nightly"
NIGHTLY = ledger().green[NEXT].version
LINES = 21  # of a script's code at most
TOLD = [change for change in ledger().changes if change.kind != "ours to mend"]

# What is no longer there in nightlies, as no mask is passed on any more.
WITHOUT_DAY = {"recurrent/plot_rnn_masks"}


@pytest.fixture(scope="module")
def page():
    return BeautifulSoup((SITE / "versions.html").read_text(), "html.parser")


@pytest.mark.parametrize("script", ledger().printed)
def test_a_script_prints_what_the_ledger_has(script):
    told = ledger().printed[script][line_of(CURRENT)]
    assert keras.__version__ == CURRENT
    printed, error = run_script(SCRIPTS / f"{script}.py")
    assert (type(error).__name__ if error else printed.strip()) == told


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda s: s.stem)
def test_a_script_is_short_and_has_a_change_that_it_shows(script):
    says, begins = read_script(script)
    code = script.read_text().splitlines()[begins - 1 :]
    assert sum(line != "" for line in code) <= LINES
    assert says.endswith((".", "?"))
    of_lines = ledger().printed[script.stem]
    assert len({*of_lines.values()}) > 1
    assert line_of(CURRENT) in of_lines and {*of_lines} >= {*ledger().green}


def words_of(text):
    """The words of a text, without markup and without what typography makes of signs."""
    return re.findall(r"\w+", text)


def test_each_change_has_a_row_and_a_section(page):
    columns = ["Change", "Since", *map(short, ("3.12.4", CURRENT, NIGHTLY))]
    for table in page.select("table"):
        assert [cell.text for cell in table.select("th")] == columns
    rows = {
        row.select_one("a")["href"].removeprefix("#"): row.select("td")[1:]
        for row in page.select("tbody tr")
    }
    assert {*rows} == {label_of(change) for change in TOLD}
    for change in TOLD:
        labelled = page.find(id=label_of(change))  # the section, or the first in it
        section = labelled if labelled.name == "section" else labelled.parent
        told = words_of(section.text)
        for text in (change.title, change.what, change.who or "", change.do or ""):
            words = words_of(text)
            assert any(told[n : n + len(words)] == words for n in range(len(told))), (
                text
            )
        since, *cells = [cell.text for cell in rows[label_of(change)]]
        assert since == release_of(change.since)
        if change.script:
            of_lines = ledger().printed[change.script]
            expected = [of_lines[line] for line in ("3.12", line_of(CURRENT), NEXT)]
            assert cells == expected
            script = SCRIPTS / f"{change.script}.py"
            _, begins = read_script(script)
            code = "\n".join(script.read_text().splitlines()[begins - 1 :])
            assert section.select_one("pre").text.strip() == code


def test_a_change_without_a_script_is_told_in_words(page):
    def cells_of(title):
        (row,) = (r for r in page.select("tbody tr") if r.select_one("a").text == title)
        return [cell.text for cell in row.select("td")[2:]]

    assert cells_of("sliding_window") == ["no", "yes", "yes"]
    assert cells_of("AWQ’s factors") == ["old", "old", "new"]
    assert cells_of("GPTQ’s group_size") == ["old", "new", "new"]


# -- Pages


def test_what_a_page_warns_of_is_mended_where_the_ledger_tells_it():
    marked = 0
    for page in map(name_of, find_pages()):
        source = re.sub("^#", "", (SOURCES / f"{page}.py").read_text(), flags=re.M)
        mended = any(c.kind == "defect mended" for c in next_changes(page))
        is_marked = MARK.search(source) is not None
        marked += is_marked
        if page not in WITHOUT_DAY and (is_marked or ".. warning::" in source):
            assert is_marked == mended, f"{page}: not in 3.16.0.dev"
    assert marked > 20


def test_marks_have_the_day_of_the_ledger():
    day = mended_on("activations/plot_sparsemax")
    assert str(day) == "2026-09-02"
    told = dated(f"{WARNING} It adds.", "activations/plot_sparsemax")
    mark = f"mended in the development version of {day}"
    assert told == f"{WARNING.replace('not in 3.16.0.dev', mark)} It adds."
    for text, page in (
        (f"{WARNING} On\nPyTorch, it adds.", "activations/plot_sparsemax"),
        (f"{WARNING} It adds.", "dense/plot_relu"),
    ):
        assert dated(text, page) == text
    html = (SITE / "auto_examples/activations/plot_sparsemax.html").read_text()
    assert mark in html
    assert "not in 3.16" not in html


def test_pages_tell_what_the_next_release_changes():
    def notes(page):
        html = (SITE / f"auto_examples/{page}.html").read_text()
        found = BeautifulSoup(html, "html.parser").select(".admonition.note")
        return [note.text for note in found if "now in development" in note.text]

    (told,) = notes("recurrent/plot_rnn_masks")
    (change,) = next_changes("recurrent/plot_rnn_masks")
    words = " ".join(words_of(change.what))
    assert change.title == "Masks of recurrent layers"
    assert words in " ".join(words_of(told))
    assert notes("activations/plot_sparsemax") == notes("dense/plot_relu") == []
