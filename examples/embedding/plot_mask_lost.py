r"""
Lost masks: operations, layers of your own, attention
=====================================================

An operation such as ``2 * x`` between two layers loses the mask, and so does a
layer of your own. Later layers then count the padding. Pass the mask by hand,
or let your layer pass it on.

.. math::

   \text{with the mask:} \quad & \frac{\sum_t m_t \, y_t}{\sum_t m_t} \\
   \text{mask lost:} \quad & \frac{1}{T} \sum_t y_t

T is the number of steps. The mask m is 1 for words, and 0 for padding.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``Double`` loses the mask. With ``supports_masking``, a layer passes the mask
# on unchanged. A layer that drops steps adapts the mask in ``compute_mask``.


class Double(layers.Layer):
    def call(self, x):
        return 2 * x


class DoubleWithMask(Double):
    def __init__(self, **options):
        super().__init__(**options)
        self.supports_masking = True


class EverySecondStep(layers.Layer):
    def call(self, x):
        return x[:, ::2]

    def compute_mask(self, x, mask=None):
        return None if mask is None else mask[:, ::2]


tokens = np.array([[4, 2, 3, 1], [1, 4, 0, 0], [2, 0, 0, 0]])  # (batch, steps)
table = rng.integers(-9, 10, size=(5, 2))  # (tokens, units)
embedding = layers.Embedding(5, 2, mask_zero=True, weights=table)
mean = layers.GlobalAveragePooling1D()

# %%
# Compute it
# ----------


def doubled(tokens, table, step=1):
    """Twice the vectors of every step-th token, and the mask that fits them.

    tokens: (batch, steps), table: (tokens, units). Returns (batch, steps,
    units) and (batch, steps).
    """
    chosen = tokens[:, ::step]
    return 2 * table[chosen], chosen != 0


# %%
# From other pages
# ----------------


def global_average_pooling1d(
    x, mask=None, *, data_format="channels_last", keepdims=False
):
    """GlobalAveragePooling1D, with a mask or without (Keras documentation).

    x: (batch, steps, channels), or (batch, channels, steps) if data_format is
    "channels_first"; mask: (batch, steps), true for the steps to keep. Returns
    (batch, channels): nan where all steps are masked.
    """
    steps, channels = (1, 2) if data_format == "channels_last" else (2, 1)
    if mask is None:
        return np.mean(x, steps, keepdims=keepdims)
    kept = np.expand_dims(mask, channels).astype(bool)
    total = np.sum(np.where(kept, x, 0), steps, keepdims=keepdims)
    return total / np.sum(kept, steps, keepdims=keepdims)


# %%
# Check it
# --------
# Without the mask, the mean is over all four steps. Keras warns when a layer
# loses the mask, but not when an operation does.

x = embedding(tokens)
expected, mask = doubled(tokens, table)
over_all = np.float32(global_average_pooling1d(expected))
with warnings.catch_warnings(record=True, action="always") as caught:
    for y in (2 * x, keras.ops.multiply(2, x), Double()(x)):
        y_mean = keras.ops.convert_to_numpy(mean(y))
        np.testing.assert_array_equal(y_mean, over_all, strict=True)
told = ["destroy the mask" in str(warning.message) for warning in caught]
np.testing.assert_equal(sum(told), 1)  # the warning about Double

# %%
# If you pass the mask by hand, or your layer does, the mean leaves the padding
# out.

over_words = np.float32(global_average_pooling1d(expected, mask))
by_hand = mean(2 * x, mask=embedding.compute_mask(tokens))
for y_mean in (by_hand, mean(DoubleWithMask()(x))):
    y_mean = keras.ops.convert_to_numpy(y_mean)
    np.testing.assert_array_equal(y_mean, over_words, strict=True)

every_second = mean(EverySecondStep()(DoubleWithMask()(x)))
every_second = keras.ops.convert_to_numpy(every_second)
expected = global_average_pooling1d(*doubled(tokens, table, step=2))
np.testing.assert_array_equal(every_second, np.float32(expected), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1:** ``MultiHeadAttention`` removes the mask
#    from its input. If you add that input to the output, as in a residual
#    connection, the sum has no mask, and no warning tells you. If the layer
#    reads a normalised copy, as in newer transformers, the mask stays.

attention = layers.MultiHeadAttention(num_heads=1, key_dim=2)
normed = layers.LayerNormalization()(x)
kept = layers.Add()([x, attention(normed, normed)])
lost = layers.Add()([x, attention(x, x)])
for total, given in ((kept, mask), (lost, None)):
    y_mean = keras.ops.convert_to_numpy(mean(total))
    total = keras.ops.convert_to_numpy(total)
    expected = global_average_pooling1d(total.astype("float64"), given)
    np.testing.assert_allclose(y_mean, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Would you set ``supports_masking`` in a layer that reorders the steps? It
# passes the mask on in the old order, and the wrong steps are masked.


class Reversed(DoubleWithMask):
    def call(self, x):
        return 2 * keras.ops.flip(x, axis=1)


wrong = keras.ops.convert_to_numpy(mean(Reversed()(embedding(tokens))))
print("right:", over_words[1], "wrong:", wrong[1])
assert np.any(over_words != wrong)

# %%
# See it
# ------
# The first unit of ``2 * x``, for the three sentences, and its means.

values = 2 * table[tokens][..., 0]  # (batch, steps)
means = np.stack([over_words[:, 0], over_all[:, 0]], axis=1)
labels = [f"mean {right:g}\nlost: {wrong:g}" for right, wrong in means]
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.imshow(values, cmap="PuOr", vmin=-40, vmax=40, aspect="auto")
for (row, column), value in np.ndenumerate(values):
    axis.text(column, row, int(value), ha="center", va="center", color="k")
axis.plot(*np.nonzero(~mask)[::-1], "x", color="gray", markersize=28)
axis.set(title="If the mask (crosses) is lost, the padding counts in the mean")
axis.set(xlabel="steps", xticks=[], yticks=range(3), yticklabels=labels)
plt.show()
