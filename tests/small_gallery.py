"""A gallery of three small pages, for what the build does with any page.

They need NumPy alone, unless a test is about Keras.
"""

import re
import shutil

from project import ROOT, copy_sources, skip_notebook

from gallery.keras_facts import KEPT, read_facts

NAMES = ("small/plot_second", "small/plot_first", "small/plot_unlisted")  # in order

PAGE = '''"""
{title}
{rule}

A matrix product, and a bias.

.. math:: y = x W + b
"""

import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------

x = np.array([[1, 2], [3, 4], [-5, 6]])  # (batch, features)
kernel = np.array([[1, 2, -3], [4, -5, 6]])  # (features, units)
bias = np.array([7, 8, 9])
{y}

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

# sphinx_gallery_moving_picture = True
plt.figure(figsize=(3, 2))
plt.imshow(y)
plt.title("The output of {title}")
plt.show()
'''

IN_NUMPY = "y = np.tensordot(x, kernel, axes=1) + bias"

IN_KERAS = """\
import keras

dense = keras.layers.Dense(3)
dense.build((None, 2))
print(dense.name, dense.get_weights()[0])  # the same in each build
dense.set_weights([kernel, bias])
y = keras.ops.convert_to_numpy(dense(x))"""

# What the build asks of Keras and TensorFlow, for pages that use neither: to import them
# takes longer than all else that the build of three pages does.
STAND_IN = """\
import sys
from types import SimpleNamespace
from unittest.mock import MagicMock

__version__ = "3.0.0"
config, utils = MagicMock(), MagicMock()
sys.modules["tensorflow"] = SimpleNamespace(__version__="2.0.0")
sys.modules["tensorflow.python.framework.ops"] = MagicMock()
"""

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
    returned; in the place of Keras stands what needs no time to import."""
    copy_sources(folder)
    for code in (folder / "tests").glob("**/*.py"):
        code.unlink()  # of which a build needs nothing
    for section in (folder / "examples").glob("*/"):
        shutil.rmtree(section)
    (folder / "examples/small").mkdir()
    (folder / "examples/small/GALLERY_HEADER.rst").write_text(SECTION)
    (folder / "examples/order.txt").write_text("\n".join(NAMES[:2]) + "\n")
    for name in NAMES:
        title = name.removeprefix("small/plot_").capitalize()
        text = PAGE.format(title=title, rule="=" * len(title), y=IN_NUMPY)
        page_of(folder, name).write_text(text)
    (folder / "keras.py").write_text(STAND_IN)
    skip_notebook(folder)
    (folder / "docs/my_port.ipynb").unlink()
    lend_facts(folder)
    texts = {text.stem: text for text in (folder / "docs").glob("*.rst")}
    for name in set(texts) - {"404", "glossary", "index"}:
        texts[name].unlink()
    (folder / "docs/search_terms.toml").write_text("")
    texts["index"].write_text(INDEX)
    glossary = texts["glossary"].read_text()
    texts["glossary"].write_text(re.sub(":doc:`.*?`", "a page", glossary))
    return folder


def lend_facts(folder):
    """Let a copy of the project know what Keras would tell it."""
    read_facts()  # now they are kept
    kept = folder / KEPT.relative_to(ROOT)
    kept.parent.mkdir(parents=True)
    shutil.copy(KEPT, kept)


def let_keras_compute(folder):
    """Let the pages ask Keras, and not what stands in its place."""
    (folder / "keras.py").unlink()
    for page in folder.glob("examples/small/plot_*.py"):
        page.write_text(page.read_text().replace(IN_NUMPY, IN_KERAS))


def link_hard_silu(folder, name):
    """Let a page use a function of the library; return the page."""
    page, place = page_of(folder, name), "expected = x @ kernel + bias\n"
    use = "from keras_by_hand import hard_silu\n\nhard_silu(x)\n"
    page.write_text(page.read_text().replace(place, f"{place}{use}"))
    return page


def page_of(folder, name):
    return folder / f"examples/{name}.py"
