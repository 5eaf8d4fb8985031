r"""
Mask propagation: which layers use, pass on or drop a mask
==========================================================

A mask says which steps are padding. ``Masking``, or ``Embedding`` with
``mask_zero=True``, makes one, and it travels through layers with the outputs.
Behind a layer that drops it, padding counts as data. A layer may

- use it and pass it on: attention and, in Keras 3.15.1, ``LSTM`` and ``GRU``;
- only pass it on: ``Dense``, ``Dropout``, ``LayerNormalization``, ``Add``;
- use it and drop it: ``GlobalAveragePooling1D``;
- drop (destroy) it: ``Conv1D``, ``Flatten``, ``Reshape``, ``RMSNormalization``.

All layers are in the table "Masks". Here a mean shows whether a mask arrives:

.. math:: \text{mean}_n = \frac{\sum_t m_{n,t} \, y_{n,t}}{\sum_t m_{n,t}}

y is the vector at step t of text n. Its mask m is 1 for a word, 0 for padding.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# Double x in three ways: by ``Rescaling``; by ``2 * x``, with the mask passed
# to the mean by hand; and by ``2 * x`` alone.
tokens = np.array([[4, 2, 3, 1], [1, 4, 0, 0], [2, 0, 0, 0]])  # (batch, steps)
table = np.array([[7, -9], [3, 8], [-5, 2], [6, -4], [-1, 5]])  # one row each
inputs = keras.Input((4,), dtype="int32")
embedding = layers.Embedding(5, 2, mask_zero=True, weights=table)
x, mean = embedding(inputs), layers.GlobalAveragePooling1D()
by_hand = mean(2 * x, mask=embedding.compute_mask(inputs))
outputs = [mean(layers.Rescaling(2)(x)), by_hand, mean(2 * x)]
model = keras.Model(inputs, outputs)
means = model.predict(tokens, verbose=0)

# %%
# Compute it
# ----------
# ``with_mask`` divides by the number of words, ``without`` by all 4 steps.
mask = tokens != 0  # (batch, steps)
vectors = 2 * table[tokens]  # (batch, steps, units)
sums = np.sum(vectors * mask[..., np.newaxis], axis=1)
with_mask = sums / mask.sum(axis=1, keepdims=True)
without = vectors.mean(axis=1)

# %%
# Check it
# --------
expected = np.float32([with_mask, with_mask, without])
np.testing.assert_array_equal(means, expected, strict=True)

# %%
# Break it
# --------
# ``2 * x`` loses the mask without a word; ``Rescaling(2)(x)`` does not. Layers
# that drop it warn, as do your own without ``self.supports_masking = True``.
# (If yours changes the number of steps, give it a ``compute_mask``, too.)
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``RMSNormalization`` and
#    ``EinsumDense`` drop the mask, with a warning. ``LayerNormalization`` and
#    ``Dense``, which treat each step alone in the same way, pass it on.
print("right:", *means[1], "wrong:", *means[2])
assert np.any(means[1] != means[2])
einsum_dense = layers.EinsumDense("btf,fu->btu", output_shape=(None, 2))
some = [layers.RMSNormalization(), layers.Conv1D(2, 3), einsum_dense]
some += [layers.LayerNormalization(), layers.Dense(2)]
with warnings.catch_warnings(record=True, action="always") as caught:
    have_masks = [hasattr(layer(x), "_keras_mask") for layer in some]
np.testing.assert_equal([*have_masks, len(caught)], [0, 0, 0, 1, 1, 3])

# %%
# ``Add``, and ``Concatenate`` of features, merge masks: they keep a step that
# any input keeps. To ``Concatenate``, an input without a mask keeps all. (After
# attention, see the page "MultiHeadAttention and padding".)
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** If one input of ``Add``
#    has no mask, the mask of the other is lost, as where positions are added.
#    Pass the mask to the next layer by hand, as above.
one, other = embedding(tokens), embedding(tokens[:, ::-1])
for merge in (layers.Add(), layers.Concatenate()):
    both = keras.ops.convert_to_numpy(merge([one, other])._keras_mask)
    np.testing.assert_array_equal(both, mask | mask[:, ::-1])
assert np.all(keras.ops.convert_to_numpy(merge([one, 2 * one])._keras_mask))
assert not hasattr(layers.Add()([x, 2 * x]), "_keras_mask")

# %%
# See it
# ------
labels = [f"mean {a:g}, lost {b:g}" for a, b in expected[1:, :, 0].T]
shown = vectors[..., 0]  # the first number of each vector: (batch, steps)
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.imshow(shown, cmap="PuOr", vmin=-30, vmax=30, aspect="auto")
for (row, column), value in np.ndenumerate(shown):
    axis.text(column, row, value, ha="center", va="center", color="k")
axis.plot(*np.nonzero(~mask)[::-1], "x", color="gray", markersize=26)
axis.set(xticks=[], yticks=range(3), yticklabels=labels)
axis.set(title="If the mask is lost, the padding (crosses) counts in the mean")
plt.show()
