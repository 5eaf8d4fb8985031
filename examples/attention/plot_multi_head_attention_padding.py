r"""
MultiHeadAttention and padding: the second block has no mask
============================================================

``MultiHeadAttention`` deletes the mask of its input. The first block of an
encoder leaves the padding out, but the second attends to it, unless you pass
the mask by hand.

.. math::

   h &= x + \text{attention}(x, \text{mask}) \\
   y &= h + \text{attention}(h)

The words then depend on the padding's vector, which means nothing.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Add, Embedding, MultiHeadAttention

from keras_by_hand import multi_head_attention

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sentences. Token 0 is padding, and ``Embedding`` makes a mask of it. Both
# blocks use the same layer, to keep the page short.

tokens = np.array([[3, 1, 4, 0], [2, 5, 0, 0]])  # (batch, steps)
table = rng.normal(size=(6, 8))  # (tokens, features)
embedding = Embedding(6, 8, mask_zero=True, weights=table)
attention = MultiHeadAttention(num_heads=2, key_dim=4, bias_initializer="ones")


def two_blocks(tokens, **masks):
    x = embedding(tokens)
    for _ in range(2):
        x = Add()([x, attention(x, x, **masks)])
    return keras.ops.convert_to_numpy(x)


y = two_blocks(tokens)

# %%
# Compute it
# ----------


def encode(x, masks, weights):
    """Blocks of attention, each added to its input.

    x: (batch, steps, features), masks: one for each block, (batch, target,
    source) or None, weights: of MultiHeadAttention, the same in each block.
    """
    for mask in masks:
        x = x + multi_head_attention(x, x, None, *weights, attention_mask=mask)
    return x


# %%
# Check it
# --------
# In the first block the mask hides the padding from all steps, and all steps
# from the padding. In the second there is no mask: ``MultiHeadAttention``
# removes it from its input.

words = tokens != 0
of_value = np.repeat(words[:, np.newaxis], 4, axis=1)  # (batch, target, source)
of_both = of_value & words[:, :, np.newaxis]
x, weights = table[tokens], attention.get_weights()
tolerance = 1000 * np.finfo("float32").eps
expected = encode(x, [of_both, None], weights)
np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# If you pass the mask by hand as ``value_mask``, both blocks use it. (The first
# block still has the query's mask, too. It changes only the padding.)

by_hand = two_blocks(tokens, value_mask=words)
expected = encode(x, [of_both, of_value], weights)
np.testing.assert_allclose(by_hand, expected, tolerance, tolerance)

# %%
# With the query's mask, a step of padding may attend to nothing. What then?
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In
#    ``MultiHeadAttention``, a step that may attend to nothing gets the mean of
#    all values, padding included. But with ``dropout``, or if the scores are
#    returned, it gets the bias of the output alone.

mean = x.mean(axis=1, keepdims=True)  # (batch, 1, features)
mean = multi_head_attention(x, mean, None, *weights)
y_padding = keras.ops.convert_to_numpy(attention(embedding(tokens), x))[~words]
np.testing.assert_allclose(y_padding, mean[~words], tolerance, tolerance)

dropout = {"dropout": 0.5, "bias_initializer": "ones"}
y_dropout = MultiHeadAttention(2, 4, **dropout)(embedding(tokens), x)
y_scores, _ = attention(embedding(tokens), x, return_attention_scores=True)
for y_padding in (y_dropout, y_scores):
    y_padding = keras.ops.convert_to_numpy(y_padding)[~words]
    np.testing.assert_array_equal(y_padding, np.ones((3, 8)))

# %%
# Break it
# --------
# Would you leave the second block without a mask? Then another vector for the
# padding changes the words.

table[0] = 2
embedding.set_weights([table])
changed = two_blocks(tokens)
print("a word:", y[0, 0, :4].round(2), "then:", changed[0, 0, :4].round(2))
assert not np.allclose(changed[words], y[words])

# %%
# See it
# ------
# The first feature of the first word, as the padding's vector changes.

sizes = np.linspace(-4, 4, 33)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for label, mask in (("mask lost", None), ("mask passed by hand", of_value)):
    features = []
    for size in sizes:
        table[0] = size
        y = encode(table[tokens], [of_both, mask], weights)
        features.append(y[0, 0, 0])
    axis.plot(sizes, features, label=label)
axis.set(title="With the mask lost, the padding changes a word")
axis.set(xlabel="each feature of the padding's vector", ylabel="output")
axis.legend()
plt.show()
