r"""
Residual networks: shortcuts let deep networks learn
====================================================

Put twenty layers in a row, and the first ones may hardly learn: the gradient
shrinks at each layer on its way back. In a residual network, each layer
computes a change to its input, and adds it. The sum is a shortcut for values on
their way forward, and for gradients on their way back.

.. math::

   t &= \tanh(x W + b), \qquad y = s \, x + t \\
   \delta_z &= \delta_y \odot (1 - t^2), \qquad
   \delta_x = s \, \delta_y + \delta_z W^T

With :math:`s = 1` this is a residual block, with :math:`s = 0` a plain layer.
:math:`\odot` multiplies number by number. :math:`\delta_x`, :math:`\delta_y`,
:math:`\delta_z` are gradients at :math:`x`, :math:`y` and :math:`z = x W + b`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense
from sklearn.datasets import load_digits

from keras_by_hand.gradients import softmax_cross_entropy

keras.utils.set_random_seed(313)
digits = load_digits()
x = np.float32(digits.data[:1408] / 16)  # (batch, features)
target = np.eye(10)[digits.target[:1408]]  # one-hot

# %%
# Build it
# --------
# Two networks of twenty layers begin with the same kernels, half as large as is
# usual. One of them has shortcuts.


def build(s, size=1 / 16):
    y = inputs = keras.Input((64,))
    for _ in range(20):
        kernel = keras.initializers.RandomNormal(stddev=size)
        t = Dense(64, activation="tanh", kernel_initializer=kernel)(y)
        y = y + t if s else t
    model = keras.Model(inputs, Dense(10)(y))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(learning_rate=0.02), loss)
    return model


networks = {"plain": build(s=0), "residual": build(s=1)}
networks["residual"].set_weights(networks["plain"].get_weights())

# %%
# Compute it
# ----------
# Forward, the shortcut adds the input to what the layer makes of it.


def forward(kernels, biases, x, s):
    outputs = [x]
    for kernel, bias in zip(kernels, biases):
        t = np.tanh(outputs[-1] @ kernel + bias)
        outputs.append(s * outputs[-1] + t)
    return outputs  # each (batch, units)


# %%
# Backward, two gradients meet at ``x``. One comes through the kernel and the
# slope of tanh. The other takes the shortcut, and nothing makes it smaller.


def backward(kernels, outputs, delta_y, s):
    deltas = []
    for kernel, x, y in reversed(list(zip(kernels, outputs, outputs[1:]))):
        t = y - s * x
        delta_z = delta_y * (1 - t**2)
        deltas.insert(0, delta_z)
        delta_y = s * delta_y + delta_z @ kernel.T  # x is y of the layer before
    return deltas


# %%
# Check it
# --------
# One step of SGD moves each bias, which was zero, by the learning rate times
# its gradient: the sum of ``delta_z`` over the batch.

sizes = {}
for s, (name, model) in enumerate(networks.items()):
    *weights, last_kernel, last_bias = model.get_weights()
    kernels, biases = weights[::2], weights[1::2]
    outputs = forward(kernels, biases, x[:128], s)
    logits = outputs[-1] @ last_kernel + last_bias
    _, gradient = softmax_cross_entropy(logits, target[:128])
    deltas = backward(kernels, outputs, gradient @ last_kernel.T, s)
    y = model.predict(x[:128], verbose=0)
    np.testing.assert_allclose(y, logits, rtol=1e-4, atol=1e-4)
    model.train_on_batch(x[:128], target[:128])
    for delta_z, bias in zip(deltas, model.get_weights()[1:-2:2], strict=True):
        expected = -0.02 * delta_z.sum(axis=0)
        atol = 1e-4 * np.max(np.abs(expected))
        np.testing.assert_allclose(bias, expected, rtol=1e-4, atol=atol)
    sizes[name] = norms = [np.linalg.norm(delta_z) for delta_z in deltas]
    print(f"{name}: {norms[0]:.0e} in layer 1, {norms[-1]:.0e} in layer 20")

# %%
# In the plain network, almost nothing of the gradient reaches the first layer:
# the loss stays at ln 10, that of guessing. (With kernels of the usual size it
# learns, but slowly.) With shortcuts, the network learns. But sums may grow: in
# the first epoch, it does worse than guessing. Normalization helps there.

losses = {}
networks["plain, usual size"] = build(s=0, size=1 / 8)
for name, model in networks.items():
    history = model.fit(x, target, 128, 10, verbose=0, shuffle=False)
    losses[name] = history.history["loss"]
np.testing.assert_array_less(sizes["plain"][0], 1e-4 * sizes["plain"][-1])
np.testing.assert_array_less(sizes["residual"][-1], 2 * sizes["residual"][0])
np.testing.assert_allclose(losses["plain"][-1], np.log(10), atol=0.05)
assert losses["residual"][-1] < losses["plain, usual size"][-1] / 2 < 1
assert losses["residual"][0] > np.log(10)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("With shortcuts, gradients reach the first layers, and they learn")
axes[0].semilogy(range(1, 21), np.transpose([*sizes.values()]), "o-")
for name in networks:
    axes[1].plot(range(1, 11), losses[name], "o-", label=name)
axes[0].set(title="size of the gradient", xlabel="layer", xticks=[1, 10, 20])
axes[1].set(title="loss", xlabel="epoch", ylim=0)
axes[1].legend()
plt.show()

# %%
# Break it
# --------
# The blocks of ResNet50 apply an activation to the sum, those here only to the
# layer. Would you port one as the other? All shapes fit. Four blocks on:

wrong = x[0]
for kernel, bias in zip(kernels[:4], biases):
    wrong = np.tanh(wrong + wrong @ kernel + bias)
print("right:", outputs[4][0, :8].round(2))
print("wrong:", wrong[:8].round(2))
assert np.max(np.abs(outputs[4][0] - wrong)) > 0.1

# %%
# Try it
# ------
# 1. Residual blocks can do nothing at all, which plain layers cannot. Find such
#    kernels ``idle``, (20, 64, 64), and biases ``rest``, (20, 64):
#    ``np.testing.assert_array_equal(forward(idle, rest, x, s=1)[-1], x)``
# 2. How much of ``x`` is ``left`` after these blocks if ``s`` is 0.9?
#    ``assert np.allclose(forward(idle, rest, x, s=0.9)[-1], left * x)``
