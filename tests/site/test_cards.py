"""Cards: the figure of a page, drawn again so small that it stays legible."""

import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup
from project import HTML, PAGES, SITE

from gallery.cards import MOST_SIGNS, SIZE, draw_card
from gallery.kinds import NOTE, kind_of
from gallery.paths import name_of

WIDTH, HEIGHT = (72 * inches for inches in SIZE)  # points, as in SVG


def read(file):
    return ElementTree.parse(file).getroot()


@pytest.fixture
def drawn(tmp_path):
    """What draws the card of a figure, and returns its SVG."""

    def draw(figure):
        draw_card(figure, tmp_path / "card.svg")
        plt.close(figure)
        return read(tmp_path / "card.svg")

    with plt.rc_context({"svg.fonttype": "none"}):
        yield draw


def words(card):
    return [text.text for text in card.iter("{http://www.w3.org/2000/svg}text")]


def test_a_card_has_two_numbers_at_an_axis_and_no_other_words(drawn):
    figure, axis = plt.subplots(figsize=(6, 4))
    figure.suptitle("All")
    figure.text(0, 0, "below")
    axis.plot([-10, 10], [0, 1], linewidth=0.5, label="line")
    axis.set(title="Title", xlabel="x", ylabel="y")
    axis.legend()
    card = drawn(figure)
    assert words(card) == ["\N{MINUS SIGN}10", "10", "0", "1"]
    assert card.get("width") == f"{WIDTH:g}pt" and card.get("height") == f"{HEIGHT}pt"
    assert axis.lines[0].get_linewidth() == 1.5


def test_axes_without_room_have_no_words(drawn):
    figure, axes = plt.subplots(2, 2)
    axes[0, 0].text(0, 0, "word")
    assert words(drawn(figure)) == []
    figure, axis = plt.subplots()
    axis.plot([1e-9, 2e-9])  # numbers of many signs
    assert all(len(word) <= MOST_SIGNS for word in words(drawn(figure)))
    figure, axis = plt.subplots()
    axis.semilogy([1, 1000])
    axis.set_xticks([0, 1], ["no", "yes"])
    assert words(drawn(figure)) == []
    figure, axis = plt.subplots()
    figure.colorbar(axis.imshow(np.eye(9)))
    assert words(drawn(figure)) == []


@pytest.mark.parametrize(
    "columns, word, fits", [(3, "12", True), (24, "12", False), (2, "too long", False)]
)
def test_words_in_cells_are_shown_all_or_none(drawn, columns, word, fits):
    figure, axis = plt.subplots()
    axis.imshow(np.zeros((1, columns)))
    for column in range(columns):
        axis.text(column, 0, word, ha="center")
    assert words(drawn(figure)) == [word] * columns * fits


def test_a_marker_that_frames_a_cell_shrinks_with_it(drawn):
    figure, axis = plt.subplots(figsize=(6, 4))
    (frame,) = axis.plot([0], [0], "s", markersize=45)
    (point,) = axis.plot([1], [0], "o", markersize=6)
    drawn(figure)
    assert frame.get_markersize() == pytest.approx(45 * SIZE[0] / 6)
    assert point.get_markersize() == 4


def test_a_drawing_of_words_alone_is_made_smaller(drawn):
    figure, axis = plt.subplots(figsize=(6, 4))
    axis.text(0.5, 0.5, "a cell of a network", fontsize=12)
    axis.axis("off")
    assert words(drawn(figure)) == ["a cell of a network"]
    assert axis.texts[0].get_fontsize() == pytest.approx(12 * SIZE[0] / 6)


def test_the_card_of_each_page_is_drawn_small():
    pictures = {}
    for name in HTML:
        if re.fullmatch(r"auto_examples/\w+/index\.html", name):
            page = BeautifulSoup((SITE / name).read_text(), "html.parser")
            for image in page.select(".sphx-glr-thumbcontainer img"):
                file = (SITE / name).parent / image["src"]
                pictures[file.name] = read(file)
    shown = [page for page in PAGES if kind_of(name_of(page)) != NOTE]
    assert len(pictures) == len(shown)
    for name, picture in pictures.items():
        assert picture.get("width") == f"{WIDTH:g}pt", name
