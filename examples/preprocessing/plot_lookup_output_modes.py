r"""
output_mode of StringLookup and IntegerLookup: one_hot to tf_idf
================================================================

Instead of places in the vocabulary, lookup layers can return vectors with an
entry for each token: "count" says how often it occurs in a sample, "multi_hot"
whether it does, and "tf_idf" multiplies the count by a weight of the token.

.. math::

   \text{count}_t &= \text{number of tokens } t \\
   \text{tf-idf}_t &= \text{count}_t \; w_t

Unknown tokens (OOV) get the mean of the weights. With "one_hot", each token has
a vector of its own.
"""

import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import IntegerLookup, StringLookup

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: these layers use its tables")

# %%
# Build it
# --------
# Place 0 is that of unknown tokens. Mask tokens are left out.

options = {"vocabulary": ["cat", "dog"], "mask_token": ""}
words = np.array([["cat", "dog", "emu"], ["cat", "", "cat"]])
counting = StringLookup(output_mode="count", **options)
counts = keras.ops.convert_to_numpy(counting(words))
print(counts)

indices = np.array([[1, 2, 0], [1, -1, 1]])  # of the words; -1: a mask token

# %%
# Compute it
# ----------


def encode_indices(indices, size, depth, output_mode, idf_weights=None):
    """Vectors (..., depth) of integers, of which -1 is left out.

    size: number of tokens; idf_weights: of all, or without the special ones.
    Except for "one_hot", the second axis of ``indices`` is summed over.
    """
    if output_mode == "int":
        return indices
    indices = np.atleast_1d(indices)
    if output_mode != "one_hot":
        indices = np.moveaxis(indices, min(indices.ndim, 2) - 1, -1)
    elif indices.ndim == 1 or indices.shape[-1] != 1:
        indices = indices[..., np.newaxis]
    counts = np.zeros((*indices.shape[:-1], depth + 1), dtype="int64")
    *rows, _ = np.indices(indices.shape, sparse=True)
    np.add.at(counts, (*rows, indices), 1)
    counts = counts[..., :-1]  # without those at -1
    if output_mode == "multi_hot":
        return np.minimum(counts, 1)
    if output_mode != "tf_idf":
        return counts
    given = np.asarray(idf_weights)[:size]
    weights = np.zeros(depth)
    weights[:size] = np.mean(given)  # for OOV indices
    weights[size - len(given) : size] = given
    return counts * weights


# %%
# Check it
# --------
# ``pad_to_max_tokens`` adds zeros, as for tokens to come.

np.testing.assert_array_equal(counts, encode_indices(indices, 3, 3, "count"))

numbers = np.array([[20, 10, 7], [20, 0, 20]])  # the same tokens, as integers
known = {"vocabulary": [20, 10], "mask_token": 0}
cases = (StringLookup, options, words), (IntegerLookup, known, numbers)
padding = {"max_tokens": 5, "pad_to_max_tokens": True}
weights = [0.5, 1.5]  # of "cat" and "dog", 20 and 10
for kind, arguments, x in cases:
    for mode in ("one_hot", "multi_hot", "count", "tf_idf"):
        given = {"output_mode": mode, **arguments}
        if mode == "tf_idf":
            given["idf_weights"] = weights
        for depth, layer in ((3, kind(**given)), (5, kind(**given, **padding))):
            for part in (np.s_[:], np.s_[:, :1], 0):  # of the inputs
                y = keras.ops.convert_to_numpy(layer(x[part]))
                y_part = encode_indices(indices[part], 3, depth, mode, weights)
                np.testing.assert_array_equal(y, y_part)

# %%
# .. warning:: **Seen in Keras 3.15.1:** of inputs with three axes, the second
#    one is summed over. The documentation says that the last is.

three = keras.ops.convert_to_numpy(counting(words[np.newaxis]))
expected = encode_indices(indices[np.newaxis], 3, 3, "count")
np.testing.assert_array_equal(three, expected)

# %%
# Break it
# --------
# Would you give the mask token an entry? It has a place only with "int".

wrong = encode_indices(indices + 1, 4, 4, "count")
print("right:", *counts, "wrong:", *wrong)
assert wrong.shape != counts.shape

# %%
# See it
# ------

names = ["OOV", "the", "cat", "sat", "purred"]
samples = np.array([[1, 2, 3, 1, 0], [1, 2, 4, 1, 4], [0, 0, 3, 1, 1]])
fig, axes = plt.subplots(1, 3, figsize=(6, 2.6), layout="constrained")
fig.suptitle("Three samples: what occurs, how often, and how much it counts")
for axis, mode in zip(axes, ("multi_hot", "count", "tf_idf")):
    table = encode_indices(samples, 5, 5, mode, [0.5, 1.0, 1.0, 1.5])
    axis.imshow(table, cmap="Blues", vmin=0, vmax=6, aspect="auto")
    for (row, column), entry in np.ndenumerate(table):
        axis.text(column, row, f"{entry:g}", color="k", ha="center")
    axis.set(title=mode, xticks=range(5), yticks=range(3))
    axis.set_xticklabels(names, rotation=60)
plt.show()
