r"""
MultiHeadAttention masks: padding, causal, attention_mask
=========================================================

A step may attend to another only where all masks are true. The layer takes the
masks of padding from its inputs, and you may pass others by hand.
(Other layers are on the page "Mask propagation".)

.. math::

   \text{allowed}_{t,s} = \; &\text{query}_t \; \text{and} \; \text{value}_s \\
   &\text{and} \; \text{key}_s \; \text{and} \; \text{attention}_{t,s} \\
   &\text{and} \; s \leq t \; \text{(causal)}

Here step t of the query attends to step s of key and value. A mask that you
leave out allows everything.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import multi_head_attention

# %%
# Build it
# --------
# Two sentences. Token 0 is padding, and ``Embedding`` makes a mask of it. A
# step attends to another where its score is more than 0.

tokens = np.array([[3, 1, 4, 0], [2, 5, 0, 0]])  # (batch, steps)
embedding = keras.layers.Embedding(6, 8, mask_zero=True)
attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)


def who_attends(query, value, **masks):
    _, scores = attention(query, value, return_attention_scores=True, **masks)
    return keras.ops.convert_to_numpy(scores)[:, 0] > 0  # of the first head


print(who_attends(embedding(tokens), embedding(tokens)).astype(int))

# %%
# Compute it
# ----------
# Here the query and the value have the same mask. One copy has its steps along
# the rows, the other along the columns. ``&`` is true where both are. The
# causal mask is a lower triangle: no step attends to a later one.

words = tokens != 0  # (batch, steps), False for padding
padding = words[:, :, np.newaxis] & words[:, np.newaxis, :]
causal = np.tri(4, dtype=bool)  # (target, source)
both = padding & causal  # (batch, target, source)

# %%
# The whole function combines any of the masks.

from keras_by_hand.layers.attention import allowed_pairs

# %%
# Check it
# --------
# First the masks above: ``Embedding`` brings that of the padding. Then masks by
# hand: each on its own, and all together. (NumPy's arrays bring none.)

attends = who_attends(embedding(tokens), embedding(tokens))
np.testing.assert_array_equal(attends, padding, strict=True)
masks = {"use_causal_mask": True}
attends = who_attends(embedding(tokens), embedding(tokens), **masks)
np.testing.assert_array_equal(attends, both, strict=True)

x = keras.ops.convert_to_numpy(embedding(tokens))  # (batch, steps, features)
query, shape = x[:, :3], (2, 3, 4)
weights = attention.get_weights()
together = {
    "value_mask": words,
    "key_mask": np.array([[1, 1, 1, 1], [0, 1, 1, 1]], dtype=bool),
    "attention_mask": np.arange(24).reshape(shape) % 5 > 0,
    "use_causal_mask": True,
}
tolerance = 1000 * np.finfo("float32").eps
for masks in [{name: mask} for name, mask in together.items()] + [together]:
    allowed = allowed_pairs(shape, **masks)
    np.testing.assert_array_equal(who_attends(query, x, **masks), allowed)
    y = keras.ops.convert_to_numpy(attention(query, x, **masks))
    options = {"attention_mask": allowed}
    expected = multi_head_attention(query, x, None, *weights, **options)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Outputs of ``Embedding`` bring their masks with them.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``MultiHeadAttention``
#    ignores a ``query_mask`` passed by hand. Only the mask that the query
#    brings with it is used.

expected = allowed_pairs(shape, query_mask=words[:, :3], value_mask=words)
attends = who_attends(embedding(tokens[:, :3]), embedding(tokens))
np.testing.assert_array_equal(attends, expected)
attends = who_attends(query, x, query_mask=words[:, :3])
np.testing.assert_array_equal(attends, np.full(shape, True))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** In a functional model, the
#    scores of ``MultiHeadAttention`` have a wrong shape: it has target for
#    source.

symbols = [keras.Input((3, 8)), keras.Input((4, 8))]
_, scores = attention(*symbols, return_attention_scores=True)
np.testing.assert_equal(scores.shape, (None, 2, 3, 3))  # not 3, 4

# %%
# With the query's mask, a step of padding may attend to nothing. What then?
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In
#    ``MultiHeadAttention``, a step that may attend to nothing gets the mean of
#    all values, padding included. But with ``dropout``, or if the scores are
#    returned, it gets the bias of the output alone.

ones = {"bias_initializer": "ones"}
biased = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4, **ones)
x = keras.ops.convert_to_numpy(embedding(tokens))
means = x.mean(axis=1, keepdims=True)  # (batch, 1, features)
of_padding = keras.ops.convert_to_numpy(biased(embedding(tokens), x))[~words]
mean = multi_head_attention(x, means, None, *biased.get_weights())[~words]
np.testing.assert_allclose(of_padding, mean, rtol=1e-4, atol=1e-4)
y_scores, _ = biased(embedding(tokens), x, return_attention_scores=True)
dropping = keras.layers.MultiHeadAttention(2, 4, dropout=0.5, **ones)
for y in (y_scores, dropping(embedding(tokens), x)):
    of_padding = keras.ops.convert_to_numpy(y)[~words]
    np.testing.assert_array_equal(of_padding, np.ones((3, 8)))

# %%
# Break it
# --------
# In PyTorch's ``MultiheadAttention``, True in a mask means "may not attend".
# Would you pass such a mask to Keras? Then steps attend only to the padding.

wrong = who_attends(x, x, value_mask=~words)
print(wrong.astype(int))
assert np.any(wrong != allowed_pairs((2, 4, 4), value_mask=words))

# %%
# See it
# ------
# The first sentence, whose last step is padding. Rows are steps of the query,
# columns those of key and value. Filled: may attend.

value = allowed_pairs((1, 4, 4), value_mask=words[:1])
causal = allowed_pairs((1, 4, 4), use_causal_mask=True)
panels = [value, causal, value & causal]
titles = ["value_mask", "use_causal_mask", "both"]
fig, axes = plt.subplots(1, 3, figsize=(6, 2.4), layout="constrained")
fig.suptitle("A step attends where every mask allows it")
for axis, title, panel in zip(axes, titles, panels):
    axis.pcolormesh(panel[0], cmap="PuOr", vmin=-2, vmax=2, edgecolor="gray")
    axis.set(title=title, aspect="equal", ylim=(4, 0), xticks=[], yticks=[])
plt.show()
