r"""
Mask propagation: which layers use, pass on or drop a mask
==========================================================

A mask tells layers which steps of a sequence are padding. ``Masking``, and
``Embedding`` with ``mask_zero=True``, make one, and it travels on with their
outputs. Behind a layer that drops it, padding counts as data. A layer may

- use it and pass it on: ``LSTM``, ``GRU``, ``MultiHeadAttention``, ``Softmax``;
- only pass it on: ``Dense``, ``Dropout``, ``LayerNormalization``, ``Add``;
- use it and drop it: ``GlobalAveragePooling1D``;
- drop it: ``Conv1D``, ``Flatten``, ``Reshape``, ``RMSNormalization``.

All layers are in the table "Masks". A mean over the steps shows whether a mask
m arrives, as it uses it.

.. math:: \text{mean}_n = \frac{\sum_t m_{n,t} \, y_{n,t}}{\sum_t m_{n,t}}

y is the vector at step t of text n. There, m is 1 for a word, 0 for padding.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# A layer doubles all vectors, or an operation. The second mean gets the mask by
# hand.

tokens = np.array([[4, 2, 3, 1], [1, 4, 0, 0], [2, 0, 0, 0]])  # (batch, steps)
table = np.array([[7, -9], [3, 8], [-5, 2], [6, -4], [-1, 5]])  # one row each
embedding = layers.Embedding(5, 2, mask_zero=True, weights=table)
mean = layers.GlobalAveragePooling1D()
inputs = keras.Input((4,), dtype="int32")
x = embedding(inputs)
of_layer = mean(layers.Rescaling(2)(x))
by_hand = mean(2 * x, mask=embedding.compute_mask(inputs))
of_operation = mean(2 * x)
model = keras.Model(inputs, [of_layer, by_hand, of_operation])
means = model.predict(tokens, verbose=0)

# %%
# Compute it
# ----------
# The mean over the words divides by their number, the other by 4.

mask = tokens != 0  # (batch, steps)
vectors = 2 * table[tokens]  # (batch, steps, units)
words_only = vectors * mask[..., np.newaxis]
with_mask = words_only.sum(axis=1) / mask.sum(axis=1, keepdims=True)
without = vectors.mean(axis=1)

# %%
# Check it
# --------

expected = np.float32([with_mask, with_mask, without])
np.testing.assert_array_equal(means, expected, strict=True)

# %%
# Break it
# --------
# ``2 * x`` loses the mask without a word. A layer that drops it warns, and so
# does one of your own without ``supports_masking = True``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``RMSNormalization`` and
#    ``EinsumDense`` drop the mask, with a warning. ``LayerNormalization`` and
#    ``Dense``, which treat each step alone in the same way, pass it on.

print("right:", *means[1], "wrong:", *means[2])
assert np.any(means[1] != means[2])
dropping = [layers.RMSNormalization(), layers.Conv1D(2, kernel_size=3)]
dropping.append(layers.EinsumDense("btf,fu->btu", output_shape=(None, 2)))
passing = [layers.LayerNormalization(), layers.Dense(2)]
with warnings.catch_warnings(record=True, action="always") as caught:
    outputs = [layer(x) for layer in dropping + passing]
have_masks = [hasattr(y, "_keras_mask") for y in outputs]
np.testing.assert_equal([*have_masks, len(caught)], [0, 0, 0, 1, 1, 3])

# %%
# ``Add`` keeps a step that any of its inputs keeps. (Behind attention, it
# depends: see the page "Lost mask".)
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** If one input of ``Add``
#    has no mask, the mask of the other is lost, as where positions are added.

add = layers.Add()
both = add([embedding(tokens), embedding(tokens[:, ::-1])])
both_masks = keras.ops.convert_to_numpy(both._keras_mask)
np.testing.assert_array_equal(both_masks, mask | mask[:, ::-1])
assert not hasattr(add([x, 2 * x]), "_keras_mask")

# %%
# See it
# ------

shown = vectors[..., 0]  # (batch, steps)
labels = [f"mean {a:g}, lost {b:g}" for a, b in expected[1:, :, 0].T]
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.imshow(shown, cmap="PuOr", vmin=-30, vmax=30, aspect="auto")
for (row, column), value in np.ndenumerate(shown):
    axis.text(column, row, value, ha="center", va="center", color="k")
axis.plot(*np.nonzero(~mask)[::-1], "x", color="gray", markersize=26)
axis.set(title="If the mask is lost, the padding (crosses) counts in the mean")
axis.set(xticks=[], yticks=range(3), yticklabels=labels)
plt.show()
