r"""
Softmax and cross-entropy: the gradient is p - t
================================================

A classifier learns from a plain difference: the predicted probabilities minus
the target. That is the gradient of its loss at the logits, the numbers that go
into softmax.

.. math::

   p &= \text{softmax}(z) \\
   L &= -\sum_j t_j \log p_j \\
   \frac{\partial L}{\partial z} &= p - t

It is that simple because the logarithm undoes the exponential of softmax. As
the target adds up to 1,

.. math::

   L = \log \sum_j e^{z_j} - \sum_j t_j z_j

The derivative of the first term is :math:`p`, that of the second :math:`t`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import softmax

# %%
# Build it
# --------
# A layer that is fed with the identity matrix returns its kernel, as
# ``np.eye(4) @ kernel`` is ``kernel``. So the kernel takes the place of the
# logits, and ``SGD`` with a learning rate of 1 subtracts the gradient from it.

logits = np.array([[2, 1, -1], [0, 0, 0], [3, -2, 1], [-1, 4, 1]])
target = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0.5, 0.5]])


def keras_step(logits, target, dtype="float32"):
    """The loss, and its gradient at the logits, (batch, classes)."""
    layer = keras.layers.Dense(3, use_bias=False, dtype=dtype)
    model = keras.Sequential([keras.Input((4,)), layer])
    cross_entropy = keras.losses.CategoricalCrossentropy(
        from_logits=True, dtype=dtype
    )
    model.compile(keras.optimizers.SGD(learning_rate=1.0), cross_entropy)
    model.set_weights([logits])
    loss = model.train_on_batch(np.eye(4), target)
    return loss, logits - model.get_weights()[0]


keras_loss, keras_gradient = keras_step(logits, target)
print(keras_gradient)

# %%
# Compute it
# ----------
# The loss and its gradient both follow from the probabilities. Keras takes the
# mean over the batch, so the gradient is divided by the size of the batch.

p = softmax(logits)  # (batch, classes)
mean_loss = -np.mean(np.sum(target * np.log(p), axis=1))
difference = (p - target) / len(target)  # (batch, classes)

# %%
# The whole function uses ``log_softmax``, which also works where a probability
# is too small for a float.

from keras_by_hand.gradients import softmax_cross_entropy

# %%
# Check it
# --------
# In float64, too: only on TensorFlow does Keras train in it throughout.

np.testing.assert_allclose(keras_loss, mean_loss, rtol=1e-4)
np.testing.assert_allclose(keras_gradient, difference, rtol=1e-4, atol=1e-4)

loss, gradient = softmax_cross_entropy(logits, target)
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    keras_loss, keras_gradient = keras_step(logits, target, dtype)
    np.testing.assert_allclose(keras_loss, loss, rtol=1e-5)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(keras_gradient, gradient, tolerance, tolerance)

# %%
# Break it
# --------
# Would you multiply ``p - t`` by ``p * (1 - p)``, for softmax? Its derivative
# is in there already: ``p - t`` is the gradient at the logits.

wrong = p * (1 - p) * (p - target) / len(logits)
print(wrong)
assert not np.allclose(wrong, keras_gradient)

# %%
# See it
# ------
# A step of training moves each logit against its bar on the right. The bars add
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
