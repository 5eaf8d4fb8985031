r"""
Transformer decoder block: a causal mask hides what comes later
===============================================================

A decoder writes a translation word by word. Its block is an encoder block with
two changes: no word sees a later word, and a second attention reads the source,
as the encoder returned it (*cross-attention*).

.. math::

   g &= x + \text{causal}(\text{norm}_1(x)) \\
   h &= g + \text{attention}(\text{norm}_2(g), \, \text{source}) \\
   y &= h + W_2 \, \text{gelu}(W_1 \, \text{norm}_3(h))

x are the words so far, as vectors, and "causal" is attention with a causal
mask. :math:`W_1` and :math:`W_2` are the kernels of a small network; biases are
left out. Without the second line it is a block of GPT-2: "decoder-only". (As in
GPT-2, each norm comes first. The first transformer normalized each sum.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import gelu, layer_normalization, multi_head_attention

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sentences of 5 words so far. Their sources have 3 words. (If sources are
# padded, pass ``value_mask=source_mask`` to the second attention.)
words, source = keras.Input((5, 8)), keras.Input((3, 8))  # (steps, features)
normal = layers.LayerNormalization(epsilon=1e-5)(words)
attend = layers.MultiHeadAttention(num_heads=2, key_dim=4)
g = words + attend(normal, normal, use_causal_mask=True)
normal = layers.LayerNormalization(epsilon=1e-5)(g)
h = g + layers.MultiHeadAttention(num_heads=2, key_dim=4)(normal, source)
normal = layers.LayerNormalization(epsilon=1e-5)(h)
hidden = layers.Dense(16, activation="gelu")(normal)
model = keras.Model([words, source], h + layers.Dense(8)(hidden))
weights = [rng.normal(size=weight.shape) for weight in model.weights]
model.set_weights(weights)
x, source = rng.normal(size=(2, 5, 8)), rng.normal(size=(2, 3, 8))
y = model.predict([x, source], verbose=0)  # (batch, words, features)

# %%
# Compute it
# ----------
# A normalization has two weights, attention has eight. In the second attention,
# key and value are the source.


def decoder_block(x, source, weights, use_causal_mask=True):
    norm_1, to_itself = weights[:2], weights[2:10]
    norm_2, to_source = weights[10:12], weights[12:20]
    norm_3, (W_1, b_1, W_2, b_2) = weights[20:22], weights[22:]
    u = layer_normalization(x, *norm_1, epsilon=1e-5)
    options = {"use_causal_mask": use_causal_mask}
    g = x + multi_head_attention(u, u, u, *to_itself, **options)
    u = layer_normalization(g, *norm_2, epsilon=1e-5)
    h = g + multi_head_attention(u, source, source, *to_source)
    u = layer_normalization(h, *norm_3, epsilon=1e-5)
    return h + gelu(u @ W_1 + b_1) @ W_2 + b_2


# %%
# Check it
# --------
# The first three words alone give the same: so a model can learn from all words
# at once, each with the next word as its target, and then write one by one.
expected = decoder_block(x, source, weights)
limit = {"rtol": 1e-4, "atol": 1e-4 * np.abs(y).max()}
np.testing.assert_allclose(y, expected, **limit)
start = decoder_block(x[:, :3], source, weights)
np.testing.assert_allclose(y[:, :3], start, **limit)

# %%
# Break it
# --------
# Suppose you forget ``use_causal_mask``. In training, each word sees the next.

wrong = decoder_block(x, source, weights, use_causal_mask=False)
print("right:", y[0, 0].round(1), "wrong:", wrong[0, 0].round(1), sep="\n")
assert not np.allclose(y, wrong, **limit)

# %%
# See it
# ------
# Change one word of the source or of the text: dark outputs change.

changes = np.zeros((8, 5))  # (word of source or x, word of y)
for number in range(8):
    both = np.concatenate([source[:1], x[:1]], axis=1)
    both[0, number] += rng.normal(size=8)
    changed = decoder_block(both[:, 3:], both[:, :3], weights)
    changes[number] = np.max(np.abs(changed - expected[:1]), axis=-1)
fig, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
axis.imshow(changes > 1e-9, cmap="PuOr", vmin=-2, vmax=2, aspect="auto")
axis.set_yticks(range(8), [f"source {i}" for i in range(3)] + [*"abcde"])
axis.set(xlabel="outputs a to e", ylabel="changed word", xticks=[])
axis.set(title="Transformer decoder: no change reaches an earlier word")
plt.show()
