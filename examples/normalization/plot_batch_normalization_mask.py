r"""
BatchNormalization with a mask: padding does not count
======================================================

Short sequences are padded, and padding would distort the statistics of the
batch. In training, ``BatchNormalization`` leaves out the positions where its
mask is false. It normalizes them like all others.

.. math::

   \mu_B = \frac{\sum_i k_i \, x_i}{10^{-7} + \sum_i k_i}, \qquad
   \sigma_B^2 = \frac{\sum_i k_i \, (x_i - \mu_B)^2}{10^{-7} + \sum_i k_i}

Here :math:`k_i` is 1 where the mask is true, else 0. Keras adds the small
number so that it can divide even if all is padding.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import batch_normalization
from keras_by_hand.layers.normalization import batch_moments, moving_average

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four sequences of up to 3 steps with 2 features. The mask is false at padding.

x = rng.normal([2, -5], [1, 3], size=(4, 3, 2)).astype("float32")
mask = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 0]], "bool")
x[~mask] = 0
gamma, beta = np.array([1, 2]), np.array([0, 3])  # (features,)
mean, variance = np.array([1, -1]), np.array([4, 0.25])


def train(x, mask, features=slice(None)):
    layer = keras.layers.BatchNormalization(momentum=0.75)
    layer.build(x.shape)
    weights = [gamma, beta, mean, variance]
    layer.set_weights([weight[features] for weight in weights])
    y = keras.ops.convert_to_numpy(layer(x, training=True, mask=mask))
    return y, *layer.get_weights()[2:]


y, moved_mean, moved_variance = train(x, mask)
print("moving mean:", moved_mean.round(3))

# %%
# Compute it
# ----------
# ``x[mask]`` has a row for each step that counts. Its mean and its variance are
# those of the formula.

rows = x[mask]  # (steps that count, features)
count = len(rows) + 1e-7
batch_mean = np.sum(rows, axis=0) / count  # (features,)
batch_variance = np.sum((rows - batch_mean) ** 2, axis=0) / count
normalized = (x - batch_mean) / np.sqrt(batch_variance + 0.001)
expected = gamma * normalized + beta  # (batch, steps, features)
new_mean = 0.75 * mean + 0.25 * batch_mean
new_variance = 0.75 * variance + 0.25 * batch_variance

# %%
# Check it
# --------

np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(moved_mean, new_mean, rtol=1e-4)
np.testing.assert_allclose(moved_variance, new_variance, rtol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In
#    ``BatchNormalization``, a mask that is false everywhere moves both averages
#    towards 0. With a mask and only one feature, training raises an error on
#    JAX and PyTorch.

nothing = np.zeros_like(mask)
moments = batch_moments(x, nothing)
expected = [batch_normalization(x, gamma, beta, *moments)]
expected += [moving_average(mean, moments[0], momentum=0.75)]
expected += [moving_average(variance, moments[1], momentum=0.75)]
for of_keras, of_numpy in zip(train(x, nothing), expected, strict=True):
    np.testing.assert_allclose(of_keras, of_numpy, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(expected[1], 0.75 * mean)

if keras.backend.backend() != "tensorflow":
    with np.testing.assert_raises(IndexError):
        train(x[..., :1], mask, features=slice(1))

# %%
# Break it
# --------
# Would you pad sequences and forget the mask? The zeros pull the mean towards
# 0, and the variance with it.

_, wrong_mean, wrong_variance = train(x, mask=None)
print("right:", moved_mean, moved_variance)
print("wrong:", wrong_mean, wrong_variance)
assert not np.allclose(moved_mean, wrong_mean)
assert not np.allclose(moved_variance, wrong_variance)

# %%
# See it
# ------
# Gray crosses are padding. The lines are the means of the second feature.

fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.plot(rows[:, 1], np.zeros(len(rows)), "o", label="counts")
axis.plot(x[~mask][:, 1], np.zeros(4), "x", color="gray", label="padding")
axis.axvline(batch_mean[1], color="C0", label="mean with the mask")
axis.axvline(np.mean(x[..., 1]), color="gray", label="mean without")
axis.set(title="Without a mask, padding pulls the mean towards zero")
axis.set(xlabel="second feature", yticks=[], ylim=(-1, 6))
axis.legend()
plt.show()
