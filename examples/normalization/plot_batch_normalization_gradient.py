r"""
BatchNormalization gradient: through mean and variance
======================================================

In training, each entry of a batch changes the mean and the variance, too. So
the loss depends on it in three ways, and its gradient has three terms.

With :math:`\sigma = \sqrt{\sigma_B^2 + \epsilon}` and
:math:`\hat{x} = (x - \mu_B) / \sigma`, and with :math:`\delta` for the gradient
that arrives at :math:`y = \gamma \hat{x} + \beta`:

.. math::

   \frac{\partial L}{\partial \gamma} &= \sum \delta \, \hat{x}, \quad
   \frac{\partial L}{\partial \beta} = \sum \delta \\
   \frac{\partial L}{\partial x} &= \frac{\gamma}{\sigma} \left(
   \delta - \frac{1}{n} \frac{\partial L}{\partial \beta}
   - \frac{\hat{x}}{n} \frac{\partial L}{\partial \gamma} \right)

The sums are over all n positions of the batch, for each feature on its own.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``SGD`` with a learning rate of 1 subtracts the gradient. ``Embedding`` makes
# ``x`` a weight, too: token 5 reads row 5. This loss has the target itself as
# its gradient at ``y``.

x = rng.integers(-9, 10, size=(2, 4, 3)) / 4  # (batch, steps, features)
gamma, beta = np.array([1, 2, 0.5]), np.array([0, 3, -2])  # (features,)
weights = [x.reshape(8, 3), gamma, beta]
y_gradient = rng.integers(-3, 4, size=(2, 4, 3))


def loss(y_gradient, y):
    return keras.ops.sum(y_gradient * y)


def keras_gradients(dtype, trainable=True):
    embedding = keras.layers.Embedding(8, 3, dtype=dtype)
    layer = keras.layers.BatchNormalization(dtype=dtype, trainable=trainable)
    model = keras.Sequential([keras.Input((4,)), embedding, layer])
    model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
    model.set_weights([*weights, np.zeros(3), np.ones(3)])
    model.train_on_batch(np.arange(8).reshape(2, 4), y_gradient)
    changes = [old - new for old, new in zip(weights, model.get_weights())]
    return [changes[0].reshape(x.shape), *changes[1:]]


# %%
# Compute it
# ----------
# First normalize x, as the layer does. The gradients of beta and gamma are sums
# over all n positions. The gradient of x has three terms: ``y_gradient``
# itself, what comes through the mean, and what comes through the variance.

sigma = np.sqrt(np.var(x, axis=(0, 1)) + 0.001)  # (features,)
normalized = (x - np.mean(x, axis=(0, 1))) / sigma  # (batch, steps, features)
beta_gradient = np.sum(y_gradient, axis=(0, 1))
gamma_gradient = np.sum(y_gradient * normalized, axis=(0, 1))

n = 2 * 4  # positions in the batch
through_mean = beta_gradient / n
through_variance = normalized * gamma_gradient / n
three_terms = y_gradient - through_mean - through_variance
gradient_of_x = gamma / sigma * three_terms

# %%
# The whole function takes any number of axes and any epsilon.

from keras_by_hand.gradients import batch_normalization_gradients

# %%
# Check it
# --------
# In float32 and in float64. (Only TensorFlow trains in float64.)

by_hand = [gradient_of_x, gamma_gradient, beta_gradient]
for of_keras, gradient in zip(keras_gradients("float32"), by_hand, strict=True):
    np.testing.assert_allclose(of_keras, gradient, rtol=1e-4, atol=1e-4)

gradients = batch_normalization_gradients(x, gamma, y_gradient)
print("gradients of gamma and beta:", *gradients[1:])
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    in_training = keras_gradients(dtype)
    for of_keras, gradient in zip(in_training, gradients, strict=True):
        np.testing.assert_allclose(of_keras, gradient, tolerance, tolerance)

# %%
# Adding a number to all entries of a feature changes no output. So the gradient
# of x has a sum of 0.

np.testing.assert_allclose(np.sum(in_training[0], axis=(0, 1)), 0, atol=1e-4)

# %%
# Break it
# --------
# Would you keep the first term only, as if mean and variance were constants?
# That is right for a frozen layer, with its stored variance, here 1.

deviation = np.sqrt(np.var(x, axis=(0, 1)) + 0.001)
wrong = gamma / deviation * y_gradient
print("right:", gradients[0][0, 0].round(2), "wrong:", wrong[0, 0].round(2))
assert not np.allclose(in_training[0], wrong)

frozen = keras_gradients("float32", trainable=False)[0]
expected = gamma / np.sqrt(1 + 0.001) * y_gradient
np.testing.assert_allclose(frozen, expected, 1e-4, 1e-4)

# %%
# See it
# ------
# Eight samples of one feature. The loss is the last output. The other samples
# get a gradient, too: their values are in the mean and in the variance.

values = np.array([-2, -1.5, -1, 0, 0.5, 1, 1.5, 3]).reshape(8, 1)
last = np.eye(8)[:, 7:]
x_gradient, _, _ = batch_normalization_gradients(values, np.ones(1), last)
constant = last / np.std(values)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
samples = np.arange(8)
axis.bar(samples - 0.2, constant[:, 0], 0.4, label="mean, variance constant")
axis.bar(samples + 0.2, x_gradient[:, 0], 0.4, label="gradient of x")
axis.set(title="The gradient of one output reaches all samples of the batch")
axis.set(xlabel="sample")
axis.legend()
plt.show()
