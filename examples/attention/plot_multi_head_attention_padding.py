"""
MultiHeadAttention and padding: the second block has no mask
============================================================

``MultiHeadAttention`` deletes the mask of its inputs. So in a stack of blocks,
the second attends to the padding. Pass ``value_mask`` to each block by hand.
"""

import keras
import numpy as np
from keras.layers import Add, Embedding, MultiHeadAttention

from keras_by_hand import multi_head_attention

# %%
# Build and compute it
# --------------------
# Token 0 is padding. In NumPy, each block gets a mask of its own.

keras.utils.set_random_seed(313)
tokens = np.array([[3, 1, 4, 0], [2, 5, 0, 0]])  # (batch, steps)
table = np.random.default_rng(313).normal(size=(6, 8))  # (tokens, features)
embedding = Embedding(6, 8, mask_zero=True, weights=table)
layer = MultiHeadAttention(num_heads=2, key_dim=4)


def two_blocks(tokens, **masks):
    x = embedding(tokens)
    for _ in range(2):
        x = Add()([x, layer(x, x, **masks)])
    return x


def in_numpy(masks):
    x = table[tokens]  # (batch, steps, features)
    for mask in masks:
        weights, options = layer.get_weights(), {"attention_mask": mask}
        x += multi_head_attention(x, x, None, *weights, **options)
    return x


symbols = keras.Input((4,), dtype="int32")
model = keras.Model(symbols, two_blocks(symbols))
words = tokens != 0
y = keras.ops.convert_to_numpy(two_blocks(tokens, value_mask=words))
of_value = words[:, np.newaxis]  # (batch, 1, source)
both = of_value & words[:, :, np.newaxis]  # the query's mask, too
np.testing.assert_allclose(y, in_numpy([both, of_value]), 1e-4, 1e-4)

# %%
# Break it
# --------
# Without it, the second block attends to the padding, and nothing tells. See
# the page "Lost mask: functional models and called layers differ".

pair = two_blocks(tokens), model(tokens)  # called, and functional
for wrong in map(keras.ops.convert_to_numpy, pair):
    np.testing.assert_allclose(wrong, in_numpy([both, None]), 1e-4, 1e-4)
print("right:", y[0, 0, :3].round(2), "wrong:", wrong[0, 0, :3].round(2))
assert not np.allclose(y[words], wrong[words])
