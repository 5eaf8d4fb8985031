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

from keras_by_hand import global_average_pooling1d

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``Double`` loses the mask. With ``supports_masking``, a layer passes the mask
# on unchanged.


class Double(layers.Layer):
    def call(self, x):
        return 2 * x


class DoubleWithMask(Double):
    def __init__(self, **options):
        super().__init__(**options)
        self.supports_masking = True


tokens = np.array([[4, 2, 3, 1], [1, 4, 0, 0], [2, 0, 0, 0]])  # (batch, steps)
table = rng.integers(-9, 10, size=(5, 2))  # (tokens, units)
embedding = layers.Embedding(5, 2, mask_zero=True, weights=table)
mean = layers.GlobalAveragePooling1D()

# %%
# Compute it
# ----------


def doubled(tokens, table):
    """Twice the vectors of the tokens, and the mask that fits them.

    tokens: (batch, steps), table: (tokens, units). Returns (batch, steps,
    units) and (batch, steps).
    """
    return 2 * table[tokens], tokens != 0


# %%
# Check it
# --------
# Without the mask, the mean is over all four steps. Keras warns when a layer
# loses the mask, but not when an operation does.

x = embedding(tokens)
expected, mask = doubled(tokens, table)
over_all = np.float32(global_average_pooling1d(expected))
with warnings.catch_warnings(record=True, action="always") as caught:
    means = [mean(2 * x), mean(Double()(x))]
np.testing.assert_equal(len(caught), 1)  # the warning about Double
means = [keras.ops.convert_to_numpy(y_mean) for y_mean in means]
np.testing.assert_array_equal(means, [over_all, over_all])

# %%
# If you or your layer pass the mask on, the mean leaves the padding out.

over_words = np.float32(global_average_pooling1d(expected, mask))
by_hand = mean(2 * x, mask=embedding.compute_mask(tokens))
for y_mean in (by_hand, mean(DoubleWithMask()(x))):
    y_mean = keras.ops.convert_to_numpy(y_mean)
    np.testing.assert_array_equal(y_mean, over_words, strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``MultiHeadAttention``
#    removes the mask from its input. If you add that input to the output, as in
#    a residual connection, the sum has no mask, and no warning tells you.

attend = layers.MultiHeadAttention(num_heads=1, key_dim=2)
total = layers.Add()([x, attend(x, x)])
y_mean = keras.ops.convert_to_numpy(mean(total))
total = keras.ops.convert_to_numpy(total)
expected = global_average_pooling1d(total.astype("float64"))
np.testing.assert_allclose(y_mean, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Would you set ``supports_masking`` in a layer that reorders the steps? It
# passes the mask on in the old order. (Write a ``compute_mask`` that fits.)


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
