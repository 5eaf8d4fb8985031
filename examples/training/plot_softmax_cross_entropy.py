r"""
Softmax and cross-entropy: the gradient is p - t
================================================

A network is to say which of three classes an image shows. Its last layer gives
a number for each class, the *logits* :math:`z`. Softmax makes probabilities
:math:`p` of them: positive, and 1 in sum. The target :math:`t` is 1 for the
right class, else 0: it is *one-hot*. *Cross-entropy*, the loss, is the negative
logarithm of the probability of the right class: 0 for 1, and large near 0.

.. math::

   p_j = \frac{e^{z_j}}{\sum_k e^{z_k}}, \quad
   L = -\sum_j t_j \log p_j, \quad
   \frac{\partial L}{\partial z} = p - t

The gradient is that simple because the logarithm undoes the exponential. As the
target adds up to 1, :math:`L = \log \sum_j e^{z_j} - \sum_j t_j z_j`. The
derivative of the first term is :math:`p`, that of the second is :math:`t`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Fed with ``np.eye(4)``, a layer returns its kernel, as ``np.eye(4) @ kernel``
# is ``kernel``. So the kernel stands for the logits, and a step of ``SGD``
# subtracts their gradient. ``CategoricalCrossentropy`` is the cross-entropy for
# classes, or categories; with ``from_logits``, it applies softmax itself.

logits = np.array([[2, 1, -1], [0, 0, 0], [3, -2, 1], [-1, 4, 1]])
target = np.eye(3)[[0, 2, 1, 1]]  # one-hot, (batch, classes)

layer = keras.layers.Dense(3, use_bias=False)
model = keras.Sequential([keras.Input((4,)), layer])
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss)
model.set_weights([logits])
keras_loss = model.train_on_batch(np.eye(4), target)
keras_gradient = logits - model.get_weights()[0]
print(keras_gradient)

# %%
# Compute it
# ----------
# Subtracting the largest logit changes no probability, but keeps ``exp`` from
# overflowing. Keras takes the mean over the batch, so divide by its size.


def softmax_by_hand(z):
    powers = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


p = softmax_by_hand(logits)  # (batch, classes)
mean_loss = -np.mean(np.sum(target * np.log(p), axis=1))
logits_gradient = (p - target) / len(target)  # (batch, classes)

# %%
# Check it
# --------

np.testing.assert_allclose(keras_loss, mean_loss, rtol=1e-4)
np.testing.assert_allclose(keras_gradient, logits_gradient, 1e-4, 1e-4)
assert np.all(np.isfinite(softmax_by_hand(np.array([[999, 0], [0, 0]]))))
np.testing.assert_allclose(np.sum(logits_gradient, axis=1), 0, atol=1e-12)

# %%
# Break it
# --------
# Suppose you take softmax over the wrong axis, the batch. Then each class adds
# up to 1, and a sample does not.

wrong = np.exp(logits) / np.sum(np.exp(logits), axis=0)
print("right:", np.sum(p, axis=1), "wrong:", np.sum(wrong, axis=1))
assert np.allclose(np.sum(p, axis=1), 1)
assert not np.allclose(np.sum(wrong, axis=1), 1)

# %%
# See it
# ------
# A step of training moves each logit against its bar on the right: the bars add
# up to 0. On the site, change the logits. Then divide them by a *temperature*:
# above 1 it makes the probabilities more alike, below 1 less.

# sphinx_gallery_moving_picture = True
t, classes = target[0], np.arange(3)
fig, (left, right) = plt.subplots(1, 2, figsize=(6, 3.4))
fig.suptitle("p - t is below 0 for the right class alone")
left.bar(classes - 0.2, p[0], 0.4, label="p, predicted")
left.bar(classes + 0.2, t, 0.4, label="t, target")
left.set(title="One sample", xlabel="class", xticks=classes, ylim=(0, 1.3))
left.legend()
right.bar(classes, p[0] - t, 0.4, color="C2", label="p - t")
right.axhline(0, color="gray", linewidth=1)
right.set(title="Gradient p - t", xlabel="class", xticks=classes)
plt.show()

# %%
# In full
# -------
# ``softmax_cross_entropy`` from keras_by_hand returns loss and gradient. It
# works even where a probability is too small for a float, and its logarithm
# would be minus infinity.

from keras_by_hand.gradients import softmax_cross_entropy

mean_loss, gradient = softmax_cross_entropy(logits, target)
np.testing.assert_allclose(keras_loss, mean_loss, rtol=1e-4)
np.testing.assert_allclose(keras_gradient, gradient, rtol=1e-4, atol=1e-4)
far_loss = softmax_cross_entropy(np.array([[0, 1000]]), np.array([[1, 0]]))[0]
np.testing.assert_equal(far_loss, 1000)

# %%
# Try it
# ------
# 1. Write ``one_hot(labels, classes)`` without ``np.eye``.
# 2. Write ``guess_loss(classes)``: the cross-entropy of a network that knows
#    nothing, and gives all classes the same probability.
