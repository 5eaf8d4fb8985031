"""The figures of pages, and the numbers of those that readers can touch.

Figures are SVG: sharp on every screen, and light. Where a page asks for it, with
``# sphinx_gallery_moving_picture = True``, the numbers of its figure are kept as well: an
entry of y and what made it, in a matrix product, a convolution or attention.
"""

import json
import re
from pathlib import Path

import numpy as np
from sphinx.errors import ExtensionError
from sphinx_gallery.py_source_parser import extract_file_config
from sphinx_gallery.scrapers import matplotlib_scraper

from gallery.paths import GALLERY, name_of


def number_ids(path):
    """Number the ids of an SVG; Matplotlib's depend on the last bits of its layout."""
    text = path.read_text()
    for number, name in enumerate(re.findall(r'id="([a-z][0-9a-f]{10})"', text)):
        text = text.replace(name, f"{name[0]}{number}")
    path.write_text(text)


def slide(x, kernel):
    """A convolution of one image, (height, width), with one kernel, (rows, columns)."""
    patches = np.lib.stride_tricks.sliding_window_view(x, kernel.shape)
    return np.einsum("ijuv,uv->ij", patches, kernel)


def attend(query, key, value):
    """Attention of one sample: its weights, (queries, values), and y, (queries, units)."""
    scores = query @ key.T
    powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    weights = powers / np.sum(powers, axis=-1, keepdims=True)
    return weights, weights @ value


def attention_of(variables):
    """Return the arrays of a picture of attention: those of the first sample."""
    arrays = {name: variables[name][0] for name in ("query", "key", "value")}
    tolerance = 1000 * np.finfo("float32").eps
    for name, expected in zip(("attention_weights", "y"), attend(**arrays)):
        actual = variables[name][0]
        if actual.shape != expected.shape or not np.allclose(
            actual, expected, tolerance, tolerance * np.max(np.abs(expected))
        ):
            raise ExtensionError(
                f"the moving picture shows attention without arguments only: {name}"
            )
    return arrays


def product_of(variables):
    """Return the name of a layer with a kernel, and the arrays of its picture."""
    x, kernel, y = (variables[name] for name in ("x", "kernel", "y"))
    layer, multiply = "dense", np.matmul
    if kernel.ndim == 4:
        layer, multiply = "convolution", slide
        x, kernel, y = x[0, :, :, 0], kernel[:, :, 0, 0], y[0, :, :, 0]
    arrays = {"x": x, "W": kernel}
    if "bias" in variables:
        arrays["b"] = variables["bias"][np.newaxis]
    if not np.array_equal(y, multiply(x, kernel) + arrays.get("b", 0)):
        raise ExtensionError("the moving picture shows a product or a convolution only")
    return layer, arrays


def picture_of(variables):
    """Return the name of a layer and the arrays of its picture, as lists.

    "dense": {"x": (batch, features), "W": (features, units)}, or "convolution", where x is
    an image and the page's arrays have one sample, channel and filter: {"x": (height,
    width), "W": (rows, columns)}. With a bias also "b": (1, units). Or "attention", of the
    first sample of the page's arrays: {"query": (queries, features), "key": (values,
    features), "value": (values, units)}.

    Raises ExtensionError where the page's y, or the weights of attention, are not what the
    moving picture computes.
    """
    if "query" in variables:
        layer, arrays = "attention", attention_of(variables)
    else:
        layer, arrays = product_of(variables)
    return {
        "layer": layer,
        "arrays": {name: array.tolist() for name, array in arrays.items()},
    }


def scrape(block, block_vars, gallery_conf):
    """Save the figures of a block as SVG; return the reStructuredText that shows them.

    Sphinx-Gallery calls it after each block of code.
    """
    figures = matplotlib_scraper(
        block, block_vars, gallery_conf, format="svg", metadata={"Date": None}
    )
    for path in block_vars["image_path_iterator"].paths:
        number_ids(Path(path).with_suffix(".svg"))
    source = Path(block_vars["src_file"])
    asked_for = extract_file_config(source.read_text()).get("moving_picture")
    if not figures or not asked_for:
        return figures
    page = name_of(source)
    picture = picture_of(block_vars["example_globals"])
    (GALLERY / f"{page}.picture.json").write_text(json.dumps(picture))
    return f"{figures}\n.. moving-picture:: {page}\n"
