r"""
Transformer decoder block: a causal mask hides what comes later
===============================================================

A decoder block is an encoder block with two changes: no word sees a later word,
and a second attention reads the source, as the encoder returned it.

.. math::

   g &= x + \text{causal}(\text{norm}_1(x)) \\
   h &= g + \text{attention}(\text{norm}_2(g), \, \text{source}) \\
   y &= h + W_2 \, \text{gelu}(W_1 \, \text{norm}_3(h))

Without the second line it is a block of GPT: a "decoder-only" model. (Biases
are left out of the formula.)
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
# Two sentences of 5 words so far. Their sources have 3 words.

x = rng.normal(size=(2, 5, 8)).astype("float32")  # (batch, words, features)
source = rng.normal(size=(2, 3, 8)).astype("float32")  # of the encoder
parts = [
    layers.LayerNormalization(epsilon=1e-5),
    layers.MultiHeadAttention(num_heads=2, key_dim=4),
    layers.LayerNormalization(epsilon=1e-5),
    layers.MultiHeadAttention(num_heads=2, key_dim=4),
    layers.LayerNormalization(epsilon=1e-5),
    layers.Dense(16, "gelu"),
    layers.Dense(8),
]


def keras_block(x, source):
    x = keras.ops.convert_to_tensor(x)
    norm_1, to_itself, norm_2, to_source, norm_3, hidden, output = parts
    normal = norm_1(x)
    x = x + to_itself(normal, normal, use_causal_mask=True)
    x = x + to_source(norm_2(x), source)
    return x + output(hidden(norm_3(x)))


keras_block(x, source)  # creates the weights
for part in parts:
    shapes = [weight.shape for weight in part.get_weights()]
    part.set_weights([rng.normal(size=shape) for shape in shapes])
weights = [part.get_weights() for part in parts]

# %%
# Compute it
# ----------
# The functions of the layers stand on their own pages.


def decoder_block(x, source, weights, use_causal_mask=True):
    """A block of a transformer's decoder (Vaswani et al., 2017), norm first.

    x: (batch, words, features), source: (batch, source words, features),
    weights: those of normalization and attention to x, normalization and
    attention to source, normalization, hidden and output layer, each as in
    get_weights(). Returns the shape of x.
    """
    norm_1, to_itself, norm_2, to_source, norm_3, hidden, output = weights
    normal = layer_normalization(x, *norm_1, epsilon=1e-5)
    x = x + multi_head_attention(
        normal, normal, normal, *to_itself, use_causal_mask=use_causal_mask
    )
    normal = layer_normalization(x, *norm_2, epsilon=1e-5)
    x = x + multi_head_attention(normal, source, source, *to_source)
    normal = layer_normalization(x, *norm_3, epsilon=1e-5)
    return x + gelu(normal @ hidden[0] + hidden[1]) @ output[0] + output[1]


# %%
# Check it
# --------
# Only in float32: Keras rounds a constant of gelu to it in any dtype.

y = keras.ops.convert_to_numpy(keras_block(x, source))
x64, source64 = x.astype("float64"), source.astype("float64")
expected = decoder_block(x64, source64, weights)
tolerance = 1000 * np.finfo("float32").eps
limit = tolerance * np.max(np.abs(expected))
np.testing.assert_allclose(y, expected, tolerance, limit)

# %%
# The first three words alone give the same as at the start of the sentence. So
# a model can learn from all words at once, and then write them one by one.

y_start = keras.ops.convert_to_numpy(keras_block(x[:, :3], source))
np.testing.assert_allclose(y_start, expected[:, :3], tolerance, limit)

# %%
# Break it
# --------
# Would you forget the mask? The shapes are right, and the loss in training is
# very low: each word can look up the next one, which it should predict.

wrong = decoder_block(x64, source64, weights, use_causal_mask=False)
print("right:", y[0, 0].round(1), "wrong:", wrong[0, 0].round(1), sep="\n")
assert not np.allclose(y, wrong, 1e-3, 1e-3)

# %%
# See it
# ------
# Change one word: which outputs change? (Dark.) A change reaches the word and
# all later ones. A change in the source reaches all words.

changes = np.zeros((8, 5))  # (word of source or x, word of y)
for number in range(8):
    both = np.concatenate([source64[:1], x64[:1]], axis=1)
    both[0, number] += rng.normal(size=8)
    changed = decoder_block(both[:, 3:], both[:, :3], weights)
    changes[number] = np.max(np.abs(changed - expected[:1]), axis=-1)
fig, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
axis.imshow(changes > 1e-9, cmap="PuOr", vmin=-2, vmax=2, aspect="auto")
axis.set_yticks(range(8), [f"source {i}" for i in range(3)] + [*"abcde"])
axis.set_xticks(range(5), [*"abcde"])
axis.set(xlabel="word of the output", ylabel="changed word")
axis.set(title="Transformer decoder: no change reaches an earlier word")
plt.show()
