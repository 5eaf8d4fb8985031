r"""
Dropout: zeros some entries, and scales up the others
=====================================================

In training, ``Dropout`` sets each entry to zero with the probability ``rate``,
and divides the others by 1 - rate. Predicting changes nothing.

.. math:: y_i = \frac{m_i \; x_i}{1 - \text{rate}}

The mask m is 0 with the probability ``rate``, else 1, and drawn anew for each
batch. The division keeps the mean, so predicting needs no correction.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dropout

# %%
# Build it
# --------
# Three out of four entries are dropped. The others are divided by 0.25.

x = np.arange(1, 25, dtype="float32").reshape(3, 8)  # (batch, features)


def call(layer, x, training=True):
    return keras.ops.convert_to_numpy(layer(x, training=training))


layer = Dropout(rate=0.75, seed=7)
y = call(layer, x)
print(y)

# %%
# Compute it
# ----------
# Which entries are dropped depends on the backend's random numbers. No entry of
# x is zero, so we can read the mask off y. Divide what is kept by 1 - rate.

kept = y != 0  # (batch, features)
y_by_hand = np.where(kept, x / (1 - 0.75), 0)

# %%
# The whole function takes any rate, and the mask as an input.

from keras_by_hand import dropout

# %%
# Check it
# --------
# A factor of 4 rounds nothing: equal to the bit.

np.testing.assert_array_equal(y, np.float32(y_by_hand), strict=True)

expected = dropout(x, kept, rate=0.75)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
np.testing.assert_array_equal(call(layer, x, training=False), x, strict=True)
np.testing.assert_array_equal(call(Dropout(0.0), x), x, strict=True)
np.testing.assert_array_equal(call(Dropout(1.0), x), 0 * x, strict=True)

# %%
# Is the rate right? A 1 becomes 0 (75 %) or 4 (25 %). That has the mean 1 and
# the variance 3. So the mean of 200 ones must be near 1, within 6 standard
# errors, in each row and in each column.

many = call(Dropout(0.75, seed=7), np.ones((200, 200), "float32"))
for axis in (0, 1):
    error = np.abs(np.mean(many, axis) - 1)
    np.testing.assert_array_less(error, 6 * np.sqrt(3 / 200))

# %%
# The same seed draws the same masks. The state of the layer's seed generator is
# the seed and the number of batches so far. (Predicting does not count.)

twin = Dropout(0.75, seed=7)
for drawn in (y, call(layer, x)):
    np.testing.assert_array_equal(call(twin, x), drawn)
state = keras.ops.convert_to_numpy(layer.seed_generator.state)
np.testing.assert_array_equal(state, [7, 2])

# %%
# The gradient has the same mask: 0 for dropped entries, 1 / (1 - rate) for the
# others. ``SGD(1.0)`` subtracts it from a kernel of zeros. With the seed and
# shape of ``many``, the gradient is ``many``.


def sum_of_outputs(targets, y):
    return keras.ops.sum(y)


dense = keras.layers.Dense(200, use_bias=False, kernel_initializer="zeros")
model = keras.Sequential([dense, Dropout(0.75, seed=7)])
model.compile(keras.optimizers.SGD(1.0), sum_of_outputs, run_eagerly=True)
model.train_on_batch(np.eye(200), np.eye(200))
np.testing.assert_array_equal(dense.get_weights()[0], -many)

# %%
# Break it
# --------
# Would you only set entries to zero, as the paper does? It multiplies by
# 1 - rate when it predicts. Or would you pass the ``keep_prob`` of TensorFlow 1
# as ``rate``? That is the probability to keep an entry.

unscaled = np.where(kept, x, 0)
of_keep_prob = dropout(x, kept, rate=1 - 0.75)
for wrong in (unscaled, of_keep_prob):
    print(wrong[0])
    assert np.any(y != wrong)

# %%
# See it
# ------
# The rows below x are what the next layer sees in four steps of training.

x = np.arange(1, 9, dtype="float32").reshape(1, 8)
layer = Dropout(0.5, seed=7)
draws = np.concatenate([call(layer, x) for _ in range(400)])
rows = np.vstack([x, draws[:4], np.mean(draws, axis=0)])
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.imshow(rows, cmap="PuOr", vmin=-32, vmax=32, aspect="auto")
axis.set(title="Dropout(0.5): each draw differs, their mean is near x")
axis.set(xticks=[])
axis.set_yticks(range(6), ["x", "1", "2", "3", "4", "mean of 400"])
for (row, column), value in np.ndenumerate(rows):
    axis.text(column, row, f"{value:.3g}", ha="center", va="center", color="k")
plt.show()
