r"""
LeNet on handwritten digits, trained in NumPy and in Keras
==========================================================

In the 1990s LeNet-5 read the amounts on cheques. Here is a small relative: two
convolutions, a pooling, and one ``Dense`` layer. From the same weights and on
the same batches, NumPy and Keras train it to the same weights.

.. math::

   h &= \tanh(x * W_1 + b_1) \\
   k &= \tanh(\text{pool}(h) * W_2 + b_2) \\
   z &= \text{flat}(k) \, W_3 + b_3

Here :math:`*` is a convolution, "pool" takes the mean of 2 by 2 pixels, and
"flat" puts the numbers of an image in a row. The images need scikit-learn.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import AveragePooling2D, Conv2D, Dense, Flatten
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from keras_by_hand import conv2d
from keras_by_hand.gradients import dense_gradients, softmax_cross_entropy

# %%
# Build it
# --------
# 1408 digits, in batches of 32, are for training, the other 389 for a test.
# ``AveragePooling2D`` takes the mean of a window, ``MaxPooling2D`` its maximum.
# ``Flatten`` puts the numbers of an image in one row.

digits = load_digits()
images = np.float32(digits.images[..., np.newaxis] / 16)  # (batch, 8, 8, 1)
targets = np.eye(10, dtype="float32")[digits.target]  # one-hot

layers = [Conv2D(6, 3, padding="same", activation="tanh"), AveragePooling2D(2)]
layers += [Conv2D(16, 3, activation="tanh"), Flatten(), Dense(10)]
model = keras.Sequential([keras.Input((8, 8, 1)), *layers])
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(learning_rate=0.5), loss)

# %%
# Compute it
# ----------
# A convolution adds up nine products. ``kernel[u, v]``, (channels, filters), is
# the kernel of a ``Dense`` layer that sees the image from row u, column v on.
# So on the way back, each of the nine has the gradients of ``Dense``.


def convolve_gradients(x, kernel, y_gradient):
    x_gradient, kernel_gradient = np.zeros_like(x), np.zeros_like(kernel)
    height, width = y_gradient.shape[1:3]
    flat = y_gradient.reshape(-1, kernel.shape[3])  # (pixels, filters)
    for u, v in np.ndindex(3, 3):
        seen = np.s_[:, u : u + height, v : v + width]
        kernel_gradient[u, v] = x[seen].reshape(len(flat), -1).T @ flat
        x_gradient[seen] += y_gradient @ kernel[u, v].T
    return x_gradient, kernel_gradient, np.sum(flat, axis=0)


# %%
# Forward, ``conv`` is ``convolve`` of the page "Conv2D". Backward, the slope of
# tanh is 1 - tanh². Of a mean, each of four pixels gets a quarter of the
# gradient.


def forward(weights, x):
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])  # "same"
    h = np.tanh(conv2d(padded, *weights[:2]))  # (batch, 8, 8, 6)
    pooled = h.reshape(-1, 4, 2, 4, 2, 6).mean(axis=(2, 4))
    k = np.tanh(conv2d(pooled, *weights[2:4]))  # (batch, 2, 2, 16)
    logits = k.reshape(-1, 64) @ weights[4] + weights[5]
    return padded, h, pooled, k, logits


def step(weights, x, target):
    padded, h, pooled, k, logits = forward(weights, x)
    _, gradient = softmax_cross_entropy(logits, target)
    gradient, *third = dense_gradients(k.reshape(-1, 64), weights[4], gradient)
    gradient = gradient.reshape(k.shape) * (1 - k**2)
    gradient, *second = convolve_gradients(pooled, weights[2], gradient)
    gradient = gradient.repeat(2, axis=1).repeat(2, axis=2) / 4 * (1 - h**2)
    _, *first = convolve_gradients(padded, weights[0], gradient)
    return [w - 0.5 * g for w, g in zip(weights, [*first, *second, *third])]


# %%
# Check it
# --------
# An epoch of Keras and one of NumPy lead to the same weights. Then NumPy trains
# ten epochs from five starts. Logistic regression, one ``Dense`` layer with
# softmax, stands beside it.


def train(seed, epochs):
    rng = np.random.default_rng(seed)
    weights = [np.float32(rng.normal(0, 0.2, s)) for s in shapes]
    for first in list(range(0, 1408, 32)) * epochs:
        batch = slice(first, first + 32)
        weights = step(weights, images[batch], targets[batch])
    return weights


shapes = [w.shape for w in model.get_weights()]
model.set_weights(train(313, epochs=0))
model.fit(images[:1408], targets[:1408], 32, shuffle=False, verbose=0)
for by_keras, by_hand in zip(model.get_weights(), train(313, epochs=1)):
    np.testing.assert_allclose(by_keras, by_hand, rtol=1e-3, atol=1e-3)

runs = [train(seed, epochs=10) for seed in range(5)]
read = np.array([np.argmax(forward(w, images)[-1], axis=1) for w in runs])
right = read == digits.target  # (seeds, digits)
for name, part in [("training", np.s_[:1408]), ("test", np.s_[1408:])]:
    shares = np.mean(right[:, part], axis=1)
    print(f"LeNet, {name}: {min(shares):.1%} to {max(shares):.1%}")
    assert min(shares) > {"training": 0.96, "test": 0.86}[name]
logistic = LogisticRegression(max_iter=1000)
logistic.fit(digits.data[:1408] / 16, digits.target[:1408])
share = logistic.score(digits.data[1408:] / 16, digits.target[1408:])
print(f"logistic regression, test: {share:.1%}")

# %%
# LeNet gains little here, as all digits stand in the middle. Where they do not,
# convolution wins: see the page "Convolution against Dense". The page "Training
# a CNN in NumPy" draws the losses of such a network.
#
# See it
# ------
# Above each digit: what it is, and what the first of the five takes it for.

fig, axes = plt.subplots(1, 6, figsize=(6, 1.6), layout="constrained")
fig.suptitle("Digits of the test that this LeNet misreads")
for axis, i in zip(axes, np.flatnonzero(~right[0, 1408:]) + 1408):
    axis.imshow(images[i], cmap="gray_r")
    title = f"{digits.target[i]} as {read[0, i]}"
    axis.set(title=title, xticks=[], yticks=[])
plt.show()

# %%
# Break it
# --------
# Suppose you shuffle the images, and forget to shuffle the labels with them.
# The network learns nothing: it guesses.

shuffled = np.random.default_rng(0).permutation(1408)
images[:1408] = images[shuffled]
wrong = np.argmax(forward(train(0, epochs=3), images)[-1], axis=1)
print("right:", np.mean(right[0, 1408:]).round(2))
print("wrong:", np.mean(wrong[1408:] == digits.target[1408:]).round(2))
assert np.mean(wrong[1408:] == digits.target[1408:]) < 0.5

# %%
# Try it
# ------
# 1. Let pooling keep the largest of 2 by 2 pixels, of which no two are equal.
#    Write ``pool_gradient(x, y_gradient)``, the gradient of its input.
