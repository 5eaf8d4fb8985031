r"""
Add, Concatenate, Multiply: masks where branches meet
=====================================================

A merging layer keeps a step if any of its inputs keeps it. But if one input has
no mask, the result has none: the masks of the others are lost.

.. math:: m_t = a_t \; \text{or} \; b_t
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# Two sentences, padded with 0, and the positions of the words, without a mask.

tokens = np.array([[[3, 0, 1, 0]], [[2, 3, 0, 0]], [[0, 1, 2, 3]]])
table = np.array([[5, -3], [2, 7], [-4, 1], [6, -8]])  # (tokens, units)
embedding = layers.Embedding(4, 2, mask_zero=True, weights=table)
positions = layers.Embedding(4, 2, weights=table)
branches = [embedding(tokens[0]), embedding(tokens[1]), positions(tokens[2])]

# %%
# Compute it
# ----------
# ``Add``, ``Subtract`` and ``Average`` use the vectors of masked steps, too.
# ``Multiply``, ``Maximum`` and ``Minimum`` leave them out.


def merged_mask(masks):
    """The mask of Add, Subtract, Average, Multiply, Maximum and Minimum.

    masks: for each input (batch, steps), or None. Returns one mask, or None.
    """
    lost = any(mask is None for mask in masks)
    return None if lost else np.logical_or.reduce(masks)


def kept_steps(masks):
    """The masks, (inputs, batch, steps, 1). A missing mask keeps all steps."""
    masks = [True if mask is None else mask for mask in masks]
    return np.stack(np.broadcast_arrays(*masks))[..., np.newaxis]


def concatenated_mask(masks, axis=-1):
    """The mask of Concatenate, if at least one input has a mask."""
    return np.any(np.concatenate(kept_steps(masks), axis), axis=-1)


def product_of_kept(inputs, masks):
    """Multiply: masked entries count as 1; 0 if all are masked."""
    kept = kept_steps(masks)
    return np.prod(inputs, axis=0, where=kept) * np.any(kept, axis=0)


def largest_of_kept(inputs, masks):
    """Maximum of the kept entries; the first input's if all are masked."""
    kept = kept_steps(masks)
    largest = np.max(inputs, axis=0, where=kept, initial=np.min(inputs))
    return np.where(np.any(kept, axis=0), largest, inputs[0])


# %%
# Check it
# --------
# With two masks, and with one or the other. ``Dot`` never passes a mask on.


def mask_of(y):
    mask = getattr(y, "_keras_mask", None)
    return None if mask is None else keras.ops.convert_to_numpy(mask)


vectors = table[tokens]  # (branches, batch, steps, units)
masks = [tokens[0] != 0, tokens[1] != 0, None]
for i, j in [(0, 1), (0, 2), (2, 1)]:
    both = [branches[i], branches[j]]
    a, b = pair = vectors[[i, j]]
    of_pair = [masks[i], masks[j]]
    for layer, expected in [
        (layers.Add(), a + b),
        (layers.Subtract(), a - b),
        (layers.Average(), (a + b) / 2),
        (layers.Multiply(), product_of_kept(pair, of_pair)),
        (layers.Maximum(), largest_of_kept(pair, of_pair)),
        (layers.Minimum(), -largest_of_kept(-pair, of_pair)),
    ]:
        y = keras.ops.convert_to_numpy(layer(both))
        np.testing.assert_array_equal(y, np.float32(expected), strict=True)
        np.testing.assert_equal(mask_of(layer(both)), merged_mask(of_pair))
    for axis in (1, 2):
        mask = mask_of(layers.Concatenate(axis)(both))
        np.testing.assert_equal(mask, concatenated_mask(of_pair, axis))
    np.testing.assert_equal(mask_of(layers.Dot(axes=2)(both)), None)

# %%
# Break it
# --------
# Would you add positions to words, and take the mean? It counts the padding.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** If one input of ``Add``
#    has no mask, the mask of the other is lost. Pass the mask to the next layer
#    by hand.

total = layers.Add()([branches[0], branches[2]])
mean_layer = layers.GlobalAveragePooling1D()
wrong = keras.ops.convert_to_numpy(mean_layer(total))
right = keras.ops.convert_to_numpy(mean_layer(total, mask=masks[0]))
print("right:", right, "wrong:", wrong)
assert np.any(right != wrong)

# %%
# See it
# ------

inputs = branches[:2]
shown = [*inputs, layers.Add()(inputs), layers.Multiply()(inputs)]
values = [keras.ops.convert_to_numpy(y)[0, :, 0] for y in shown]
kept = np.stack([mask_of(y)[0] for y in shown])
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.imshow(values, cmap="PuOr", vmin=-40, vmax=40, aspect="auto")
for (row, column), value in np.ndenumerate(values):
    axis.text(column, row, int(value), ha="center", va="center", color="k")
axis.plot(*np.nonzero(~kept)[::-1], "x", color="gray", markersize=20)
axis.set(title="Add uses masked steps (crosses), Multiply does not", xticks=[])
axis.set_yticks(range(4), ["first input", "second input", "Add", "Multiply"])
plt.show()
