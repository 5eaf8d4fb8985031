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
"flat" puts an image in a row. The slope of tanh, an activation, is 1 - tanh².
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import AveragePooling2D, Conv2D, Dense, Flatten
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from keras_by_hand import conv2d
from keras_by_hand.gradients import dense_gradients, softmax_cross_entropy

# %%
# Build it
# --------
# 1408 digits are for training, the others for a test. ``AveragePooling2D``
# is "pool" in the equations, and ``Flatten`` is "flat".

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
    of_x, of_kernel = np.zeros_like(x), np.zeros_like(kernel)
    height, width = y_gradient.shape[1:3]
    flat = y_gradient.reshape(-1, kernel.shape[3])  # (pixels, filters)
    for u, v in np.ndindex(3, 3):
        rows, columns = slice(u, u + height), slice(v, v + width)
        of_kernel[u, v] = x[:, rows, columns].reshape(len(flat), -1).T @ flat
        of_x[:, rows, columns] += y_gradient @ kernel[u, v].T
    return of_x, of_kernel, np.sum(flat, axis=0)


# %%
# ``conv2d`` is ``convolve`` of the page "Conv2D". On the way back, each of the
# four pixels of a mean gets a quarter of the gradient.


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
# An epoch of Keras and one of NumPy end with the same weights. Then five LeNets
# meet scikit-learn's ``LogisticRegression``, a single layer, and its
# ``MLPClassifier``, two ``Dense`` layers as on "Neural network from scratch".


def train(seed, epochs):
    rng = np.random.default_rng(seed)
    weights = [np.float32(rng.normal(0, 0.2, s)) for s in shapes]
    for batch in np.split(np.arange(1408), 44) * epochs:  # 32 images each
        weights = step(weights, images[batch], targets[batch])
    return weights


shapes = [w.shape for w in model.get_weights()]
model.set_weights(train(313, epochs=0))
model.fit(images[:1408], targets[:1408], 32, shuffle=False, verbose=0)
for by_keras, by_hand in zip(model.get_weights(), train(313, epochs=1)):
    np.testing.assert_allclose(by_keras, by_hand, rtol=1e-3, atol=1e-3)

rows, labels = digits.data / 16, digits.target  # an image is a row
options = {"solver": "sgd", "learning_rate_init": 0.1, "max_iter": 1000}
networks = [MLPClassifier(64, random_state=i, **options) for i in range(5)]
networks.append(LogisticRegression(max_iter=1000))
read = [n.fit(rows[:1408], labels[:1408]).predict(rows) for n in networks]
for seed in range(5):
    read.append(np.argmax(forward(train(seed, epochs=10), images)[-1], axis=1))
right = np.array(read) == labels  # (networks, digits)
training, test = right[:, :1408].mean(axis=1), right[:, 1408:].mean(axis=1)
for i, name in enumerate(["two layers"] * 5 + ["one layer"] + ["LeNet"] * 5):
    print(f"{name}: training {training[i]:.1%}, test {test[i]:.1%}")
assert min(training[6:]) > 0.96 and min(test[6:]) > 0.86
assert np.mean(test[6:]) < max(test[:5]) + 0.01

# %%
# See it
# ------
# LeNet gains nothing here, as all digits stand in the middle. Where they do
# not, convolution wins: see the page "Convolution against Dense". Above each
# digit: what it is, and what the first LeNet reads.

fig, axes = plt.subplots(1, 6, figsize=(6, 1.6), layout="constrained")
fig.suptitle("Digits of the test that this LeNet misreads")
for axis, i in zip(axes, np.flatnonzero(~right[6, 1408:]) + 1408):
    axis.imshow(images[i], cmap="gray_r")
    axis.set(title=f"{labels[i]} as {read[6][i]}", xticks=[], yticks=[])
plt.show()

# %%
# Break it
# --------
# Suppose you write ``=`` for ``+=`` in ``convolve_gradients``. The nine parts
# of an image overlap, so each overwrites what it should add to. With ones
# everywhere, the gradient of a pixel counts the patches that the pixel is in.

image, kernel = np.ones((1, 4, 4, 1)), np.ones((3, 3, 1, 1))
right = convolve_gradients(image, kernel, np.ones((1, 2, 2, 1)))[0]
wrong = np.zeros((4, 4))
for u, v in np.ndindex(3, 3):
    wrong[u : u + 2, v : v + 2] = kernel[u, v]
print("right:", right[0, :, :, 0], "wrong:", wrong, sep="\n")
assert np.max(right) == 4 and np.all(wrong == 1)

# %%
# Try it
# ------
# 1. Let pooling keep the largest of 2 by 2 pixels, of which no two are equal.
#    Write ``pool_gradient(x, y_gradient)``: the gradient for its input ``x``.
