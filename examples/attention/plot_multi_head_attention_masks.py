r"""
MultiHeadAttention masks: padding, causal, attention_mask
=========================================================

Sentences are padded to one length, and a model that writes must not see the
words to come. A step attends to another only where all masks are true:

.. math::

   \text{allowed}_{t,s} = \; &\text{query}_t \; \text{and} \; \text{value}_s
   \; \text{and} \; \text{key}_s \\
   &\text{and} \; \text{attention}_{t,s} \; \text{and} \; s \leq t

Step t of the query attends to step s of key and value; the causal mask allows s
up to t. The output of an ``Embedding`` brings its mask. For other inputs, pass
``value_mask``, True for words. A mask that is left out allows everything.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Embedding, GroupQueryAttention, MultiHeadAttention

from keras_by_hand import multi_head_attention

# %%
# Build it
# --------
# Token 0 is padding. What Keras returns as scores are the weights, after
# softmax. A step attends where its weight is more than 0.
tokens = np.array([[3, 1, 4, 0], [2, 5, 0, 0]])  # (batch, steps)
embedding = Embedding(6, 8, mask_zero=True)
layer = MultiHeadAttention(num_heads=2, key_dim=4)
options = {"use_causal_mask": True, "return_attention_scores": True}
pair = layer(embedding(tokens), embedding(tokens), **options)
y, scores = map(keras.ops.convert_to_numpy, pair)

# %%
# Compute it
# ----------
# Query and value have the same mask here. One copy has its steps along the
# rows, the other along the columns. The causal mask is a lower triangle.

words = tokens != 0  # (batch, steps), False for padding
padding = words[:, :, np.newaxis] & words[:, np.newaxis, :]
causal = np.tri(4, dtype=bool)  # (target, source)
allowed = padding & causal  # (batch, target, source)

from keras_by_hand.layers.attention import allowed_pairs

# %%
# Check it
# --------
# ``allowed_pairs`` makes one ``attention_mask`` of all five masks.
np.testing.assert_array_equal(scores[:, 0] > 0, allowed, strict=True)
pairs = allowed_pairs((2, 4, 4), words, words, use_causal_mask=True)
np.testing.assert_array_equal(pairs, allowed, strict=True)
x = keras.ops.convert_to_numpy(embedding(tokens))
options = {"attention_mask": pairs, "return_attention_scores": True}
expected = multi_head_attention(x, x, None, *layer.get_weights(), **options)
np.testing.assert_allclose(y, expected[0], rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``MultiHeadAttention``
#    ignores a ``query_mask`` passed by hand. Only the mask that the query
#    brings is used. Pass ``attention_mask=query_mask[:, :, np.newaxis]``.
#    (``GroupQueryAttention`` uses its ``query_mask``.)
options = {"return_attention_scores": True}
_, mended = layer(x, x, attention_mask=words[:, :, np.newaxis], **options)
_, ignored = layer(x, x, query_mask=words, **options)
_, grouped = GroupQueryAttention(4, 2, 2)(x, x, query_mask=words, **options)
arrays = map(keras.ops.convert_to_numpy, (mended, ignored, grouped))
right, wrong, of_group = [array[0, 0, 3] for array in arrays]  # of padding
print("right:", right.round(2), "wrong:", wrong.round(2))
assert np.all(right == 0) and np.all(of_group == 0) and np.all(wrong > 0)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In
#    ``MultiHeadAttention``, a step that may attend to nothing gets the mean of
#    all values. With ``dropout``, or if the scores are returned, it gets the
#    bias of the output alone, here zeros.
nothing = {"attention_mask": np.zeros((4, 4), dtype=bool)}
mean = np.broadcast_to(x.mean(axis=1, keepdims=True), x.shape)
expected = multi_head_attention(mean, mean, None, *layer.get_weights())
y_nothing = keras.ops.convert_to_numpy(layer(x, x, **nothing))
np.testing.assert_allclose(y_nothing, expected, rtol=1e-4, atol=1e-4)
y_scores, _ = layer(x, x, return_attention_scores=True, **nothing)
y_dropout = MultiHeadAttention(2, 4, dropout=0.5)(x, x, **nothing)
for y_bias in map(keras.ops.convert_to_numpy, (y_scores, y_dropout)):
    np.testing.assert_array_equal(y_bias, np.zeros(x.shape))

# %%
# See it
# ------
# The first sentence. A row is a step of the query, a column one of the value.

panels = {"padding": padding[0], "causal": causal, "both": allowed[0]}
fig, axes = plt.subplots(1, 3, figsize=(6, 2.4), layout="constrained")
fig.suptitle("A step attends (filled) where every mask allows it")
for axis, (title, panel) in zip(axes, panels.items()):
    axis.pcolormesh(panel, cmap="PuOr", vmin=-2, vmax=2, edgecolor="gray")
    axis.set(title=title, aspect="equal", ylim=(4, 0), xticks=[], yticks=[])
plt.show()
