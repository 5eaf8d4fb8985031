r"""
LeNet on handwritten digits, trained in NumPy and in Keras
==========================================================

In the 1990s LeNet-5 read the amounts on cheques. Here is a small relative, with
one ``Dense`` layer, for 8 by 8 pixels. From the same weights and on the same
batches, NumPy and Keras train it to the same weights.

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

from keras_by_hand import average_pooling2d
from keras_by_hand.gradients import (
    conv2d_gradients,
    conv2d_x_gradient,
    dense_gradients,
    softmax_cross_entropy,
)
from keras_by_hand.layers.convolution import conv

# %%
# 1408 digits, in batches of 32, are for training, the others for a test.

digits = load_digits()
pixels = digits.images[..., np.newaxis] / 16  # (batch, rows, columns, 1)
images, new_images = np.split(pixels, [1408])
labels, new_labels = np.split(digits.target, [1408])
target = np.eye(10)[labels]  # one-hot
rng = np.random.default_rng(313)
shapes = [(5, 5, 1, 6), (6,), (3, 3, 6, 16), (16,), (64, 10), (10,)]
start = [np.float32(rng.normal(scale=0.2, size=shape)) for shape in shapes]

# %%
# Build it
# --------
# ``from_logits=True`` puts the softmax into the loss.

model = keras.Sequential([keras.Input((8, 8, 1))])
model.add(Conv2D(6, 5, padding="same", activation="tanh"))
model.add(AveragePooling2D(2))
model.add(Conv2D(16, 3, activation="tanh"))
model.add(Flatten())
model.add(Dense(10))
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(learning_rate=0.5), loss)

# %%
# Compute it
# ----------
# Forward, layer by layer. The way back needs all outputs.


def forward(weights, x):
    kernel_1, bias_1, kernel_2, bias_2, kernel_3, bias_3 = weights
    h = np.tanh(conv(x, kernel_1, bias_1, padding="same"))  # 8 by 8 by 6
    pooled = average_pooling2d(h, pool_size=2)  # 4 by 4 by 6
    k = np.tanh(conv(pooled, kernel_2, bias_2))  # 2 by 2 by 16
    flat = k.reshape(len(x), -1)  # (batch, 64)
    return h, pooled, k, flat, flat @ kernel_3 + bias_3


# %%
# Back again, from the loss to the first layer, and SGD. Take the gradients of a
# convolution as they are, or read the pages "Gradient of Conv2D" and "Conv2D
# input gradient", which derive them.


def train_step(weights, x, target):
    h, pooled, k, flat, logits = forward(weights, x)
    _, gradient = softmax_cross_entropy(logits, target)
    gradient, *dense = dense_gradients(flat, weights[4], gradient)
    gradient = gradient.reshape(k.shape) * (1 - k**2)
    second = conv2d_gradients(pooled, (3, 3), gradient)
    gradient = conv2d_x_gradient(pooled.shape, weights[2], gradient)
    # Of a mean, each of the four pixels gets a quarter of the gradient.
    gradient = np.kron(gradient, np.ones((1, 2, 2, 1)) / 4)
    first = conv2d_gradients(x, (5, 5), gradient * (1 - h**2), padding="same")
    gradients = [*first, *second, *dense]
    return [w - 0.5 * g for w, g in zip(weights, gradients)]


# %%
# Check it
# --------
# A single step, then five epochs (passes through all images), then new digits.
# The page "Neural network from scratch in NumPy" reads about as many of them.

model.set_weights(start)
model.train_on_batch(images[:32], target[:32])
expected = train_step(start, images[:32], target[:32])
for of_keras, of_numpy in zip(model.get_weights(), expected, strict=True):
    np.testing.assert_allclose(of_keras, of_numpy, rtol=1e-4, atol=1e-4)

model.set_weights(start)
model.fit(images, target, 32, epochs=5, shuffle=False, verbose=0)
weights = start
for first in list(range(0, 1408, 32)) * 5:
    batch = slice(first, first + 32)
    weights = train_step(weights, images[batch], target[batch])
for of_keras, of_numpy in zip(model.get_weights(), weights, strict=True):
    np.testing.assert_allclose(of_keras, of_numpy, rtol=1e-4, atol=1e-4)

logits = model.predict(new_images, verbose=0)
*_, expected = forward(weights, new_images)
np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-3)


def share_right(logits):
    return np.mean(np.argmax(logits, axis=1) == new_labels)


print(f"Keras: {share_right(logits):.1%}, NumPy: {share_right(expected):.1%}")
assert share_right(expected) > 0.8

# %%
# Break it
# --------
# PyTorch flattens (channels, rows, columns). With the rows of its ``Dense``
# kernel in that order, most digits are misread. Bring them into Keras' order.

order = np.arange(64).reshape(2, 2, 16).transpose(2, 0, 1).ravel()
wrong = forward([*weights[:4], weights[4][order], weights[5]], new_images)
print("right:", share_right(expected).round(3))
print("wrong:", share_right(wrong[-1]).round(3))
assert share_right(wrong[-1]) < 0.5

# %%
# See it
# ------
# Above each: the digit that was meant, and what NumPy took it for.

read = np.argmax(expected, axis=1)
fig, axes = plt.subplots(1, 6, figsize=(6, 1.6), layout="constrained")
fig.suptitle("Digits that this LeNet misreads")
for axis, i in zip(axes, np.flatnonzero(read != new_labels)[::6]):
    axis.imshow(new_images[i], cmap="gray_r")
    axis.set(title=f"{new_labels[i]} as {read[i]}", xticks=[], yticks=[])
plt.show()

# %%
# Try it
# ------
# 1. Put a ``Dense`` layer, from all of ``pooled`` to ``k``, in the place of the
#    last convolution. How many ``times`` as many weights and biases has it?
#    ``assert round(times, 2) == 7.05``
# 2. Train five epochs more, in NumPy alone, and call the logits of the new
#    digits ``better``: ``assert share_right(better) > share_right(expected)``
