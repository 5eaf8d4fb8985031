"""Lessons, articles and notes: notes stand below their articles, and pages and entries of
the reference lead to one another."""

import functools
import re
from types import SimpleNamespace

import kinds
import pytest
from bs4 import BeautifulSoup
from project import SITE

from gallery.about import find_entries_about, pages_about
from gallery.kinds import ARTICLE, KINDS, NOTE, kind_of, notes_of
from gallery.paths import GROUPS, LISTED, NOTES, find_pages, name_of
from gallery.reference import find_entries

NAMES = list(map(name_of, find_pages()))
FAMILIES = list(dict.fromkeys(name.split("/")[0] for name in NAMES))
MOST_CARDS = 12  # of a family without headings


@functools.cache
def parsed(docname):
    return BeautifulSoup((SITE / f"{docname}.html").read_text(), "html.parser")


def place_of(name):
    """Return the line of a page that says what kind it is; no more of it is parsed."""
    text = (SITE / f"auto_examples/{name}.html").read_text()
    (place,) = re.findall(r'<p class="place">.*?</p>', text, re.DOTALL)
    return BeautifulSoup(place, "html.parser")


def leads_to(docname, link):
    address = link["href"].partition("#")[0]
    return ((SITE / f"{docname}.html").parent / address).resolve()


def is_page(name):
    return SITE / f"auto_examples/{name}.html"


def test_all_pages_are_listed():
    assert set(LISTED) == set(NAMES)


@pytest.mark.parametrize("note", NOTES)
def test_a_note_stands_below_a_page_of_its_family_which_is_none(note):
    assert kind_of(note) == NOTE  # no lesson of the course
    assert NOTES[note] not in NOTES
    assert NOTES[note].split("/")[0] == note.split("/")[0]


@pytest.mark.parametrize("name", [name for name in NAMES if notes_of(name)])
def test_a_page_and_its_notes_lead_to_one_another(name):
    page = parsed(f"auto_examples/{name}")
    heading = page.find("p", class_="rubric", string=kinds.NOTES_HEADING)
    links = heading.find_next_sibling("ul").select("a")
    found = [leads_to(f"auto_examples/{name}", link) for link in links]
    assert found == list(map(is_page, notes_of(name)))
    for note in notes_of(name):
        place = place_of(note)
        assert place.text.startswith("A note on ")
        assert leads_to(f"auto_examples/{note}", place.a) == is_page(name)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_shows_its_pages_in_groups_and_its_notes_below(family):
    docname = f"auto_examples/{family}/index"
    article, of_family = (
        parsed(docname).article,
        [n for n in NAMES if family in n.split("/")],
    )
    cards = article.select(".sphx-glr-thumbcontainer a")
    shown = [leads_to(docname, card) for card in cards]
    others = [name for name in of_family if name not in NOTES]
    assert shown == list(map(is_page, others))
    headings = [h.find(string=True) for h in article.select("h2")]
    assert headings == [GROUPS[name] for name in of_family if name in GROUPS]
    assert headings or len(others) <= MOST_CARDS
    below = [leads_to(docname, link) for link in article.select("ul.simple a")]
    assert below == [is_page(name) for name in of_family if name in NOTES]
    assert len(article.find_all("p", class_="rubric")) <= len(headings) + 1


def test_what_is_shown_of_a_family_is_read_again_when_it_changes(monkeypatch):
    docs = {f"auto_examples/{name}" for name in [*NAMES, "dense/index"]}
    env = SimpleNamespace(found_docs=docs)
    kinds.read_again(None, env, *[set()] * 3)
    assert kinds.read_again(None, env, *[set()] * 3) == []
    monkeypatch.setitem(NOTES, "dense/plot_relu", "dense/plot_no_bias")
    again = kinds.read_again(None, env, *[set()] * 3)
    # a lesson stays a lesson, but the page above it lists it as a note
    pages = {"dense/index", "dense/plot_no_bias"}
    assert set(again) == {f"auto_examples/{page}" for page in pages}


# -- The reference


@pytest.mark.parametrize("name", [n for n in NAMES if find_entries_about()[n]])
def test_a_page_leads_to_the_entries_that_it_is_about(name):
    """That these are there, test_site.py asks of all links."""
    links = [link["href"] for link in place_of(name).select("a")]
    entries = [link for link in links if "/reference/" in link and "#" in link]
    assert len(entries) == len(find_entries_about()[name])


def test_an_entry_leads_to_its_pages_by_kind():
    entries = [entry for of_page in find_entries().values() for entry in of_page]
    (lstm,) = [entry for entry in entries if entry.title == "LSTM"]
    found = pages_about(lstm)
    assert list(found) == [kind for kind in KINDS if kind in found]
    assert found["lesson"][0] == "recurrent/plot_lstm"
    assert "recurrent/plot_lstm_pytorch" in found[ARTICLE]
    for kind, pages in found.items():
        assert {kind_of(page) for page in pages} == {kind}


def test_the_layer_in_the_title_comes_first():
    entry, *_ = find_entries_about()["recurrent/plot_gru"]  # not its cell's
    assert entry.title == "GRU"


def test_pages_of_layers_lead_to_the_reference():
    leading = [name for name in NAMES if find_entries_about()[name]]
    assert len(leading) > 0.75 * len(NAMES)
