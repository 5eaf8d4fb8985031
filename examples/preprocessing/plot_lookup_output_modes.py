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
# Compare each word's place with those of all three tokens: that gives a vector
# for each word. A mask token, -1, gets zeros. Over the words of a sample,
# ``any`` tells what occurs, and the sum how often. For "tf_idf", multiply the
# counts by the weights of the tokens. Unknown tokens get the mean weight.

one_hot = indices[:, :, np.newaxis] == np.arange(3)  # (batch, length, tokens)
multi_hot = one_hot.any(axis=1)  # (batch, tokens)
count = one_hot.sum(axis=1)  # (batch, tokens)
tf_idf = count * [np.mean([0.5, 1.5]), 0.5, 1.5]

# %%
# The whole function also takes inputs with one axis or three, and adds zeros
# for tokens to come.

from keras_by_hand.layers.text import encode_indices

# %%
# Check it
# --------
# ``pad_to_max_tokens`` adds zeros, as for tokens to come.

np.testing.assert_array_equal(counts, count)
by_hand = {"one_hot": one_hot, "multi_hot": multi_hot, "tf_idf": tf_idf}
for mode, expected in by_hand.items():
    idf = [0.5, 1.5] if mode == "tf_idf" else None
    layer = StringLookup(output_mode=mode, idf_weights=idf, **options)
    y = keras.ops.convert_to_numpy(layer(words))
    np.testing.assert_array_equal(y, expected)

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
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** Of inputs with three axes,
#    ``StringLookup`` sums over the second one. The documentation says that it
#    is the last.

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
