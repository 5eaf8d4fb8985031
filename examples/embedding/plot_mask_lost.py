r"""
Lost masks: operations, layers of your own, attention
=====================================================

An operation between two layers, or a layer of your own, loses the mask: later
layers count the padding. Pass the mask by hand, or let your layer hand it on.

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
# ``Double`` loses the mask. With ``supports_masking``, a layer hands it on
# unchanged. A layer that drops steps has to adapt it, in ``compute_mask``.


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
table = rng.integers(-9, 10, size=(5, 2))  # (words + 1, units)
embedding = layers.Embedding(5, 2, mask_zero=True, weights=table)
mean = layers.GlobalAveragePooling1D()

# %%
# Compute it
# ----------


def doubled(tokens, table, step=1):
    """Twice the vectors of every step-th word, and the mask that fits them.

    tokens: (batch, steps), table: (words + 1, units). Returns (batch, steps,
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
# Where the mask is lost, the mean is over all four steps. An operation does not
# even warn of it.

x = embedding(tokens)
expected, mask = doubled(tokens, table)
over_all = np.float32(global_average_pooling1d(expected))
with warnings.catch_warnings(record=True, action="always") as caught:
    for y in (2 * x, keras.ops.multiply(2, x), Double()(x)):
        y_mean = keras.ops.convert_to_numpy(mean(y))
        np.testing.assert_array_equal(y_mean, over_all, strict=True)
told = ["destroy the mask" in str(warning.message) for warning in caught]
np.testing.assert_equal(sum(told), 1)  # of Double

# %%
# Passed by hand or handed on, the mask leaves the padding out.

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
# .. warning:: **Seen in Keras 3.15.1:** ``MultiHeadAttention`` takes the mask
#    away from the tensor that it reads. The sum of a residual connection then
#    has no mask, without a warning. If attention reads a normalised copy, as in
#    newer transformers, the mask stays.

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
# Would you set ``supports_masking`` in a layer that moves the steps? It hands
# the mask on as it was, for steps that now stand elsewhere.


class Reversed(DoubleWithMask):
    def call(self, x):
        return 2 * keras.ops.flip(x, axis=1)


wrong = keras.ops.convert_to_numpy(mean(Reversed()(embedding(tokens))))
print("right:", over_words[1], "wrong:", wrong[1])
assert np.any(over_words != wrong)

# %%
# See it
# ------
# The first unit of the three sentences, and on the left its means. (Attention
# took the mask of x away, so x is computed again.)

fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
fig.suptitle("Without a mask (crosses), the padding counts in the means")
x = embedding(tokens)
for axis, y in zip(axes, (2 * x, DoubleWithMask()(x))):
    means = keras.ops.convert_to_numpy(mean(y))[:, 0]
    values = keras.ops.convert_to_numpy(y)[..., 0]
    axis.imshow(values, cmap="PuOr", vmin=-40, vmax=40)
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
    axis.set(xticks=[], yticks=range(3), yticklabels=means)
axes[0].set_title("2 * x")
axes[1].set_title("DoubleWithMask()(x)")
axes[1].plot(*np.nonzero(~mask)[::-1], "x", color="gray", markersize=28)
plt.show()
