r"""
Neural network from scratch in NumPy: reading digits
====================================================

Three ``Dense`` layers learn to read digits, in NumPy and in Keras, from the
same weights and batches. Up to rounding, both end with the same weights.

Forward from the images :math:`h_0`, and backward from the mean cross-entropy
:math:`L` of :math:`n` images with the one-hot targets :math:`t`:

.. math::

   z_k &= h_{k-1} W_k + b_k, \quad k = 1, 2, 3 \\
   h_k &= \tanh z_k, \quad k = 1, 2, \qquad p = \text{softmax}(z_3) \\
   \delta_3 &= (p - t) / n \\
   \delta_k &= \delta_{k+1} W_{k+1}^T \odot (1 - h_k^2), \quad k = 2, 1 \\
   \frac{\partial L}{\partial W_k} &= h_{k-1}^T \delta_k, \quad
   \frac{\partial L}{\partial b_k} = \sum_{\text{images}} \delta_k

:math:`\delta_k` is the gradient at :math:`z_k`, and :math:`\odot` multiplies
entry by entry. Then ``SGD`` takes a step. The images need scikit-learn.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from keras_by_hand import sgd, softmax_cross_entropy

# %%
# Build it
# --------
# Training sees 1408 images (11 batches of 128) in each epoch. The other 389 are
# for a test. ``from_logits=True`` puts the softmax into the loss.

learning_rate, momentum, epochs, batch_size = 0.125, 0.875, 8, 128
digits = load_digits()
images, test_images = np.split(digits.data / 16, [1408])  # (batch, 64)
target, test_target = np.split(np.eye(10)[digits.target], [1408])  # one-hot
rng = np.random.default_rng(313)
shapes = [(64, 32), (32,), (32, 32), (32,), (32, 10), (10,)]
start = [np.float32(rng.normal(scale=0.2, size=shape)) for shape in shapes]


def keras_network(dtype):
    model = keras.Sequential()
    model.add(keras.Input((64,)))
    model.add(keras.layers.Dense(32, activation="tanh", dtype=dtype))
    model.add(keras.layers.Dense(32, activation="tanh", dtype=dtype))
    model.add(keras.layers.Dense(10, dtype=dtype))
    model.set_weights(start)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, dtype=dtype)
    model.compile(keras.optimizers.SGD(learning_rate, momentum), loss)
    history = model.fit(
        images, target, batch_size, epochs, verbose=0, shuffle=False
    )
    return model.get_weights(), history.history["loss"]  # of each epoch


# %%
# Compute it
# ----------

from keras_by_hand import tanh_slope


def forward(weights, x):
    """The outputs of the three layers; weights: W, b, W, b, W, b."""
    kernel_1, bias_1, kernel_2, bias_2, kernel_3, bias_3 = weights
    h_1 = np.tanh(x @ kernel_1 + bias_1)  # (batch, 32)
    h_2 = np.tanh(h_1 @ kernel_2 + bias_2)  # (batch, 32)
    return h_1, h_2, h_2 @ kernel_3 + bias_3  # logits: (batch, 10)


def backward(weights, x, target, slope):
    """The loss, and its gradient for each array of weights."""
    _, _, kernel_2, _, kernel_3, _ = weights
    h_1, h_2, logits = forward(weights, x)
    loss, delta_3 = softmax_cross_entropy(logits, target)
    delta_2 = (delta_3 @ kernel_3.T) * slope(h_2)
    delta_1 = (delta_2 @ kernel_2.T) * slope(h_1)
    first = [x.T @ delta_1, np.sum(delta_1, axis=0)]
    second = [h_1.T @ delta_2, np.sum(delta_2, axis=0)]
    third = [h_2.T @ delta_3, np.sum(delta_3, axis=0)]
    return loss, first + second + third


def train(weights, slope=tanh_slope):
    """The trained weights, and the loss of each step."""
    velocities = [np.zeros_like(w) for w in weights]
    losses = []
    for first in list(range(0, len(images), batch_size)) * epochs:
        batch = slice(first, first + batch_size)
        loss, gradients = backward(weights, images[batch], target[batch], slope)
        losses.append(loss)
        steps = [
            sgd(w, gradient, velocity, learning_rate, momentum)
            for w, gradient, velocity in zip(weights, gradients, velocities)
        ]
        weights = [w for w, _ in steps]
        velocities = [velocity for _, velocity in steps]
    return weights, losses


# %%
# Check it
# --------
# All weights agree after 88 steps; on TensorFlow also in float64, as other
# backends compute parts in float32. Keras returns losses in float32.

weights, losses = train(start)
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
expected_losses = np.mean(np.reshape(losses, (epochs, -1)), axis=1)
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    keras_weights, keras_losses = keras_network(dtype)
    for of_keras, of_numpy in zip(keras_weights, weights):
        np.testing.assert_allclose(of_keras, of_numpy, tolerance, tolerance)
    np.testing.assert_allclose(keras_losses, expected_losses, rtol=1e-4)
_, _, logits = forward(weights, test_images)
predicted, right = np.argmax(logits, axis=1), np.argmax(test_target, axis=1)
print(f"{np.mean(predicted == right):.0%} of the test digits are read right")

# %%
# Break it
# --------
# What if you forget the slope of tanh? All shapes are right, nothing fails, and
# the loss goes down. But these are other gradients and other weights.

_, forgotten = train(start, slope=np.ones_like)
assert not np.allclose(forgotten, losses)

# %%
# See it
# ------
# Keras reports the mean loss of an epoch. Below: digits that are read wrongly.

fig, axes = plt.subplot_mosaic("LLLLLL;012345", height_ratios=[2, 1])
axes["L"].plot(losses, label="NumPy, each step")
axes["L"].plot(forgotten, linewidth=0.8, label="slope forgotten")
axes["L"].plot(range(5, 88, 11), keras_losses, "o", label="Keras, each epoch")
axes["L"].set(title="Learning to read digits", xlabel="step", ylabel="loss")
axes["L"].legend()
for place, i in zip("012345", np.flatnonzero(predicted != right)):
    axes[place].imshow(test_images[i].reshape(8, 8), cmap="gray_r")
    axes[place].set(title=f"{right[i]} as {predicted[i]}", xticks=[], yticks=[])
plt.show()
