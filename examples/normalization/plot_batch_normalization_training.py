r"""
BatchNormalization training: batch statistics, moving averages
==============================================================

In training, ``BatchNormalization`` uses the mean and the variance of the batch.
A prediction must not depend on what else is in its batch. So training also
moves two averages a little towards these numbers, and predictions use them.

.. math::

   \mu_B &= \frac{1}{n} \sum_{i=1}^{n} x_i, \quad
   \sigma_B^2 = \frac{1}{n} \sum_{i=1}^{n} (x_i - \mu_B)^2 \\
   \mu' &= m \, \mu + (1 - m) \, \mu_B \\
   \sigma'^2 &= m \, \sigma^2 + (1 - m) \, \sigma_B^2

The sums are over all :math:`n` positions of batch :math:`B`, for each feature.
A prime marks an average after the step; :math:`m` is ``momentum``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four sequences of three steps, with two features. ``fit`` runs a layer with
# ``training=True``, ``predict`` with ``training=False``. Here we choose.

x = rng.normal([2, -5], [1, 3], size=(4, 3, 2)).astype("float32")
gamma, beta = np.array([1, 2]), np.array([0, 3])  # (features,)
mean, variance = np.array([1, -1]), np.array([4, 0.25])


def run(x, training, **arguments):
    layer = keras.layers.BatchNormalization(**arguments)
    layer.build(x.shape)
    layer.set_weights([gamma, beta, mean, variance])
    y = keras.ops.convert_to_numpy(layer(x, training=training))
    return y, *layer.get_weights()[2:]


y, moved_mean, moved_variance = run(x, training=True)

# %%
# Compute it
# ----------
# Normalize the batch with its own mean and variance, over sequences and steps.
# Then keep the part m of each moving average, and add 1 - m of the batch's.

m = 0.99  # the default of momentum
batch_mean = np.mean(x, axis=(0, 1))  # (features,)
batch_variance = np.var(x, axis=(0, 1))
normalized = (x - batch_mean) / np.sqrt(batch_variance + 0.001)
expected = gamma * normalized + beta  # (batch, steps, features)
new_mean = m * mean + (1 - m) * batch_mean
new_variance = m * variance + (1 - m) * batch_variance

# %%
# Check it
# --------

np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(moved_mean, new_mean, rtol=1e-5)
np.testing.assert_allclose(moved_variance, new_variance, rtol=1e-5)

# %%
# Break it
# --------
# Suppose you predict with ``training=True``. Then the output for a sequence
# depends on the other sequences of its batch. The first one of ``wild`` is that
# of ``x``; the others are five times as large.

wild = np.concatenate([x[:1], 5 * x[1:]])
right = [run(batch, training=False)[0][0, 0] for batch in (x, wild)]
wrong = [run(batch, training=True)[0][0, 0] for batch in (x, wild)]
print("right:", *np.round(right, 2), "wrong:", *np.round(wrong, 2))
np.testing.assert_allclose(right[0], right[1], rtol=1e-5)
assert not np.allclose(wrong[0], wrong[1], atol=0.1)

# %%
# See it
# ------
# The batches have a mean of about 5. A moving mean starts at 0 and lags behind:
# with a momentum of 0.99, do not trust predictions after a few steps.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for m in (0.9, 0.99):
    moving = [0]
    for of_batch in rng.normal(5, 1, size=400):
        moving.append(m * moving[-1] + (1 - m) * of_batch)
    axis.plot(moving, label=f"momentum {m}")
axis.set(title="The larger the momentum, the later the moving mean arrives")
axis.set(xlabel="step of training", ylabel="moving mean")
axis.legend(loc="lower right")
plt.show()

# %%
# In full
# -------
# ``batch_moments`` and ``moving_average`` from keras_by_hand take any momentum.
# (PyTorch calls 1 - m momentum.) In training, each
# number moves mean and variance, too; the page "BatchNormalization gradient"
# says what that means for its gradient.

from keras_by_hand.layers.normalization import batch_moments, moving_average

moved = run(x, training=True, momentum=0.75)[1:]
for new, old, now in zip(moved, [mean, variance], batch_moments(x)):
    expected = moving_average(old, now, momentum=0.75)
    np.testing.assert_allclose(new, expected, rtol=1e-4)

# %%
# Try it
# ------
# 1. All batches have a mean of 1, and the moving mean begins at 0. Write
#    ``steps_to(part, m)``: after how many steps is it first above ``part``?
