"""Where a page speaks of another by its title, the site links to it."""

import re
from types import SimpleNamespace

import page_links
import pytest
from project import SCRIPTS
from sphinx_gallery.py_source_parser import split_code_and_text_blocks

from gallery.paths import SOURCES, name_of

TITLES = {"Dense": ["dense/plot_a"], "Conv2D: x": ["c/plot_b"], "Twice": ["c/b", "d/e"]}


def linked(text, docname="auto_examples/dense/plot_relu"):
    source = [text]
    read_with = []
    env = SimpleNamespace(page_titles=TITLES, note_dependency=read_with.append)
    page_links.link_pages(SimpleNamespace(env=env), docname, source)
    found = re.findall(r"</auto_examples/(.*?)>", source[0])
    assert read_with == [SOURCES / f"{page}.py" for page in found]
    return source[0]


def test_titles_become_links():
    one, two = (
        ":doc:`Dense </auto_examples/dense/plot_a>`",
        "</auto_examples/c/plot_b>`",
    )
    assert linked('(The page "Dense" has it.)') == f"(The page {one} has it.)"
    assert linked('pages "Dense" and "Conv2D:\nx"') == (
        f"pages {one} and :doc:`Conv2D: x {two}"
    )
    assert linked('a homepage "Dense", "Dense"') == 'a homepage "Dense", "Dense"'
    assert linked('the page "Dense"', "glossary") == 'the page "Dense"'
    assert linked('see the table "Masks".') == "see the table :ref:`Masks <masks>`."


@pytest.mark.parametrize(
    "title, said",
    [("Denser", "no page has"), ("Twice", "c/b and d/e have")],
)
def test_a_title_that_leads_nowhere_is_a_warning(title, said, monkeypatch):
    warnings = []
    monkeypatch.setattr(
        page_links.logger,
        "warning",
        lambda text, *words, **_: warnings.append(text % words),
    )
    linked(f'the page "{title}"')
    assert warnings == [f'{said} the title "{title}"']


def test_each_page_that_is_named_is_there():
    titles = page_links.find_titles()
    assert len(titles) > 200
    assert titles["Dense with relu"] == ["dense/plot_relu"]


# Other pages without a title would not be links: "the page on SGD", "the next page".
UNNAMED = re.compile(r"\bpages? (?:on|about)\b|\b(?:next|last|previous|other) pages?\b")


@pytest.mark.parametrize("page", SCRIPTS, ids=name_of)
def test_a_page_names_others_by_their_titles(page):
    blocks = split_code_and_text_blocks(str(page))[1]
    text = " ".join(block.content for block in blocks if block.type == "text")
    assert UNNAMED.findall(" ".join(text.split())) == []


def test_pages_without_a_title_are_noticed():
    found = UNNAMED.findall('see the next page, the page on SGD, the page "Dense"')
    assert found == ["next page", "page on"]
