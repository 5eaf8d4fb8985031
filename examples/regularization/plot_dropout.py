r"""
Dropout: random zeros in training, against overfitting
======================================================

A network that knows its training data by heart overfits. ``Dropout`` makes
learning by heart harder. In training it draws a mask :math:`m`, 0 with the
probability ``rate``, else 1: no unit can rely on a single other one. What stays
is divided by ``1 - rate``, which keeps the mean. Predictions use all entries.

.. math:: y_i = m_i \, x_i / (1 - \text{rate})
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense, Dropout
from sklearn.datasets import load_digits

from keras_by_hand.gradients import dense_gradients, softmax_cross_entropy

# %%
# Build it
# --------
# Drop three of four entries; then learn the 300 digits of the page
# "Overfitting", 60 of them with a wrong label.

numbers = np.arange(1, 25, dtype="float32").reshape(3, 8)  # (batch, features)
layer = Dropout(rate=0.75, seed=7)
y = keras.ops.convert_to_numpy(layer(numbers, training=True))  # as in fit

digits, rng = load_digits(), np.random.default_rng(313)
digits.target[:60] = (digits.target[:60] + rng.integers(1, 10, 60)) % 10
x, _, x_test = np.split(digits.data / 16, [300, 1408])
t = np.eye(10)[digits.target[:300]]  # one-hot
kernels = rng.normal(0, 0.18, (5, 2, 64, 64))  # of five networks
starts = [[a, np.zeros(64), b[:, :10], np.zeros(10)] for a, b in kernels]
layers = [Dense(64, activation="relu"), Dropout(0.5, seed=7), Dense(10)]
model = keras.Sequential([keras.Input((64,)), *layers])
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(0.3, momentum=0.9), loss)
model.set_weights(starts[0])
for _ in range(10):
    model.train_on_batch(x, t)  # all 300 images

# %%
# Compute it
# ----------
# No entry of ``numbers`` is zero, so ``y`` shows the mask that Keras drew. When
# a network learns, its gradient goes back through the mask of that step.

expected = (y != 0) * numbers / (1 - 0.75)


def train(weights, masks):  # (steps, batch, hidden), divided by 1 - rate
    velocities, path = np.zeros(4), []
    for mask in masks:
        h = mask * np.maximum(0, x @ weights[0] + weights[1])
        logits = h @ weights[2] + weights[3]
        logits_gradient = softmax_cross_entropy(logits, t)[1]
        h_gradient, *second = dense_gradients(h, weights[2], logits_gradient)
        first = dense_gradients(x, weights[0], h_gradient * mask * (h > 0))[1:]
        pairs = zip(velocities, [*first, *second])
        velocities = [0.9 * v - 0.3 * gradient for v, gradient in pairs]
        weights = [w + v for w, v in zip(weights, velocities)]
        path.append(weights)
    return path  # (steps, arrays of weights)


# %%
# Check it
# --------
# Multiplying by 4 rounds nothing. Without ``training=True``, no entry is zero.
# The same seed draws the same masks, so NumPy can train with those of Keras.

np.testing.assert_array_equal(y, np.float32(expected), strict=True)
np.testing.assert_array_equal(layer(numbers), numbers)
twin, ones = Dropout(0.5, seed=7), np.ones((300, 64))
masks = [np.array(twin(ones, training=True)) for _ in range(10)]
for by_keras, by_hand in zip(model.get_weights(), train(starts[0], masks)[-1]):
    np.testing.assert_allclose(by_keras, by_hand, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
# Five networks read the test images, trained without dropout and with it.


def accuracy(w, mask=1):
    h = mask * np.maximum(0, x_test @ w[0] + w[1])
    return np.mean(np.argmax(h @ w[2] + w[3], axis=1) == digits.target[1408:])


fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for start in starts:
    masks = np.ones((100, 300, 64)), (rng.random((100, 300, 64)) >= 0.5) / 0.5
    without, dropped = [list(map(accuracy, train(start, m))) for m in masks]
    axis.plot(without, "C1--", dropped, "C0")
    print(f"without dropout {without[-1]:.2f}, with it {dropped[-1]:.2f}")
    np.testing.assert_array_less(without[-1] + 0.05, dropped[-1])
axis.set(title="Dropout reads more test images right", xlabel="step")
axis.legend(["without dropout", "with dropout"])
plt.show()

# %%
# Break it
# --------
# Suppose you still drop entries when you predict. Fewer images are read right.

weights, mask = train(start, masks[1])[-1], rng.random((20, 389, 64)) >= 0.5
wrong = np.mean([accuracy(weights, one / 0.5) for one in mask])
print(f"right: {accuracy(weights):.2f}, wrong: {wrong:.2f}")
assert wrong < accuracy(weights) - 0.02

# %%
# Try it
# ------
# 1. Write ``drop(x, rate, rng)``, which draws a mask with ``rng`` and drops.
# 2. Srivastava and others (2014) only multiply by the mask in training. Write
#    their last layer for predictions, ``predict(h, kernel, bias, rate)``.
