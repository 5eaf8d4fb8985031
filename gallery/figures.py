"""The figures of pages, and the numbers of those that readers can touch.

Figures are SVG: sharp on every screen, and light. The first of a page is drawn again for
its card, which docs/_ext/cards.py puts in the place of Sphinx-Gallery's thumbnail.

Where a cell asks for it, with ``# sphinx_gallery_moving_picture = True``, the numbers of
its figure are kept as well, for docs/_static/moving_picture.js. Which picture it is, tell
the names of variables: PICTURES.
"""

import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sphinx.errors import ExtensionError
from sphinx_gallery.py_source_parser import extract_file_config
from sphinx_gallery.scrapers import matplotlib_scraper

from gallery.cards import draw_card
from gallery.paths import GALLERY, name_of


def number_ids(path):
    """Number the ids of an SVG; Matplotlib's depend on the last bits of its layout."""
    text = path.read_text()
    for number, name in enumerate(re.findall(r'id="([a-z][0-9a-f]{10})"', text)):
        text = text.replace(name, f"{name[0]}{number}")
    path.write_text(text)


def slide(x, kernel, strides, padding):
    """A convolution of one image, (height, width), with one kernel, (rows, columns)."""
    if padding == "same":
        axes = zip(x.shape, kernel.shape)
        zeros = [max(0, (-(-n // strides) - 1) * strides + k - n) for n, k in axes]
        x = np.pad(x, [(count // 2, count - count // 2) for count in zeros])
    patches = np.lib.stride_tricks.sliding_window_view(x, kernel.shape)
    return np.einsum("ijuv,uv->ij", patches[::strides, ::strides], kernel)


def attend(query, key, value):
    """Attention of one sample: its weights, (queries, values), and y, (queries, units)."""
    scores = query @ key.T
    powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    weights = powers / np.sum(powers, axis=-1, keepdims=True)
    return weights, weights @ value


def attention_of(page):
    """Attention without arguments, of the first sample."""
    numbers = {name: page[name][0] for name in ("query", "key", "value")}
    computed = dict(zip(("attention_weights", "y"), attend(**numbers)))
    return numbers, computed, {name: page[name][0] for name in computed}


def product_of(page):
    """A matrix product of x and a kernel, maybe with a bias."""
    numbers = {"x": page["x"], "W": page["kernel"]}
    if "bias" in page:
        numbers["b"] = page["bias"][np.newaxis]
    y = page["x"] @ page["kernel"] + numbers.get("b", 0)
    return numbers, {"y": y}, {"y": page["y"]}


def convolution_of(page):
    """A convolution with one sample, channel and filter."""
    numbers = {"x": page["x"][0, :, :, 0], "W": page["kernel"][:, :, 0, 0]}
    if "bias" in page:
        numbers["b"] = page["bias"][np.newaxis]
    options = page.get("strides", 1), page.get("padding", "valid")
    y = slide(numbers["x"], numbers["W"], *options) + numbers.get("b", 0)
    return numbers, {"y": y}, {"y": page["y"][0, :, :, 0]}


def fork_of(page):
    """A small network in which x goes two ways: backpropagation."""
    numbers = page["drawn"]
    x, w, v, t = (np.array(numbers[name]) for name in ("x", "w", "v", "t"))
    y_gradient = 2 * (np.maximum(0, x * w) @ v - t)
    computed = {"x_gradient": w @ (y_gradient * v * (x * w > 0))}
    return numbers, computed, page


def descent_of(page):
    """Paths into a valley: of each, the learning rate and the momentum."""
    numbers = {name: page[name] for name in ("start", "curvature", "best")}
    numbers["steps"] = len(page["steps"])
    return numbers, {}, {}


def gates_of(page):
    """The gates of one unit of an LSTM, and its cell state, over steps."""
    numbers = {"x": page["ones"].ravel(), **page["gates"]}
    counts, c = [], 0
    for i, f, g in zip(*map(numbers.get, "ifg")):
        c = f * c + i * g
        counts.append(c)
    return numbers, {"counts": np.array(counts)}, {"counts": np.ravel(page["counts"])}


def clocks_of(page):
    """Pairs of features as hands of clocks, for two steps."""
    return {"divisors": page["divisors"], "steps": 60}, {}, {}


def softmax_of(page):
    """Softmax of the first sample's logits, and its target."""
    numbers = {"z": page["logits"][0], "t": page["target"][0]}
    weights = attend(np.ones((1, 1)), numbers["z"][:, np.newaxis], np.zeros((3, 1)))[0]
    return numbers, {"p": weights}, {"p": page["p"][:1]}


# By the names of variables that a page has: what picture it is, and what gives its numbers,
# what is computed from them, and what the page has of this.
PICTURES = {
    ("query", "attention_weights"): ("attention", attention_of),
    ("drawn",): ("fork", fork_of),
    ("curvature", "best"): ("descent", descent_of),
    ("gates", "counts"): ("gates", gates_of),
    ("divisors",): ("clocks", clocks_of),
    ("logits", "target"): ("softmax", softmax_of),
    ("x", "kernel", "y"): ("dense", product_of),
}


def picture_of(page):
    """Return the picture of a page's variables: {"kind": its name, "numbers": {name: list
    or number}, "chosen": [what is chosen at first, such as "strides=2"]}.

    Raises ExtensionError where the page has computed something else than the picture.
    """
    found = [PICTURES[names] for names in PICTURES if set(names) <= set(page)]
    kind, numbers_of = found[0]
    chosen = []
    if kind == "dense" and page["kernel"].ndim == 4:
        kind, numbers_of = "convolution", convolution_of
        chosen = [f"strides={page.get('strides', 1)}"]
        chosen.append(f'padding="{page.get("padding", "valid")}"')
    numbers, computed, of_page = numbers_of(page)
    tolerance = 1000 * np.finfo("float32").eps
    for name, expected in computed.items():
        actual = np.asarray(of_page[name])
        if actual.shape != expected.shape or not np.allclose(
            actual, expected, tolerance, tolerance * np.max(np.abs(expected))
        ):
            raise ExtensionError(f"the moving picture ({kind}) has another {name}")
    numbers = json.loads(json.dumps(numbers, default=lambda array: array.tolist()))
    return {"kind": kind, "numbers": numbers, "chosen": chosen}


def asks_for_picture(source, line):
    """Whether the cell that begins at a line of a page asks for a picture to touch."""
    cell = source.split("\n", line - 1)[-1].split("\n# %%")[0]
    return extract_file_config(cell).get("moving_picture", False)


def card_of(page):
    """Return where the picture of a page's card is kept, "section/stem"."""
    section, stem = page.split("/")
    return GALLERY / section / f"images/cards/sphx_glr_{stem}_card.svg"


def save_card(figure, source):
    path = card_of(name_of(source))
    path.parent.mkdir(exist_ok=True)
    draw_card(figure, path)
    number_ids(path)


def scrape(block, block_vars, gallery_conf):
    """Save the figures of a block as SVG; return the reStructuredText that shows them.

    Sphinx-Gallery calls it after each block of code.
    """
    paths, drawn = block_vars["image_path_iterator"], plt.get_fignums()
    first = plt.figure(drawn[0]) if drawn and not len(paths) else None
    figures = matplotlib_scraper(
        block, block_vars, gallery_conf, format="svg", metadata={"Date": None}
    )
    for path in paths.paths:
        number_ids(Path(path).with_suffix(".svg"))
    source = Path(block_vars["src_file"])
    if first:  # Matplotlib's list of figures is empty by now; this is the figure itself
        save_card(first, source)
    if not figures or not asks_for_picture(source.read_text(), block[2]):
        return figures
    page = name_of(source)
    picture = picture_of(block_vars["example_globals"])
    (GALLERY / f"{page}.picture.json").write_text(json.dumps(picture))
    return f"{figures}\n.. moving-picture:: {page}\n"
