r"""
MultiHeadAttention and padding: the second block loses the mask
===============================================================

``MultiHeadAttention`` deletes the mask of its input. In a stack of residual
blocks, the first leaves the padding out. The second attends to it, without an
error or a warning. Pass the mask to each layer as ``value_mask``.

What other layers do with masks is on the page "Mask propagation", and what they
get behind ``MultiHeadAttention`` on the page "Lost mask".
"""

import keras
import numpy as np
from keras.layers import Add, Embedding, MultiHeadAttention

# %%
# Build it
# --------
# Two texts, padded with 0. Both blocks add attention to their input. (They use
# the same layer, to keep the page short.)

rng = np.random.default_rng(313)
tokens = np.array([[3, 1, 4, 0], [2, 5, 0, 0]])  # (batch, steps)
words = tokens != 0
table = rng.normal(size=(6, 8)).astype("float32")  # (tokens, features)
embedding = Embedding(6, 8, mask_zero=True, weights=table)
attention = MultiHeadAttention(num_heads=2, key_dim=4)


def two_blocks(tokens, **masks):
    x = embedding(tokens)
    for _ in range(2):
        x = Add()([x, attention(x, x, **masks)])
    return keras.ops.convert_to_numpy(x)


right = two_blocks(tokens, value_mask=words)
wrong = two_blocks(tokens)

# %%
# Check it
# --------
# With the mask, no step attends to padding, in both blocks.

from keras_by_hand import multi_head_attention

mask = np.repeat(words[:, np.newaxis], 4, axis=1)  # (batch, target, source)
y, weights = table[tokens], attention.get_weights()
for _ in range(2):
    y = y + multi_head_attention(y, y, None, *weights, attention_mask=mask)
np.testing.assert_allclose(right[words], y[words], rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Leave the mask of the second block to Keras, and the padding, which means
# nothing, changes the words.

print("right:", right[0, 0, :3].round(2), "wrong:", wrong[0, 0, :3].round(2))
assert not np.allclose(right[words], wrong[words], atol=1e-3)
