r"""
Neural network from scratch in NumPy: reading digits
====================================================

Now the pieces make a network. Two ``Dense`` layers with first weights by He
learn to read digits, in NumPy and in Keras, and end with the same weights. They
read more digits right than *logistic regression*, a single layer and softmax.

.. math:: h = \max(0, x W_1 + b_1), \quad p = \text{softmax}(h W_2 + b_2)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from keras_by_hand import softmax

# %%
# Build it
# --------
# An image is a row of 64 pixels. The network learns from 1408 of them. Others,
# the *test* images, show how it reads new ones. An *epoch* takes all 1408 once,
# in 11 batches of 128, not shuffled: the digits stand mixed already.

x, digits = load_digits(return_X_y=True)
x, x_test = np.split(x / 16, [1408])  # (images, features)
digits, digits_test = np.split(digits, [1408])
t = np.eye(10)[digits]  # one-hot
kernels = np.random.default_rng(313).normal(0, np.sqrt(2 / 64), (5, 2, 64, 64))
starts = [[a, np.zeros(64), b[:, :10], np.zeros(10)] for a, b in kernels]
layers = [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)]
model = keras.Sequential([keras.Input((64,)), *layers])
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss)
model.set_weights(starts[0])
fit = model.fit(x, t, batch_size=128, epochs=30, shuffle=False, verbose=0)

# %%
# Compute it
# ----------
# Go forward, back from ``p - t`` at the logits, then take a step with momentum.


def forward(weights, x):
    h = np.maximum(0, x @ weights[0] + weights[1])  # (batch, hidden)
    return h, softmax(h @ weights[2] + weights[3])  # (batch, digits)


def train(weights, x, t):
    velocities, losses = np.zeros(4), []  # a zero for each array of weights
    for first in [*range(0, 1408, 128)] * 30:
        batch, target = x[first : first + 128], t[first : first + 128]
        h, p = forward(weights, batch)
        losses.append(-np.mean(np.sum(target * np.log(p), axis=1)))
        logits_gradient = (p - target) / 128
        z_gradient = logits_gradient @ weights[2].T * (h > 0)
        gradients = [batch.T @ z_gradient, np.sum(z_gradient, axis=0)]
        gradients += [h.T @ logits_gradient, np.sum(logits_gradient, axis=0)]
        velocities = [0.9 * v - 0.1 * g for v, g in zip(velocities, gradients)]
        weights = [w + v for w, v in zip(weights, velocities)]
    return weights, losses


# %%
# Check it
# --------
# After all steps, the weights agree. Keras reports the mean loss of each epoch.

weights, losses = train(starts[0], x, t)
for by_keras, by_hand in zip(model.get_weights(), weights):
    np.testing.assert_allclose(by_keras, by_hand, rtol=1e-4, atol=1e-4)
epochs = np.mean(np.reshape(losses, (30, 11)), axis=1)
np.testing.assert_allclose(fit.history["loss"], epochs, rtol=1e-4, atol=1e-4)

# %%
# *Accuracy* is the share that is read right. Five networks read nearly all
# training images, and more test images than logistic regression does.

logistic = LogisticRegression(max_iter=1000).fit(x, digits)
limit = logistic.score(x_test, digits_test)
print(f"logistic regression: test {limit:.1%}")
for start in starts:
    weights = train(start, x, t)[0]
    read, again = [forward(weights, a)[1].argmax(axis=1) for a in (x_test, x)]
    test, training = np.mean(read == digits_test), np.mean(again == digits)
    print(f"network: test {test:.1%}, training {training:.1%}")
    assert test > limit and training > 0.98

# %%
# See it
# ------
# A *confusion matrix*: a row for each digit, a column for what it was read as.

counts = np.zeros((10, 10), int)
np.add.at(counts, (digits_test, read), 1)  # adds 1 for each image
fig, axis = plt.subplots(figsize=(6, 4.6), layout="constrained")
axis.imshow(np.minimum(counts, 6), cmap="Blues", vmax=12)
axis.set(title="Right on the diagonal, mistakes beside it", xlabel="read as")
axis.set(ylabel="digit", xticks=range(10), yticks=range(10))
for (row, column), count in np.ndenumerate(counts):
    axis.text(column, row, count or "", ha="center", va="center", color="k")
plt.show()

# %%
# Break it
# --------
# Suppose you shuffle labels apart from images. The network then just guesses.

weights = train(start, x, np.random.default_rng(0).permutation(t))[0]
wrong = np.mean(forward(weights, x_test)[1].argmax(axis=1) == digits_test)
print(f"right: {test:.2f}, wrong: {wrong:.2f}")
assert wrong < 0.3

# %%
# Try it
# ------
# 1. Write ``confusion(digits, read)``, a matrix for any digits, by a loop.
# 2. Write ``recall(counts)``: the share of each digit that was read right.
