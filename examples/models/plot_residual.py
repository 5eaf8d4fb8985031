r"""
Residual networks: shortcuts let deep networks learn
====================================================

Put twenty layers in a row, and training is slow: each passes on what it has
computed, and nothing else. A residual block adds that to its input. The sum is
a shortcut for the input, and for the gradient on its way back.

.. math::

   z &= x W, \qquad y = s \, x + \text{relu}(z) \\
   \delta_z &= \delta_y \odot \text{relu}'(z), \qquad
   \delta_x = s \, \delta_y + \delta_z W^T

With :math:`s = 1` this is a residual block, with 0 a plain layer. The gradient
at :math:`x` is :math:`\delta_x`; :math:`\odot` multiplies number by number.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import BatchNormalization, Dense, ReLU
from sklearn.datasets import load_digits

from keras_by_hand.gradients import (
    batch_normalization_gradients,
    softmax_cross_entropy,
)

gamma = np.ones(64, "float32")
digits = load_digits()
images = np.float32(digits.data[:1408] / 16)  # (batch, 64)
targets = np.eye(10, dtype="float32")[digits.target[:1408]]  # one-hot

# %%
# Build it
# --------
# Twenty layers: plain, with normalization, or with shortcuts. ``run_eagerly``
# compiles nothing, which saves time for one step. (We need scikit-learn.)


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
    model.compile(keras.optimizers.SGD(0.1), loss, run_eagerly=True)
    return model


# %%
# Compute it
# ----------
# Forward, keep the input and ``z`` of each layer. Backward, two gradients meet
# at the input: through the kernel, and by the shortcut. The page
# "BatchNormalization gradient" derives that of normalization.


def gradients_of(kernels, x, target, kind):
    shortcut = kind == "shortcuts"  # s: 1 or 0
    kept = []
    for kernel in kernels[:-1]:
        z = product = x @ kernel  # (batch, 64)
        if kind == "normalized":
            z = (z - np.mean(z, axis=0)) / np.sqrt(np.var(z, axis=0) + 0.001)
        kept.append((x, product, z))
        x = shortcut * x + np.maximum(0, z)
    loss, gradient = softmax_cross_entropy(x @ kernels[-1], target)
    gradients = [x.T @ gradient]
    gradient = gradient @ kernels[-1].T
    for kernel, (x, product, z) in zip(kernels[-2::-1], reversed(kept)):
        z_gradient = gradient * (z > 0)  # the slope of relu is 1 or 0
        if kind == "normalized":
            of_all = batch_normalization_gradients(product, gamma, z_gradient)
            z_gradient = of_all[0]  # the other two are of gamma and beta
        gradients.insert(0, x.T @ z_gradient)
        gradient = shortcut * gradient + z_gradient @ kernel.T
    return loss, gradients


# %%
# Check it
# --------
# A step of each, in Keras and in NumPy. He's start fits ``relu``. Residual
# blocks need a smaller one, as each adds to the sum.


def start(kind, rng):
    scale = 0.1 if kind == "shortcuts" else 2  # 2 is He's
    kernels = rng.normal(0, np.sqrt(scale / 64), size=(20, 64, 64))
    return [*np.float32(kernels), np.float32(rng.normal(0, 1 / 8, (64, 10)))]


for kind in ("plain", "normalized", "shortcuts"):
    kernels = start(kind, np.random.default_rng(313))
    _, gradients = gradients_of(kernels, images[:64], targets[:64], kind)
    model = build(kind)
    weights = model.trainable_weights
    for weight, kernel in zip(weights, kernels, strict=True):
        weight.assign(kernel)
    model.train_on_batch(images[:64], targets[:64])
    for weight, kernel, g in zip(weights, kernels, gradients):
        moved = 10 * (kernel - keras.ops.convert_to_numpy(weight))
        np.testing.assert_allclose(moved, g, 1e-3, 1e-3 * np.max(np.abs(g)))

# %%
# See it
# ------
# Each trains from five starts, the plain one at two rates: the better counts.


def train(kind, rate, seed):
    rng = np.random.default_rng(seed)
    kernels, losses = start(kind, rng), []
    for i in rng.integers(0, 1408, size=(200, 32)):
        loss, gradients = gradients_of(kernels, images[i], targets[i], kind)
        kernels = [k - rate * g for k, g in zip(kernels, gradients)]
        losses.append(loss)
    return np.reshape(losses, (20, 10)).mean(axis=1)


rates = {"plain": [0.02, 0.05], "normalized": [0.1], "shortcuts": [0.05]}
ends, sizes = {}, {}
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for color, (kind, tried) in zip(["C0", "C1", "C2"], rates.items()):
    curves = [[train(kind, rate, i) for i in range(5)] for rate in tried]
    lines = axis.plot(range(5, 200, 10), np.reshape(curves, (-1, 20)).T, color)
    lines[0].set_label(kind)
    ends[kind] = np.min(curves, axis=0)[:, -1]  # of five starts
    print(f"{kind}: {min(ends[kind]):.2f} to {max(ends[kind]):.2f}")
axis.set(title="Loss at each step: shortcuts help most", ylim=(0, 3))
axis.legend()
plt.show()
assert 1.5 * max(ends["shortcuts"]) < min(*ends["normalized"], *ends["plain"])

# %%
# Break it
# --------
# Suppose residual blocks have He's start, too. The sum grows at each block.

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
# 1. Blocks of ResNet have two layers, ``y = x + relu(x @ first) @ second``.
#    Write ``x_gradient(x, first, second, y_gradient)``.
