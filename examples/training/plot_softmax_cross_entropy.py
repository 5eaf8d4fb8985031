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

It is that simple because the logarithm undoes the exponential of softmax:
:math:`L = \log \sum_j e^{z_j} - \sum_j t_j z_j`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A layer that is fed with the identity matrix returns its kernel. So the kernel
# takes the place of the logits, and a step of ``SGD`` with a learning rate of 1
# subtracts the gradient from it.

logits = np.array([[2, 1, -1], [0, 0, 0], [3, -2, 1], [-1, 4, 1]])
target = np.eye(3)[[0, 2, 1, 1]]  # (batch, classes), one-hot


def keras_step(logits, target, activation=None, dtype="float32"):
    """The loss of a step, and its gradient at the logits."""
    layer = keras.layers.Dense(3, activation, use_bias=False, dtype=dtype)
    model = keras.Sequential([keras.Input((4,)), layer])
    entropy = keras.losses.CategoricalCrossentropy(
        from_logits=activation is None, dtype=dtype
    )
    model.compile(keras.optimizers.SGD(learning_rate=1.0), entropy)
    model.set_weights([logits])
    loss = model.train_on_batch(np.eye(4), target)
    return loss, logits - model.get_weights()[0]


_, y = keras_step(logits, target)
print(y)

# %%
# From other pages
# ----------------


def softmax(x, axis=-1):
    """exp(x) divided by its sum along an axis; x: any shape.

    Keras documentation, softmax.
    """
    powers = np.exp(x - np.max(x, axis, keepdims=True))
    return powers / np.sum(powers, axis, keepdims=True)


def log_softmax(x, axis=-1):
    """log(softmax(x)) without underflow; x: any shape."""
    x = x - np.max(x, axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis, keepdims=True))


# %%
# Compute it
# ----------
# Keras takes the mean over the batch, so the gradient is divided by its size.


def softmax_cross_entropy(logits, target):
    """The mean loss, and its gradient at the logits.

    logits, target and the gradient: (batch, classes). (Bishop, Pattern
    Recognition and Machine Learning, 2006, section 4.3.4.)
    """
    loss = -np.sum(target * log_softmax(logits)) / len(logits)
    gradient = (softmax(logits) - target) / len(logits)
    return loss, gradient


# %%
# Check it
# --------
# Move one logit up and down, and see how far the loss moves. Such a difference
# quotient is right to six digits or so.

loss, gradient = softmax_cross_entropy(logits, target)
step = 2**-17
for index in np.ndindex(logits.shape):
    moved = logits.astype("float64")
    moved[index] += step
    above, _ = softmax_cross_entropy(moved, target)
    moved[index] -= 2 * step
    below, _ = softmax_cross_entropy(moved, target)
    quotient = (above - below) / (2 * step)
    np.testing.assert_allclose(quotient, gradient[index], rtol=1e-6)

# %%
# Keras trains with this gradient. Only on TensorFlow does it compute in float64
# throughout. (It returns the loss in float32.)

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    keras_loss, y = keras_step(logits, target, dtype=dtype)
    np.testing.assert_allclose(keras_loss, loss, rtol=1e-5)
    print(f"{dtype}: largest error {np.abs(y - gradient).max():.1e}")
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, gradient, rtol=tolerance, atol=tolerance)

# %%
# Break it
# --------
# Would you take softmax first, and the loss of its probabilities? Keras clips
# them to ``1e-7`` and ``1 - 1e-7``, because the logarithm of 0 is infinite. So
# a network that is sure and wrong gets too small a loss. Worse, the clipped
# loss is flat: its gradient is 0, and the network learns nothing.

sure = 48 * np.roll(target, 1, axis=1) - 24  # logits of 24 and -24
loss, gradient = softmax_cross_entropy(sure, target)
clipped = keras.losses.CategoricalCrossentropy()(target, softmax(sure))
clipped = keras.ops.convert_to_numpy(clipped)
print(f"loss from logits {loss:.1f}, from probabilities {clipped:.1f}")
assert not np.allclose(clipped, loss)

# %%
# .. warning:: **Seen in Keras 3.15.1:** On TensorFlow, Keras finds the logits
#    behind a softmax layer and takes the loss from them, so the layer learns.
#    On JAX and PyTorch it gets the clipped loss and a gradient of 0.

keras_loss, y = keras_step(sure, target, "softmax")
if keras.backend.backend() != "tensorflow":
    loss, gradient = clipped, 0 * gradient
np.testing.assert_allclose(keras_loss, loss, rtol=1e-5)
np.testing.assert_allclose(y, gradient, rtol=1e-5, atol=1e-5)

# %%
# See it
# ------
# A step of training moves each logit against its bar on the right.

p, t, classes = softmax(logits)[0], target[0], np.arange(3)
fig, (left, right) = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
left.bar(classes - 0.2, p, 0.4, label="p, predicted")
left.bar(classes + 0.2, t, 0.4, label="t, target")
left.set(title="One sample", xlabel="class", xticks=classes, ylim=(0, 1.3))
left.legend()
right.bar(classes, p - t, 0.4, color="C2", label="p - t")
right.axhline(0, color="gray", linewidth=1)
right.set(title="Its gradient", xlabel="class", xticks=classes)
right.legend()
plt.show()
