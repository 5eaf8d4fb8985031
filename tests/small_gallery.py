"""A gallery of three small pages, for what the build does with any page."""

import re
import shutil

from project import copy_sources, skip_notebook

NAMES = ("small/plot_second", "small/plot_first", "small/plot_unlisted")  # in order

PAGE = '''"""
{title}
{rule}

A ``Dense`` layer multiplies its input by its kernel and adds its bias.

.. math:: y = x W + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# sphinx_gallery_moving_picture = True

# %%
# Build it
# --------

x = np.array([[1, 2], [3, 4], [-5, 6]])  # (batch, features)
dense = keras.layers.Dense(3)
dense.build((None, 2))
print(dense.name, dense.get_weights()[0])  # the same in each build
kernel = np.array([[1, 2, -3], [4, -5, 6]])  # (features, units)
bias = np.array([7, 8, 9])
dense.set_weights([kernel, bias])
y = keras.ops.convert_to_numpy(dense(x))

# %%
# Compute it
# ----------

expected = x @ kernel + bias

# %%
# Check it
# --------

np.testing.assert_array_equal(y, expected)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(y / 3, expected / 3, rtol=tolerance)

# %%
# See it
# ------

plt.figure(figsize=(3, 2))
plt.imshow(y)
plt.title("The output of {title}")
plt.show()
'''

INDEX = """\
A small gallery
===============

.. toctree::

   auto_examples/index
   check_your_model
   glossary
"""

SECTION = """\
Small
-----

Pages on which something may be tried.
"""


def write(folder):
    """Write a copy of the project with this gallery into a new folder, which is
    returned."""
    copy_sources(folder)
    for section in (folder / "examples").glob("*/"):
        shutil.rmtree(section)
    (folder / "examples/small").mkdir()
    (folder / "examples/small/GALLERY_HEADER.rst").write_text(SECTION)
    (folder / "examples/order.txt").write_text("\n".join(NAMES[:2]) + "\n")
    for name in NAMES:
        title = name.removeprefix("small/plot_").capitalize()
        text = PAGE.format(title=title, rule="=" * len(title))
        page_of(folder, name).write_text(text)
    skip_notebook(folder)
    texts = {text.stem: text for text in (folder / "docs").glob("*.rst")}
    for name in set(texts) - {"404", "glossary", "index"}:
        texts[name].unlink()
    texts["index"].write_text(INDEX)
    glossary = texts["glossary"].read_text()
    texts["glossary"].write_text(re.sub(":doc:`.*?`", "a page", glossary))
    return folder


def link_hard_silu(folder, name):
    """Let a page use a function of the library; return the page."""
    page, place = page_of(folder, name), "expected = x @ kernel + bias\n"
    use = "from keras_by_hand import hard_silu\n\nhard_silu(x)\n"
    page.write_text(page.read_text().replace(place, f"{place}{use}"))
    return page


def page_of(folder, name):
    return folder / f"examples/{name}.py"
