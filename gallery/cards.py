"""The picture of a page's card: its figure, drawn again so small that it stays legible.

A figure shrunk to a card is grey: its words are too small, its lines too thin. So a card
has no title, label or legend, two ticks at most, thicker lines, and only words that fit.
(A drawing of words alone is only made smaller.)
"""

from matplotlib.ticker import AutoLocator, MaxNLocator, NullLocator
from matplotlib.transforms import Bbox

SIZE = 160 / 96, 114 / 96  # inches of 96 pixels; site.css has the same proportions
WORDS = 7.5  # points: 10 pixels
MOST_SIGNS = 5  # of a number at a tick, or of a word in the figure
GAP = 1.5  # pixels that a word has around itself
MOST_PANELS = 2  # that have room for words
THIN = 1.5  # points: a line has at least these, the edge of a marker at most
MARKER = 4  # points: what shrinks with the figure stays as large as this
NICE = MaxNLocator(2, steps=[1, 2, 5, 10])  # numbers that are easily read


def draw_card(figure, path):
    """Save a figure, which is changed for it, as the picture of a card."""
    scale = SIZE[0] / figure.get_figwidth()
    figure.set_size_inches(SIZE)
    figure.suptitle("")
    for mark in [*figure.texts, *figure.legends, *find_colorbars(figure)]:
        mark.remove()
    for axes in figure.axes:
        simplify(axes, scale, has_room=len(figure.axes) <= MOST_PANELS)
    figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.02)
    figure.draw_without_rendering()  # now words have their places
    for axes in figure.axes:
        if axes.has_data() and not fit(axes.texts):
            for word in [*axes.texts]:
                word.remove()
    figure.savefig(path, format="svg", metadata={"Date": None})


def find_colorbars(figure):
    return [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]


def simplify(axes, scale, has_room):
    """Leave out what a card has no room for, and draw the rest thicker; scale: how much
    smaller the card is than the figure."""
    axes.set(xlabel="", ylabel="")
    for place in ("left", "center", "right"):
        axes.set_title("", loc=place)
    if axes.get_legend():
        axes.get_legend().remove()
    axes.tick_params(labelsize=WORDS, length=2, pad=1.5)
    for scaled in (axes.xaxis, axes.yaxis):
        scaled.set_minor_locator(NullLocator())
        scaled.set_ticks(*find_ticks(scaled, has_room and not axes.images))
    for word in axes.texts:
        size = WORDS if axes.has_data() else word.get_fontsize() * scale
        word.set(fontsize=size, in_layout=False, visible=has_room)
    for line in axes.lines:
        width = line.get_linewidth()
        line.set_linewidth(max(THIN, width) if has_room else max(1, width / 2))
        line.set_markeredgewidth(min(THIN, line.get_markeredgewidth()))
        size = line.get_markersize()
        line.set_markersize(min(size, max(MARKER, size * scale)))


def find_ticks(axis, has_room):
    """Return the places and the words of the ticks of an axis: two numbers, or none."""
    if not has_room or not isinstance(axis.get_major_locator(), AutoLocator):
        return [], []
    low, high = sorted(axis.get_view_interval())
    inside = [t for t in NICE.tick_values(low, high) if low <= t <= high]
    ticks = dict.fromkeys([*inside[:1], *inside[-1:]])
    words = [f"{tick:g}".replace("-", "\N{MINUS SIGN}") for tick in ticks]
    are_short = all(len(word) <= MOST_SIGNS for word in words)
    return (list(ticks), words) if are_short else ([], [])


def fit(words):
    """Whether words are short and stand apart: some of them alone would mislead."""
    boxes = [word.get_window_extent().padded(GAP) for word in words]
    return all(len(word.get_text()) <= MOST_SIGNS for word in words) and all(
        Bbox.count_overlaps(box, boxes) == 1 for box in boxes
    )
