r"""
output_mode of lookup layers: one_hot, multi_hot, count, tf_idf
===============================================================

A ``Dense`` layer needs vectors, not places in a vocabulary. ``StringLookup``
and ``IntegerLookup`` can return them, with an entry for each token. "one_hot"
gives a vector for each word, the others one for each sample: "multi_hot" says
what occurs in it, "count" how often, and "tf_idf" multiplies the count by a
weight of the token.

.. math::

   \text{count}_t &= \text{number of tokens } t \text{ in a sample} \\
   \text{tf-idf}_t &= \text{count}_t \; w_t

:math:`w_t` is the weight of token :math:`t`. You pass it, or ``adapt`` computes
it: the page "N-grams and TF-IDF" has the formula. Unknown tokens, which are out
of the vocabulary (OOV), get the mean of the weights.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import StringLookup

if keras.backend.backend() != "tensorflow":
    raise SystemExit("This page needs TensorFlow: set KERAS_BACKEND=tensorflow")

# %%
# Build it
# --------
# Entry 0 is for unknown tokens, and none for mask tokens. (``max_tokens`` with
# ``pad_to_max_tokens=True`` would add zeros, up to this number of entries. With
# ``sparse=True`` you get a ``SparseTensor``, which leaves out the zeros.)
words = np.array([["cat", "dog", "emu"], ["cat", "", "cat"]])
options = {"vocabulary": ["cat", "dog"], "mask_token": ""}
one_hot = StringLookup(output_mode="one_hot", **options)(words)
multi_hot = StringLookup(output_mode="multi_hot", **options)(words)
count = StringLookup(output_mode="count", **options)(words)
weights = {"idf_weights": [0.5, 1.5]}  # of "cat" and "dog"
tf_idf = StringLookup(output_mode="tf_idf", **weights, **options)(words)

# %%
# Compute it
# ----------
# Compare each word's place with those of all three tokens: that gives a vector
# for each word. Write -1 for a mask token: it equals no place, and gets zeros.
# Over the words of a sample, ``any`` tells what occurs, and the sum how often.

indices = np.array([[1, 2, 0], [1, -1, 1]])  # (batch, length)
rows = indices[:, :, np.newaxis] == np.arange(3)  # (batch, length, tokens)
occurs = rows.any(axis=1)  # (batch, tokens)
how_often = rows.sum(axis=1)  # (batch, tokens)
importance = how_often * [np.mean([0.5, 1.5]), 0.5, 1.5]  # (batch, tokens)

# %%
# Check it
# --------
results = [one_hot, multi_hot, count, tf_idf]
for y, expected in zip(results, [rows, occurs, how_often, importance]):
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(y), expected)

# %%
# Break it
# --------
# With ``output_mode="int"``, the mask token has place 0 and moves the others by
# one. So vectors of these places have a column too many: drop the first one.
wrong = (indices + 1)[:, :, np.newaxis] == np.arange(4)
print("right:", how_often[0], "wrong:", wrong.sum(axis=1)[0])
np.testing.assert_array_equal(wrong[:, :, 1:], rows)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** Of inputs with three axes,
#    ``StringLookup`` sums over the second one. The documentation says that it
#    is the last. So give it two axes, (batch, length).

three = StringLookup(output_mode="count", **options)(words[:, np.newaxis])
print("right:", (2, 1, 3), "wrong:", three.shape)
np.testing.assert_array_equal(three, rows)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``StringLookup``
#    documents "tf_idf" with ``sparse``, but raises an error for a batch.
#    "one_hot" puts mask tokens at an index that the vector does not have.
#    Without ``sparse``, both work.

sparse = StringLookup(output_mode="tf_idf", sparse=True, **weights, **options)
np.testing.assert_raises(Exception, sparse, words)
y = StringLookup(output_mode="one_hot", sparse=True, **options)(["dog", ""])
print("columns:", y.indices.numpy()[:, 1], "of", y.shape[1])
np.testing.assert_array_equal(y.indices[:, 1], [2, 2**63 - 1])

# %%
# See it
# ------
fig, axes = plt.subplots(1, 3, figsize=(6, 2), layout="constrained")
fig.suptitle("Above: [cat, dog, emu]. Below: [cat, mask, cat]")
titles = "multi_hot", "count", "tf_idf"
for axis, title, table in zip(axes, titles, [occurs, how_often, importance]):
    axis.imshow(table, cmap="Blues", vmin=0, vmax=4)
    for (row, column), entry in np.ndenumerate(table):
        axis.text(column, row, f"{entry:g}", color="k", ha="center")
    axis.set(title=title, xticks=range(3), yticks=[])
    axis.set_xticklabels(["OOV", "cat", "dog"])
plt.show()
