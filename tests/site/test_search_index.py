"""What the search can find: every page and its parts, by words and without code."""

from types import SimpleNamespace

import pytest
import search_index
from docutils import nodes
from project import HTML, SITE
from searching import read_index
from sphinx.errors import ExtensionError

from gallery.search_index import Page, Place, find_words, make_index

GENERATED = {"404.html", "genindex.html", "search.html"}


def test_every_page_can_be_found():
    found = [address for address, *_ in read_index(SITE)["pages"]]
    assert sorted(found) == sorted(set(HTML) - GENERATED)


def test_what_is_found_is_there():
    for address, _, _, places in read_index(SITE)["pages"]:
        text = (SITE / address).read_text()
        anchors = [anchor for _, anchor, _ in places]
        assert anchors[0] == "" and "" not in anchors[1:], address
        for anchor in anchors[1:]:
            assert f'id="{anchor}"' in text, f"{address}#{anchor}"


def test_sections_terms_and_entries_are_found_by_themselves():
    titles = {
        f"{address}#{anchor}": title
        for address, _, _, places in read_index(SITE)["pages"]
        for title, anchor, _ in places
    }
    assert titles["reference/recurrent.html#gru"] == "GRU"
    assert titles["glossary.html#term-logits"] == "logits"
    assert titles["versions.html#sparsemax"] == "sparsemax"
    lessons = [
        place for place in titles if "/plot_" in place and not place.endswith("#")
    ]
    assert lessons == []


def test_code_is_left_out_and_messages_are_not():
    code = nodes.literal_block("", "np.add(x, y)", language="python")
    message = nodes.literal_block("", "ValueError: no such layer", language="none")
    launch = nodes.container("", nodes.paragraph("", "Launch"), classes=["page-links"])
    assert search_index.is_left_out(code)
    assert search_index.is_left_out(launch)
    assert not search_index.is_left_out(message)
    section = nodes.section("", nodes.title("", "T"), message, nodes.section())
    assert list(search_index.find_texts(section)) == ["ValueError: no such layer"]


@pytest.mark.parametrize(
    "text, shown",
    [
        ("A layer that adds numbers. It has weights.", "A layer that adds numbers."),
        ("No. A first sentence this short says too little.", None),
        ("word " * 40, ("word " * 23).strip() + " ..."),
        ("", ""),
    ],
)
def test_the_first_sentence_is_shown(text, shown):
    expected = text if shown is None else shown
    assert search_index.first_sentence([text] if text else []) == expected


def test_words_are_stems_and_parts_of_names():
    assert find_words("What do the Masks of mask_zero mask?") == (
        ["mask", "mask_zero", "mask", "zero", "mask"]
    )
    assert find_words("BatchNorm2d in Keras 3.16") == (
        ["batchnorm2d", "batch", "norm2d", "kera", "3.16"]
    )


def test_the_index_counts_words_by_place():
    gru = Page("gru.html", "gallery", ["gate"], [Place("GRU", "", "", "gate gate 7")])
    other = Page(
        "b.html", "b", [], [Place("B", "", "", ""), Place("C", "c", "", "gate")]
    )
    index = make_index([gru, other])
    assert index["words"] == ["b", "c", "gate", "gru"]
    assert index["fields"] == ("title", "terms", "text")
    assert index["lengths"] == [[1, 1, 1], [1, 0, 0], [1, 0, 1]]
    assert index["counts"] == ["2,,", "3,,", ",1,1 -2 2", "1,,"]


def test_words_for_no_page_are_refused(monkeypatch):
    monkeypatch.setattr(search_index, "find_terms", dict)
    monkeypatch.setattr(
        search_index, "find_terms_of_others", lambda: {"no_page": ["a word"]}
    )
    app = SimpleNamespace(env=SimpleNamespace(found_docs={"index"}))
    with pytest.raises(
        ExtensionError, match=r"search_terms\.toml names no page: no_page$"
    ):
        search_index.find_pages(app)
