r"""
GroupQueryAttention masks: by hand, and through two blocks
==========================================================

``GroupQueryAttention`` combines masks as ``MultiHeadAttention`` does. But it
uses a ``query_mask`` given by hand, and it leaves the masks of its inputs where
they are: the next block finds them.

.. math::

   h &= x + \text{attention}(x, \text{mask}) \\
   y &= h + \text{attention}(h, \text{mask})

A step attends to another only where all masks are true.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Add, Embedding, GroupQueryAttention

from keras_by_hand import group_query_attention
from keras_by_hand.layers.attention import allowed_pairs

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sentences. Token 0 is padding, and ``Embedding`` makes a mask of it.

tokens = np.array([[3, 1, 4, 0], [2, 5, 0, 0]])  # (batch, steps)
words = tokens != 0
table = rng.normal(size=(6, 8))  # (tokens, features)
embedding = Embedding(6, 8, mask_zero=True, weights=table)
attention = GroupQueryAttention(4, num_query_heads=4, num_key_value_heads=2)


def who_attends(query, value, **masks):
    _, scores = attention(query, value, return_attention_scores=True, **masks)
    return keras.ops.convert_to_numpy(scores)[:, 0] > 0  # of the first head


def two_blocks(x):
    for _ in range(2):
        x = Add()([x, attention(x, x)])
    return keras.ops.convert_to_numpy(x)


# %%
# Compute it
# ----------


def add_attention(x, masks, weights):
    """Blocks of grouped query attention, each added to its input.

    x: (batch, steps, features), masks: one for each block, (batch, target,
    source) or None, weights: of GroupQueryAttention, the same in each block.
    """
    for mask in masks:
        x = x + group_query_attention(x, x, None, *weights, attention_mask=mask)
    return x


# %%
# Check it
# --------
# Masks by hand: each on its own, and all together. (NumPy's arrays bring none.)

x = table[tokens]  # (batch, steps, features)
query, shape = x[:, :3], (2, 3, 4)
attention.build(x.shape, x.shape)
weights = attention.get_weights()
together = {
    "query_mask": words[:, :3],
    "value_mask": words,
    "key_mask": np.array([[1, 1, 1, 1], [0, 1, 1, 1]], dtype=bool),
    "attention_mask": rng.random(shape) < 0.7,
    "use_causal_mask": True,
}
cases = [{name: mask} for name, mask in together.items()]
tolerance = 1000 * np.finfo("float32").eps
for masks in [*cases, together]:
    allowed = allowed_pairs(shape, **masks)
    np.testing.assert_array_equal(who_attends(query, x, **masks), allowed)
    y = keras.ops.convert_to_numpy(attention(query, x, **masks))
    options = {"attention_mask": allowed}
    expected = group_query_attention(query, x, None, *weights, **options)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# The masks of ``Embedding`` reach both blocks.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** Keras warns that three
#    inner layers of ``GroupQueryAttention`` destroy the mask. They do not: its
#    output has it.

with warnings.catch_warnings(record=True, action="always") as caught:
    y = two_blocks(embedding(tokens))
told = ["destroy the mask" in str(warning.message) for warning in caught]
np.testing.assert_equal(sum(told), 6)  # three in each block
mask = allowed_pairs((2, 4, 4), query_mask=words, value_mask=words)
expected = add_attention(x, [mask, mask], weights)
np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# In an encoder of ``MultiHeadAttention``, the second block has no mask. Would
# you port the blocks with that in mind?

wrong = add_attention(x, [mask, None], weights)
print("right:", y[0, 0].round(2), "wrong:", wrong[0, 0].round(2))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# To whom each step attends in the second block. The last step is padding.

fig, axes = plt.subplots(1, 2, figsize=(6, 2.6), layout="constrained")
fig.suptitle("The mask reaches the second block of GroupQueryAttention only")
titles = ["GroupQueryAttention", "MultiHeadAttention"]
for axis, title, panel in zip(axes, titles, [mask[0], np.ones((4, 4))]):
    axis.pcolormesh(panel, cmap="PuOr", vmin=-2, vmax=2, edgecolor="gray")
    axis.set(title=title, aspect="equal", ylim=(4, 0), xlabel="key and value")
    axis.set(xticks=[], yticks=[])
axes[0].set_ylabel("query")
plt.show()
