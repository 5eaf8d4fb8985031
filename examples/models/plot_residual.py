r"""
Residual networks: shortcuts let deep networks learn
====================================================

Put twenty layers in a row, and training is slow: what one layer loses of its
input, no later layer gets back. A residual block adds its output to its input.
The sum is a shortcut: the input passes it unchanged, and so does the gradient
on its way back.

.. math::

   z &= x W, \qquad y = s \, x + \text{relu}(z) \\
   \delta_z &= \delta_y \odot \text{relu}'(z), \qquad
   \delta_x = s \, \delta_y + \delta_z W^T

With :math:`s = 1` this is a residual block, with 0 a plain layer. The gradient
for :math:`x` is :math:`\delta_x`; :math:`\odot` multiplies number by number.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import BatchNormalization, Dense, ReLU
from sklearn.datasets import load_digits

from keras_by_hand.gradients import softmax_cross_entropy

digits = load_digits()
images = np.float32(digits.data[:1408] / 16)  # (batch, 64)
targets = np.eye(10, dtype="float32")[digits.target[:1408]]  # one-hot

# %%
# Build it
# --------
# Twenty layers: plain, with normalization (here without beta and gamma, which
# ``center`` and ``scale`` would add), or with shortcuts, ``y + x``.


def build(kind):
    x = inputs = keras.Input((64,))
    for _ in range(20):
        y = Dense(64, use_bias=False)(x)
        if kind == "normalized":
            y = BatchNormalization(center=False, scale=False)(y)
        y = ReLU()(y)
        x = y + x if kind == "shortcuts" else y
    model = keras.Model(inputs, Dense(10, use_bias=False)(x))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss, jit_compile=False)
    return model


# %%
# Compute it
# ----------
# Forward, keep the input and ``z`` of each layer. Backward, two gradients meet
# at the input: the one by the shortcut, and the one through the kernel.


def gradients_of(kernels, x, target, s):
    kept = []
    for kernel in kernels[:-1]:
        z = x @ kernel  # (batch, 64)
        kept.append((kernel, x, z))
        x = s * x + np.maximum(0, z)
    loss, gradient = softmax_cross_entropy(x @ kernels[-1], target)
    gradients = [x.T @ gradient]
    gradient = gradient @ kernels[-1].T  # (batch, 64)
    for kernel, x, z in reversed(kept):
        z_gradient = gradient * (z > 0)  # the slope of relu is 1 or 0
        gradients.insert(0, x.T @ z_gradient)
        gradient = s * gradient + z_gradient @ kernel.T
    return loss, gradients


# %%
# Check it
# --------
# A step in Keras and in NumPy, plain and with shortcuts. He's start fits
# ``relu``. Residual blocks need a smaller one, as each adds to the sum.


def start(kind, rng):
    scale = 0.1 if kind == "shortcuts" else 2  # 2 is He's
    kernels = rng.normal(0, np.sqrt(scale / 64), size=(20, 64, 64))
    return [*np.float32(kernels), np.float32(rng.normal(0, 1 / 8, (64, 10)))]


for s, kind in enumerate(["plain", "shortcuts"]):
    kernels = start(kind, np.random.default_rng(313))
    _, gradients = gradients_of(kernels, images[:64], targets[:64], s)
    model = build(kind)
    model.set_weights(kernels)
    model.train_on_batch(images[:64], targets[:64])
    for weight, kernel, g in zip(model.get_weights(), kernels, gradients):
        moved = 10 * (kernel - weight)  # as the learning rate is 0.1
        np.testing.assert_allclose(moved, g, 1e-3, 1e-3 * np.max(np.abs(g)))

# %%
# See it
# ------
# Each trains from five starts, the plain one at two rates: the better counts.
# Keras trains the normalized one.

normalized = build("normalized")


def train(kind, rate, seed):
    rng = np.random.default_rng(seed)
    kernels, losses = start(kind, rng), []
    for weight, kernel in zip(normalized.trainable_weights, kernels):
        weight.assign(kernel)
    for i in rng.integers(0, 1408, size=(200, 32)):
        if kind == "normalized":
            losses.append(normalized.train_on_batch(images[i], targets[i]))
        else:
            s = {"plain": 0, "shortcuts": 1}[kind]
            loss, gradients = gradients_of(kernels, images[i], targets[i], s)
            kernels = [k - rate * g for k, g in zip(kernels, gradients)]
            losses.append(loss)
    return np.reshape(losses, (20, 10)).mean(axis=1)  # of ten steps each


rates = {"plain": [0.02, 0.05], "normalized": [0.1], "shortcuts": [0.05]}
ends = {}
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for color, (kind, tried) in zip(["C0", "C1", "C2"], rates.items()):
    curves = [[train(kind, rate, i) for i in range(5)] for rate in tried]
    lines = axis.plot(range(5, 200, 10), np.reshape(curves, (-1, 20)).T, color)
    lines[0].set_label(kind)
    ends[kind] = np.min(curves, axis=0)[:, -1]  # of five starts
    print(f"{kind}: {min(ends[kind]):.2f} to {max(ends[kind]):.2f}")
axis.set(title="Shortcuts help most", xlabel="step", ylabel="loss", ylim=(0, 3))
axis.legend()
plt.show()
assert 1.5 * max(ends["shortcuts"]) < min(*ends["normalized"], *ends["plain"])

# %%
# Break it
# --------
# Suppose residual blocks have He's start, too. The sum grows at each block.

sizes = {}
for name, kind in {"right": "shortcuts", "wrong": "plain"}.items():
    y = images
    for kernel in start(kind, np.random.default_rng(0))[:-1]:
        y = y + np.maximum(0, y @ kernel)
    sizes[name] = np.mean(y)
    print(f"{name}: the mean of the outputs is {sizes[name]:.0f}")
assert sizes["wrong"] > 100 * sizes["right"]

# %%
# Try it
# ------
# 1. A block of ResNet has two layers: ``y = x + relu(x @ first) @ second``.
#    Write ``x_gradient(x, first, second, y_gradient)``: the gradient for ``x``.
