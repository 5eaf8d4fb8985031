r"""
Neural network from scratch in NumPy: reading digits
====================================================

Two ``Dense`` layers learn to read digits, in NumPy and in Keras, and end with
the same weights. Softmax turns the last outputs, the *logits*, into
probabilities :math:`p` of the ten digits. The target :math:`t` is 1 for the
right digit, else 0. Cross-entropy, the loss, is small where its p is large.

.. math::

   h &= \tanh(x W_1 + b_1), \quad p = \text{softmax}(h W_2 + b_2) \\
   L &= - \text{mean} \sum_{\text{digits}} t \log p
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

# %%
# Build it
# --------
# Training sees 11 batches of 128 images, eight times; the others are a test.
# ``tanh`` bends as relu does, but smoothly between -1 and 1; its slope is
# 1 - tanh². With ``from_logits=True``, softmax is a part of the loss.

digits = load_digits()
images, test_images = np.split(digits.data / 16, [1408])  # (batch, 64)
targets, test_targets = np.split(np.eye(10)[digits.target], [1408])  # one-hot
draw = np.random.default_rng(313).normal
start = [draw(0, 0.2, shape) for shape in [(64, 32), 32, (32, 10), 10]]
layers = [keras.layers.Dense(32, activation="tanh"), keras.layers.Dense(10)]
model = keras.Sequential([keras.Input((64,)), *layers])
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(learning_rate=0.5), loss)
model.set_weights(start)
fit = model.fit(images, targets, 128, epochs=8, verbose=0, shuffle=False)

# %%
# Compute it
# ----------
# Forward: two layers and softmax, exponentials over their sum. Backward: with
# logits ``z`` and right digit ``r``, the loss is ``log(sum(exp(z))) - z[r]``.
# The slope of the first part is ``p``, that of the second is the target. So the
# gradient is ``p - target`` over the batch size. SGD follows backpropagation.


def forward(weights, x):
    kernel_1, bias_1, kernel_2, bias_2 = weights
    h = np.tanh(x @ kernel_1 + bias_1)  # (batch, hidden)
    powers = np.exp(h @ kernel_2 + bias_2)  # (batch, digits)
    return h, powers / np.sum(powers, axis=1, keepdims=True)


def slope_of_tanh(h):
    return 1 - h**2


def train(weights, slope):
    losses = []
    for first in list(range(0, 1408, 128)) * 8:
        x, target = images[first : first + 128], targets[first : first + 128]
        h, p = forward(weights, x)
        losses.append(-np.sum(target * np.log(p)) / 128)
        logits_gradient = (p - target) / 128
        z_gradient = logits_gradient @ weights[2].T * slope(h)
        gradients = [x.T @ z_gradient, np.sum(z_gradient, axis=0)]
        gradients += [h.T @ logits_gradient, np.sum(logits_gradient, axis=0)]
        weights = [w - 0.5 * g for w, g in zip(weights, gradients)]
    return weights, losses


# %%
# Check it
# --------
# All weights agree after 8 * 11 steps. Keras reports each epoch's mean loss.

weights, losses = train(start, slope_of_tanh)
for by_keras, by_hand in zip(model.get_weights(), weights):
    np.testing.assert_allclose(by_keras, by_hand, rtol=1e-4, atol=1e-4)
epochs = fit.history["loss"]
np.testing.assert_allclose(epochs, np.reshape(losses, (8, 11)).mean(1), 1e-4)
read = np.argmax(forward(weights, test_images)[1], axis=1)
right = np.argmax(test_targets, axis=1)
print(f"{np.mean(read == right):.0%} of the test digits are read right")
np.testing.assert_array_less(np.mean(read != right), 0.15)

# %%
# Break it
# --------
# Would you forget the slope of tanh? All shapes fit. Here the loss even falls a
# little faster: that proves nothing, and only the comparison finds the mistake.

_, wrong = train(start, np.ones_like)
print("right:", np.round(losses[::11], 3))
print("wrong:", np.round(wrong[::11], 3))
np.testing.assert_array_less(wrong[11::11], losses[11::11])

# %%
# See it
# ------
# The loss goes up and down, as batches differ. Below are digits read wrongly.

fig, axes = plt.subplot_mosaic("LLLLLL;012345", height_ratios=[2, 1])
axes["L"].plot(losses)
axes["L"].plot(range(5, 88, 11), epochs, "o")
axes["L"].set(title="Loss: NumPy (line) and Keras (dots)", xlabel="step")
for place, i in zip("012345", np.flatnonzero(read != right)):
    axes[place].imshow(test_images[i].reshape(8, 8), cmap="gray_r")
    axes[place].set(title=f"{right[i]} as {read[i]}", xticks=[], yticks=[])
plt.show()

# %%
# Try it
# ------
# 1. Why are weights random at first? Train from zeros, and call the kernels
#    ``first`` and ``second``: ``assert not first.any() and not second.any()``
# 2. Write ``train`` again, with a momentum of 0.75, and call the loss of its
#    last step ``last``: ``assert last < losses[-1] / 2``
