r"""
BatchNormalization gradient: through mean and variance
======================================================

In training, each entry of a batch changes its mean :math:`\mu_B` and variance
:math:`\sigma_B^2`, too. So the gradient of the loss :math:`L` has three terms.

With :math:`\sigma = \sqrt{\sigma_B^2 + \epsilon}` and
:math:`\hat{x} = (x - \mu_B) / \sigma`, and with :math:`\delta` for the gradient
that arrives at :math:`y = \gamma \hat{x} + \beta` in the backward pass:

.. math::

   \frac{\partial L}{\partial \gamma} &= \sum \delta \, \hat{x}, \quad
   \frac{\partial L}{\partial \beta} = \sum \delta \\
   \frac{\partial L}{\partial x} &= \frac{\gamma}{\sigma} \left(
   \delta - \frac{1}{n} \frac{\partial L}{\partial \beta}
   - \frac{\hat{x}}{n} \frac{\partial L}{\partial \gamma} \right)

The sums are over all :math:`n` positions of the batch, for each feature.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``SGD`` with a learning rate of 1 subtracts the gradient. ``Embedding`` makes
# ``x`` a weight, too. With this loss, delta is the gradient at ``y``.

rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(8, 3)) / 4  # (batch, features)
gamma, beta = np.array([1, 2, 0.5]), np.array([0, 3, -2])  # (features,)
delta = rng.integers(-3, 4, size=(8, 3))


def keras_gradients(trainable=True):
    layer = keras.layers.BatchNormalization(trainable=trainable)
    embedding = keras.layers.Embedding(8, 3)
    model = keras.Sequential([keras.Input(()), embedding, layer])
    loss = lambda delta, y: keras.ops.sum(delta * y)
    model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
    model.set_weights([x, gamma, beta, np.zeros(3), np.ones(3)])
    model.train_on_batch(np.arange(8), delta)
    news = model.get_weights()
    return [old - new for old, new in zip([x, gamma, beta], news)]


of_x, of_gamma, of_beta = keras_gradients()

# %%
# Compute it
# ----------
# First normalize x, as the layer does. Of the three terms, one is delta itself,
# one comes through the mean, and one through the variance.

sigma = np.sqrt(np.var(x, axis=0) + 0.001)  # (features,)
normalized = (x - np.mean(x, axis=0)) / sigma  # (batch, features)
beta_by_hand = np.sum(delta, axis=0)
gamma_by_hand = np.sum(delta * normalized, axis=0)
through_mean = beta_by_hand / 8
through_variance = normalized * gamma_by_hand / 8
x_by_hand = gamma / sigma * (delta - through_mean - through_variance)

# %%
# Check it
# --------
# For images, ``batch_normalization_gradients`` sums over all axes but the last.

from keras_by_hand.gradients import batch_normalization_gradients

np.testing.assert_allclose(of_x, x_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_gamma, gamma_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_beta, beta_by_hand, rtol=1e-4, atol=1e-4)
x_gradient, _, _ = batch_normalization_gradients(x, gamma, delta)
np.testing.assert_allclose(x_gradient, x_by_hand)

# %%
# Break it
# --------
# Suppose you take mean and variance for constants: the first term is left. Only
# for a frozen layer is this right, with its moving variance, which is 1 here.

wrong = gamma / sigma * delta
print("right:", of_x[0].round(2), "wrong:", wrong[0].round(2))
assert not np.allclose(of_x, wrong)
of_frozen = keras_gradients(trainable=False)[0]
expected = gamma / np.sqrt(1 + 0.001) * delta
np.testing.assert_allclose(of_frozen, expected, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
# Eight samples of one feature. The loss is the last output.

values = np.array([-2, -1.5, -1, 0, 0.5, 1, 1.5, 3]).reshape(8, 1)
last = np.eye(8)[:, 7:]
reached, _, _ = batch_normalization_gradients(values, np.ones(1), last)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(range(8), reached[:, 0])
axis.set(title="The gradient of one output reaches all samples of the batch")
axis.set(xlabel="sample", ylabel="gradient of x")
plt.show()
