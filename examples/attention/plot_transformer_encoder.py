r"""
Transformer encoder block: attention, a small network, two shortcuts
====================================================================

Stacks of such blocks read text (BERT), see images (ViT) and write (GPT, with a
causal mask). In *self-attention*, query, key and value are the same words. Then
a small network works on each word alone. Each of the two only adds to its
input: so there is a shortcut past it, as on the page "Residual networks".

.. math::

   h &= x + \text{attention}(\text{norm}_1(x)) \\
   y &= h + \text{gelu}(\text{norm}_2(h) \, W_1 + b_1) \, W_2 + b_2

ViT and, since GPT-2, GPT normalize first, as here. BERT and the first
transformer normalize each sum instead.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from written_before import gelu, multi_head, normalize

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sentences of five words with eight features, and a wider hidden layer.

inputs = keras.Input((5, 8))  # (words, features)
normal = layers.LayerNormalization(epsilon=1e-5)(inputs)  # default: 1e-3
h = inputs + layers.MultiHeadAttention(num_heads=2, key_dim=4)(normal, normal)
normal = layers.LayerNormalization(epsilon=1e-5)(h)
hidden = layers.Dense(16, activation="gelu")(normal)
model = keras.Model(inputs, h + layers.Dense(8)(hidden))
x = rng.normal(size=(2, 5, 8)).astype("float32")  # (batch, words, features)
model.set_weights([rng.normal(size=w.shape) for w in model.weights])
y = model.predict(x, verbose=0)  # (batch, words, features)

# %%
# Compute it
# ----------
# The functions that are folded above are those of earlier lessons.


def block(x, norm_1, attention, norm_2, network, mask=True):
    W_1, b_1, W_2, b_2 = network
    u = normalize(x, *norm_1)  # (batch, steps, features)
    h = x + multi_head(u, u, u, attention, mask)
    u = normalize(h, *norm_2)
    return h + gelu(u @ W_1 + b_1) @ W_2 + b_2


# %%
# Check it
# --------
# A norm has two weights, attention eight, the network four. Some outputs are
# large, so the tolerance is relative to the largest.

w = model.get_weights()
parts = w[:2], w[2:10], w[10:12], w[12:]
expected = block(x, *parts)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4 * np.abs(y).max())

# %%
# Break it
# --------
# Suppose you forget the shortcuts: nothing adds x and h.


def without_shortcuts(x, norm_1, attention, norm_2, network):
    W_1, b_1, W_2, b_2 = network
    u = normalize(x, *norm_1)
    u = normalize(multi_head(u, u, u, attention), *norm_2)
    return gelu(u @ W_1 + b_1) @ W_2 + b_2


wrong = without_shortcuts(x, *parts)
print("right:", y[0, 0].round(1))
print("wrong:", wrong[0, 0].round(1))
assert not np.allclose(y, wrong, 1e-2, 1e-2)

# %%
# See it
# ------
# Twelve blocks with small random weights. Attention takes means of words, so
# without shortcuts all words soon become one. The figure shows how far words
# differ, as a share of how far all numbers do.

one, zero = np.ones(8), np.zeros(8)  # gamma and beta of a new layer
ends = []
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
for compute in (block, without_shortcuts):
    h, differences = x, []
    for seed in range(12):
        draw = np.random.default_rng(seed).normal
        attention = [draw(0, 0.3, np.shape(w)) for w in parts[1]]
        network = [draw(0, 0.3, np.shape(w)) for w in parts[3]]
        h = compute(h, (one, zero), attention, (one, zero), network)
        differences.append(np.mean(np.std(h, axis=1)) / np.std(h))
    axis.plot(range(1, 13), differences, "o-", label=compute.__name__)
    ends.append(differences[-1])
assert ends[0] > 0.1 and ends[1] < 0.01
axis.set(title="Shortcuts keep words apart", xlabel="blocks", ylim=(0, None))
axis.set(ylabel="difference of words")
axis.legend()
plt.show()

# %%
# Try it
# ------
# 1. Write ``quiet(parts)``: parts with which the block returns its input.
# 2. Write ``count(features, heads, key_dim, hidden)``: the number of weights of
#    a block, biases included.
