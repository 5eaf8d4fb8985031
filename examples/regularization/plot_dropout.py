r"""
Dropout: random zeros in training keep a network from overfitting
=================================================================

On the page "Overfitting", a network learned 60 wrong labels by heart.
``Dropout`` makes that harder. In each step of training it sets random entries
to zero, so that no unit can rely on a single other one. It scales up those that
it keeps, which leaves the mean as it was. Predictions use all entries.

.. math:: y_i = \frac{m_i \; x_i}{1 - \text{rate}}

The mask :math:`m_i` is 0 with the probability ``rate``, else 1. It is drawn
anew for each batch.
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
# Three out of four entries are dropped. The others are divided by 0.25. ``fit``
# passes ``training=True`` to each layer; here we do so ourselves.

numbers = np.arange(1, 25, dtype="float32").reshape(3, 8)  # (batch, features)
layer = Dropout(rate=0.75, seed=7)
y = keras.ops.convert_to_numpy(layer(numbers, training=True))
print(y)

# %%
# The task of the page "Overfitting": 300 digits, 60 of them with a wrong label.

digits, rng = load_digits(), np.random.default_rng(313)
digits.target[:60] = (digits.target[:60] + rng.integers(1, 10, 60)) % 10
one_hot = np.eye(10)[digits.target]  # (images, digits)
x, x_new, _, x_test = np.split(digits.data / 16, [300, 700, 1408])
t, t_new, _, t_test = np.split(one_hot, [300, 700, 1408])
kernels = rng.normal(0, 0.18, (5, 2, 64, 64))  # of five networks
starts = [[a, np.zeros(64), b[:, :10], np.zeros(10)] for a, b in kernels]

layers = [Dense(64, activation="relu"), Dropout(0.5, seed=7), Dense(10)]
model = keras.Sequential([keras.Input((64,)), *layers])
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(0.3, momentum=0.9), loss)
model.set_weights(starts[0])
for _ in range(100):
    model.train_on_batch(x, t)

# %%
# Compute it
# ----------
# No entry of ``numbers`` is zero, so ``y`` shows the mask that Keras drew. In
# training we draw our own. What was dropped gets no gradient, what was scaled
# up gets more: the gradient goes through the same mask.

kept = y != 0  # (batch, features)
expected = kept * numbers / (1 - 0.75)


def train(weights, rate):
    velocities, path = np.zeros(4), []
    for _ in range(100):
        h = np.maximum(0, x @ weights[0] + weights[1])  # (batch, hidden)
        mask = (rng.random(h.shape) >= rate) / (1 - rate)
        logits = (h * mask) @ weights[2] + weights[3]  # (batch, digits)
        logits_gradient = softmax_cross_entropy(logits, t)[1]
        inner = dense_gradients(h * mask, weights[2], logits_gradient)
        outer = dense_gradients(x, weights[0], inner[0] * mask * (h > 0))
        pairs = zip(velocities, [*outer[1:], *inner[1:]])
        velocities = [0.9 * v - 0.3 * gradient for v, gradient in pairs]
        weights = [w + v for w, v in zip(weights, velocities)]
        path.append(weights)
    return path  # (steps, arrays of weights)


# %%
# Check it
# --------
# Multiplying by 4 rounds nothing: equal to the bit. Predictions keep all.

np.testing.assert_array_equal(y, np.float32(expected), strict=True)
predicted = keras.ops.convert_to_numpy(layer(numbers))  # no training=True
np.testing.assert_array_equal(predicted, numbers, strict=True)


def look(weights, x, t):
    logits = np.maximum(0, x @ weights[0] + weights[1]) @ weights[2]
    logits = logits + weights[3]
    right = np.argmax(logits, axis=1) == np.argmax(t, axis=1)
    return softmax_cross_entropy(logits, t)[0], np.mean(right)


ends = []
for start in starts:
    for rate in (0, 0.5):
        path = train(start, rate)
        curve = [look(w, x_new, t_new)[0] for w in path]
        ends.append([curve[-1], look(path[-1], x_test, t_test)[1]])
print(np.round(ends, 3))
by_keras = look(model.get_weights(), x_new, t_new), look(model.get_weights(), x_test, t_test)
print(by_keras)
