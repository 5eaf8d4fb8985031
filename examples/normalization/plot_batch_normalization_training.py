r"""
BatchNormalization training: batch statistics, moving averages
==============================================================

In training, ``BatchNormalization`` uses the mean and the variance of the batch.
It also moves two averages a little towards them, and predicts with these.

.. math::

   \mu_B &= \frac{1}{n} \sum_{i=1}^{n} x_i, \quad
   \sigma_B^2 = \frac{1}{n} \sum_{i=1}^{n} (x_i - \mu_B)^2 \\
   \mu' &= m \, \mu + (1 - m) \, \mu_B \\
   \sigma'^2 &= m \, \sigma^2 + (1 - m) \, \sigma_B^2

The sums are over all n positions of the batch, for each feature on its own. The
argument ``momentum`` is m, by default 0.99.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import batch_normalization

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four sequences of up to 3 steps with 2 features. The mask is false at padding.

x = rng.normal([2, -5], [1, 3], size=(4, 3, 2)).astype("float32")
mask = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 0]], "bool")
gamma, beta = np.array([1, 2]), np.array([0, 3])  # (features,)
old_mean, old_variance = np.array([1, -1]), np.array([4, 0.25])
weights = [gamma, beta, old_mean, old_variance]


def keras_training(x, weights, mask=None, dtype="float32", **arguments):
    layer = keras.layers.BatchNormalization(dtype=dtype, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x, training=True, mask=mask))
    return y, *layer.get_weights()[2:]


y, moving_mean, moving_variance = keras_training(x, weights)
print("moving averages:", moving_mean.round(3), moving_variance.round(3))

# %%
# Compute it
# ----------
# Take the mean and the variance over all sequences and steps, for each feature.
# (``np.var`` divides by n, as Keras does.) Normalize the batch with these two.
# Then keep 99 % of each moving average, and add 1 % of the batch's value.

batch_mean = np.mean(x, axis=(0, 1))  # (features,)
batch_variance = np.var(x, axis=(0, 1))
normalized = (x - batch_mean) / np.sqrt(batch_variance + 0.001)
y_by_hand = gamma * normalized + beta  # (batch, steps, features)
new_mean = 0.99 * old_mean + 0.01 * batch_mean
new_variance = 0.99 * old_variance + 0.01 * batch_variance

# %%
# The whole functions take a mask and any momentum. Padding does not count. With
# a mask, Keras adds 1e-7 to n, so that it can divide even if all is padding.

from keras_by_hand import batch_moments, moving_average

# %%
# Check it
# --------
# In float32 and in float64. (Only TensorFlow computes a whole layer in
# float64.) The mask changes only the statistics: Keras normalizes padding, too.

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(moving_mean, new_mean, rtol=1e-4)
np.testing.assert_allclose(moving_variance, new_variance, rtol=1e-4)

tensorflow = keras.backend.backend() == "tensorflow"
x64 = x.astype("float64")
cases = [(None, {}), (mask, {"momentum": 0.9}), (np.zeros_like(mask), {})]
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for counted, momentum in cases:
        of_keras = keras_training(x, weights, counted, dtype, **momentum)
        mean, variance = batch_moments(x64, counted)
        y = batch_normalization(x64, gamma, beta, mean, variance)
        mean = moving_average(old_mean, mean, **momentum)
        variance = moving_average(old_variance, variance, **momentum)
        for a, b in zip(of_keras, [y, mean, variance], strict=True):
            np.testing.assert_allclose(a, b, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** a mask that is false everywhere moves
#    both averages towards 0. With a mask and only one feature, training raises
#    an error on JAX and PyTorch.

if not tensorflow:
    with np.testing.assert_raises(IndexError):
        keras_training(x[..., :1], [w[:1] for w in weights], mask)

# %%
# Break it
# --------
# PyTorch's ``momentum`` is the weight of the new value: its 0.01 is 0.99 here.
# And its moving variance divides by n - 1. Would you do either in Keras?

mean, variance = batch_moments(x64)
wrong_mean = moving_average(old_mean, mean, momentum=0.01)
wrong_variance = moving_average(old_variance, variance * 12 / 11)  # n = 12
print("wrong averages:", wrong_mean.round(3), wrong_variance.round(3))
assert not np.allclose(moving_mean, wrong_mean, 1e-4)
assert not np.allclose(moving_variance, wrong_variance, 1e-4)

# %%
# See it
# ------
# The moving mean begins at 0, and the batches have a mean of about 5. After 100
# steps with a momentum of 0.99, it still lacks more than a third. So a model
# that has hardly been trained predicts with wrong averages.

print(f"lacking after 100 steps: {0.99**100:.0%}")
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for momentum in (0.9, 0.99):
    moving = [0]
    for mean in rng.normal(5, 1, size=400):
        moving.append(moving_average(moving[-1], mean, momentum))
    axis.plot(moving, label=f"momentum {momentum}")
axis.set(title="The moving mean needs hundreds of steps to arrive")
axis.set(xlabel="step of training", ylabel="moving mean")
axis.legend(loc="lower right")
plt.show()
