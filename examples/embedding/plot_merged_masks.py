r"""
Add, Concatenate, Multiply: masks where branches meet
=====================================================

A merging layer keeps a step if any of its inputs keeps it. But if one input has
no mask, the result has none: the masks of the others are lost.

.. math:: m_t = a_t \; \text{or} \; b_t

``Concatenate`` is the exception: a missing mask counts as one that keeps all
steps.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three branches: two batches of sentences, padded with 0, and the positions of
# the words. The ``Embedding`` of the positions makes no mask.

tokens = [
    np.array([[1, 2, 3, 0], [2, 3, 0, 0]]),  # (batch, steps)
    np.array([[2, 1, 0, 0], [3, 0, 1, 0]]),
    np.array([[0, 1, 2, 3], [0, 1, 2, 3]]),  # the positions
]
tables = rng.integers(-9, 10, size=(3, 4, 2))  # (branches, tokens, units)
branches = []
for rows, table, mask_zero in zip(tokens, tables, [True, True, False]):
    embedding = layers.Embedding(4, 2, mask_zero=mask_zero, weights=table)
    branches.append(embedding(rows))

# %%
# Compute it
# ----------
# ``Add``, ``Subtract`` and ``Average`` use the vectors of masked steps, too.
# ``Multiply``, ``Maximum`` and ``Minimum`` leave them out.


def merged_mask(masks):
    """The mask of Add, Subtract, Average, Multiply, Maximum and Minimum.

    masks: for each input (batch, steps), or None. Returns one mask, or None.
    """
    if any(mask is None for mask in masks):
        return None
    return np.logical_or.reduce(masks)


def kept_entries(inputs, masks):
    """Masks in the shape of the inputs, all true for a mask that is None."""
    masks = [True if mask is None else mask[..., np.newaxis] for mask in masks]
    return [np.broadcast_to(mask, x.shape) for mask, x in zip(masks, inputs)]


def concatenated_mask(inputs, masks, axis=-1):
    """The mask of Concatenate. inputs: arrays (batch, steps, units)."""
    if all(mask is None for mask in masks):
        return None
    return np.any(np.concatenate(kept_entries(inputs, masks), axis), axis=-1)


def product_of_kept(inputs, masks):
    """Multiply: masked entries count as 1; 0 if all are masked."""
    kept = kept_entries(inputs, masks)
    product = np.prod(np.where(kept, inputs, 1), axis=0)
    return np.where(np.any(kept, axis=0), product, 0)


def largest_of_kept(inputs, masks):
    """Maximum of the kept entries; the first input's if all are masked."""
    kept = kept_entries(inputs, masks)
    largest = np.max(np.where(kept, inputs, -np.inf), axis=0)
    return np.where(np.any(kept, axis=0), largest, inputs[0])


# %%
# Check it
# --------
# With two masks, with one or the other, and without any. ``Dot`` never passes a
# mask on.


def mask_of(y):
    mask = getattr(y, "_keras_mask", None)
    return None if mask is None else keras.ops.convert_to_numpy(mask)


vectors = [table[row] for table, row in zip(tables, tokens)]
masks = [tokens[0] != 0, tokens[1] != 0, None]
for i, j in [(0, 1), (0, 2), (2, 1), (2, 2)]:
    pair = [vectors[i], vectors[j]]
    of_pair = [masks[i], masks[j]]
    for layer, expected in [
        (layers.Add(), vectors[i] + vectors[j]),
        (layers.Subtract(), vectors[i] - vectors[j]),
        (layers.Average(), (vectors[i] + vectors[j]) / 2),
        (layers.Multiply(), product_of_kept(pair, of_pair)),
        (layers.Maximum(), largest_of_kept(pair, of_pair)),
        (layers.Minimum(), -largest_of_kept(np.negative(pair), of_pair)),
    ]:
        merged = layer([branches[i], branches[j]])
        y = keras.ops.convert_to_numpy(merged)
        np.testing.assert_array_equal(y, np.float32(expected), strict=True)
        np.testing.assert_equal(mask_of(merged), merged_mask(of_pair))
    for axis in (1, 2):
        merged = layers.Concatenate(axis)([branches[i], branches[j]])
        expected = concatenated_mask(pair, of_pair, axis)
        np.testing.assert_equal(mask_of(merged), expected)
    merged = layers.Dot(axes=2)([branches[i], branches[j]])
    np.testing.assert_equal(mask_of(merged), None)

# %%
# Break it
# --------
# Would you add positions to the words, and then take the mean? The sum has no
# mask, so the mean counts the padding, too. Pass the mask by hand.
#
# .. warning:: **Seen in Keras 3.15.1:** if one input of ``Add`` has no mask,
#    the mask of the other is dropped, without a warning.

with warnings.catch_warnings(action="error"):
    total = layers.Add()([branches[0], branches[2]])
mean_layer = layers.GlobalAveragePooling1D()
wrong = keras.ops.convert_to_numpy(mean_layer(total))
right = keras.ops.convert_to_numpy(mean_layer(total, mask=masks[0]))
print("right:", right[1], "wrong:", wrong[1])
assert np.any(right != wrong)

# %%
# See it
# ------
# One unit of the second sentence of each batch.

rows = {"first input": branches[0], "second input": branches[1]}
rows["Add"] = layers.Add()(branches[:2])
rows["Multiply"] = layers.Multiply()(branches[:2])
values = [keras.ops.convert_to_numpy(y)[1, :, 0] for y in rows.values()]
kept = np.array([mask_of(y)[1] for y in rows.values()])
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.imshow(values, cmap="PuOr", vmin=-70, vmax=70, aspect="auto")
for (row, column), value in np.ndenumerate(values):
    axis.text(column, row, int(value), ha="center", va="center", color="k")
axis.plot(*np.nonzero(~kept)[::-1], "x", color="gray", markersize=20)
axis.set_title("Add uses masked steps (crossed out), Multiply does not")
axis.set(xlabel="steps", xticks=[], yticks=range(4), yticklabels=rows)
plt.show()
