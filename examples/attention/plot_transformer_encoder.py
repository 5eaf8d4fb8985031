r"""
Transformer encoder block: attention, a small network, two shortcuts
====================================================================

Stacks of such blocks read text (BERT), see images (ViT) and write (GPT, with a
causal mask). In *self-attention*, query, key and value are of the same words.
Then a small network works on each word alone. Both only add to :math:`x`.

.. math::

   h &= x + \text{attention}(\text{norm}_1(x)) \\
   y &= h + \text{gelu}(\text{norm}_2(h) \, W_1 + b_1) \, W_2 + b_2

Here norm is ``LayerNormalization``: it gives the features of *each word* a mean
of 0 and a variance of 1. gelu is a smooth relu. ViT and, since GPT-2, GPT
normalize first, as here; BERT and the first transformer normalize each sum.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import gelu, multi_head_attention

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
# A norm's gamma and beta scale and shift. The network is two ``Dense`` layers.


def normalize(x, gamma, beta):
    deviation = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    return gamma * (x - x.mean(axis=-1, keepdims=True)) / deviation + beta


def feed_forward(x, W_1, b_1, W_2, b_2):
    return gelu(x @ W_1 + b_1) @ W_2 + b_2


def encoder_block(x, norm_1, attention, norm_2, network):
    normal = normalize(x, *norm_1)  # (batch, words, features), like all here
    h = x + multi_head_attention(normal, normal, normal, *attention)
    return h + feed_forward(normalize(h, *norm_2), *network)


# %%
# Check it
# --------
# Some outputs are large: the tolerance is relative to the largest.

weights = model.get_weights()
block = weights[:2], weights[2:10], weights[10:12], weights[12:]
expected = encoder_block(x, *block)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4 * np.abs(y).max())

# %%
# Break it
# --------
# A block of BERT's form takes these weights, too, and computes something else.


def norm_last(x, norm_1, attention, norm_2, network):
    h = normalize(x + multi_head_attention(x, x, x, *attention), *norm_1)
    return normalize(h + feed_forward(h, *network), *norm_2)


wrong = norm_last(x, *block)
print("right:", y[0, 0].round(1))
print("wrong:", wrong[0, 0].round(1))
assert not np.allclose(y, wrong, 1e-2, 1e-2)

# %%
# See it
# ------
# Twelve blocks with large weights. A norm that comes last scales the shortcut,
# too. One that comes first lets the sum grow, so GPT ends with one more; but
# values and gradients pass unchanged, as on the page "Residual networks".

unit, blocks = (np.ones(8), np.zeros(8)), []  # gamma and beta of a new layer
for _ in range(12):
    arrays = [rng.normal(size=weight.shape) for weight in weights]
    blocks.append((unit, arrays[2:10], unit, arrays[12:]))
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for compute, label in ((encoder_block, "norm first"), (norm_last, "norm last")):
    h, sizes = x, [x.std()]
    for one in blocks:
        h = compute(h, *one)
        sizes.append(h.std())
    axis.plot(sizes, "o-", label=label)
axis.set(title="With the norm first, the sum grows")
axis.set(xlabel="blocks", ylabel="standard deviation", ylim=(0, None))
axis.legend()
plt.show()

# %%
# Try it
# ------
# 1. Let ``quiet = [[w.copy() for w in part] for part in block]``. Set four of
#    these arrays to zero, so that the block returns its input:
#    ``np.testing.assert_array_equal(encoder_block(x, *quiet), x)``
# 2. ``count`` the weights of a block of the smallest GPT-2: 768 features, 12
#    heads of 64, 3072 hidden units; and biases. ``assert count == 7_087_872``
