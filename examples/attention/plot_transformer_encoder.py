r"""
Transformer encoder block: attention, a small network, two shortcuts
====================================================================

An encoder block adds to each word what attention collects from all words, and
then what a network of two ``Dense`` layers computes from the word itself.

.. math::

   h &= x + \text{attention}(\text{norm}_1(x)) \\
   y &= h + W_2 \, \text{gelu}(W_1 \, \text{norm}_2(h))

This is the form of GPT and ViT: normalization comes first. BERT and the first
transformer normalize each sum instead. (Biases are left out of the formula.)
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
# Two sentences of 5 words with 8 features, and a wider hidden layer.

x = rng.normal(size=(2, 5, 8)).astype("float32")  # (batch, words, features)
parts = [
    layers.LayerNormalization(epsilon=1e-5),
    layers.MultiHeadAttention(num_heads=2, key_dim=4),
    layers.LayerNormalization(epsilon=1e-5),
    layers.Dense(16, "gelu"),
    layers.Dense(8),
]


def keras_block(x, mask=None, norm_first=True):
    x = keras.ops.convert_to_tensor(x)
    norm_1, attention, norm_2, hidden, output = parts
    if norm_first:
        normal = norm_1(x)
        x = x + attention(normal, normal, attention_mask=mask)
        return x + output(hidden(norm_2(x)))
    x = norm_1(x + attention(x, x, attention_mask=mask))
    return norm_2(x + output(hidden(x)))


keras_block(x)  # creates the weights
for part in parts:
    shapes = [weight.shape for weight in part.get_weights()]
    part.set_weights([rng.normal(size=shape) for shape in shapes])
weights = [part.get_weights() for part in parts]

# %%
# Compute it
# ----------
# The functions of the layers stand on their own pages.


def encoder_block(x, weights, mask=None, norm_first=True):
    """A transformer's encoder block (Vaswani et al., 2017; Xiong et al., 2020).

    x: (batch, words, features), weights: those of normalization, attention,
    normalization, hidden and output layer, each as in get_weights(), mask:
    (batch, words, words), true where a word may attend. Returns the shape of x.
    """
    norm_1, attention, norm_2, hidden, output = weights

    def attend(x):
        return multi_head_attention(x, x, x, *attention, attention_mask=mask)

    def feed_forward(x):
        h = gelu(x @ hidden[0] + hidden[1])
        return h @ output[0] + output[1]

    if norm_first:
        x = x + attend(layer_normalization(x, *norm_1, epsilon=1e-5))
        return x + feed_forward(layer_normalization(x, *norm_2, epsilon=1e-5))
    x = layer_normalization(x + attend(x), *norm_1, epsilon=1e-5)
    return layer_normalization(x + feed_forward(x), *norm_2, epsilon=1e-5)


# %%
# Check it
# --------
# With the mask, the second sentence has 3 words, and nothing may attend to the
# rest. (Only in float32: Keras rounds a constant of gelu to it in any dtype.)

words = np.arange(5) < [[5], [3]]  # (batch, words)
mask = np.repeat(words[:, np.newaxis], 5, axis=1)  # (batch, words, words)
x64 = x.astype("float64")
tolerance = 1000 * np.finfo("float32").eps
for norm_first in (True, False):
    for given in (None, mask):
        y = keras.ops.convert_to_numpy(keras_block(x, given, norm_first))
        expected = encoder_block(x64, weights, given, norm_first)
        limit = tolerance * np.max(np.abs(expected))
        np.testing.assert_allclose(y, expected, tolerance, limit)

# %%
# Break it
# --------
# The weights have the same shapes either way. Would you use those of a GPT in a
# block like BERT's, with each normalization after its sum?

y = keras.ops.convert_to_numpy(keras_block(x))
wrong = encoder_block(x64, weights, norm_first=False)
print("right:", y[0, 0].round(1), "wrong:", wrong[0, 0].round(1), sep="\n")
assert not np.allclose(y, wrong, 1e-3, 1e-3)

# %%
# See it
# ------
# The same block twelve times. With the norm first, each block adds to x, and
# nothing divides the sum. With the norm last, each block ends by dividing it.

unit = [np.ones(8), np.zeros(8)]  # gamma, beta
block = [unit, weights[1], unit, *weights[3:]]
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for norm_first, label in ((True, "norm first"), (False, "norm last")):
    h, sizes = x64, [np.std(x64)]
    for _ in range(12):
        h = encoder_block(h, block, norm_first=norm_first)
        sizes.append(np.std(h))
    axis.plot(sizes, "o-", markersize=4, label=label)
axis.set(title="Transformer blocks: with the norm first, the sum grows")
axis.set(xlabel="blocks", ylabel="standard deviation", ylim=(0, None))
axis.legend()
plt.show()
