r"""
Dropout: zeros some entries, and scales up the others
=====================================================

A network that knows its training data by heart is of little use. ``Dropout``
makes that harder: in each step of training it sets entries to zero at random,
so that no unit can rely on a single other one. It scales up those that it
keeps, which leaves the mean as it was. Predictions use all entries.

.. math:: y_i = \frac{m_i \; x_i}{1 - \text{rate}}

The mask :math:`m_i` is 0 with the probability ``rate``, else 1. It is drawn
anew for each batch.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dropout

# %%
# Build it
# --------
# Three out of four entries are dropped. The others are divided by 0.25. ``fit``
# passes ``training=True`` to each layer; here we do so ourselves.

x = np.arange(1, 25, dtype="float32").reshape(3, 8)  # (batch, features)
layer = Dropout(rate=0.75, seed=7)
y = keras.ops.convert_to_numpy(layer(x, training=True))
print(y)

# %%
# See it
# ------
# The four rows below x are what the next layer sees in four steps of training.

half = Dropout(0.5, seed=7)
draws = np.concatenate([half(x[:1], training=True) for _ in range(100)])
mean = np.mean(draws, axis=0)  # (features,)
rows = np.vstack([x[0], draws[:4], mean])
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.imshow(rows, cmap="PuOr", vmin=-32, vmax=32, aspect="auto")
axis.set(title="Dropout(0.5): draws differ, their mean is near x", xticks=[])
axis.set_yticks(range(6), ["x", "1", "2", "3", "4", "mean of 100"])
for (step, entry), value in np.ndenumerate(rows):
    axis.text(entry, step, f"{value:.3g}", ha="center", va="center", color="k")
plt.show()

# %%
# Compute it
# ----------
# Each backend draws other random numbers. As no entry of ``x`` is zero, you can
# read the mask off ``y``. Divide what is kept by 1 - rate.

mask = y != 0  # (batch, features)
expected = mask * x / (1 - 0.75)

# %%
# Check it
# --------
# Multiplying by 4 rounds nothing: equal to the bit. Predictions keep all.

np.testing.assert_array_equal(y, np.float32(expected), strict=True)
predicted = keras.ops.convert_to_numpy(layer(x))  # without training=True
np.testing.assert_array_equal(predicted, x, strict=True)

# %%
# Is the mean near that of the input? The mean of n draws is off by about their
# deviation over the root of n, the *standard error*. Six of these are next to
# impossible. The draws of the figure are 0 or twice ``x``: their deviation is
# ``x``. At a rate of 0.75, a 1 becomes 0 or 4, with a variance of 3.

np.testing.assert_array_less(np.abs(mean - x[0]), 6 * x[0] / np.sqrt(100))
many = Dropout(0.75, seed=7)(np.ones((200, 200)), training=True)
for axis in (0, 1):
    error = np.abs(np.mean(keras.ops.convert_to_numpy(many), axis) - 1)
    np.testing.assert_array_less(error, 6 * np.sqrt(3 / 200))

# %%
# The gradient has the same mask, which the same seed draws. All outputs are 0,
# the targets -12, and 3 * 8 outputs share the mean: each has a gradient of
# 2 * 12 / (3 * 8) = 1. The input is ``np.eye``, so each row of the kernel shows
# the gradient of one sample. ``SGD`` subtracts it from zeros.

dense = keras.layers.Dense(8, use_bias=False, kernel_initializer="zeros")
model = keras.Sequential([dense, Dropout(0.75, seed=7)])
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
model.train_on_batch(np.eye(3, 8), np.full((3, 8), -12.0))
np.testing.assert_array_equal(dense.get_weights()[0][:3], -4 * mask)

# %%
# Break it
# --------
# TensorFlow 1 had ``keep_prob``, the probability to keep an entry. Would you
# pass its 0.25 as ``rate``? Too much is kept: pass 1 - 0.25.

wrong = keras.ops.convert_to_numpy(Dropout(0.25, seed=7)(x, training=True))
print("right:", y[0])
print("wrong:", wrong[0].round(1))
assert np.any(y != wrong)

# %%
# In full
# -------
# ``dropout`` from keras_by_hand takes the mask, and any rate.

from keras_by_hand import dropout

np.testing.assert_array_equal(y, dropout(x, mask, rate=0.75), strict=True)

# %%
# Try it
# ------
# 1. Draw a mask in NumPy, ``yours``, that keeps a quarter of 10,000 ones, and
#    apply ``dropout`` to them. Call the result ``dropped``; its mean is near 1:
#    ``assert abs(np.mean(dropped) - 1) < 0.12 and np.max(dropped) == 4``
# 2. The paper only sets entries to zero in training, ``mask * x``. By which
#    ``factor`` must it multiply when it predicts, so that the next layer's mean
#    input stays the same? The check compares both forms of training:
#    ``assert np.allclose(mask * x, factor * y)``
