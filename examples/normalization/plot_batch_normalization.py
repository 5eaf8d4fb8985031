r"""
BatchNormalization: fixed statistics when predicting
====================================================

Layers learn more easily from inputs that are neither large nor small.
``BatchNormalization`` brings each channel to a mean near 0 and a standard
deviation near 1. Then it scales and shifts the channel by numbers that it has
learned, so that the network, not the data, decides the scale. When it predicts,
it uses a mean and a variance that it collected in training.

.. math:: y_c = \gamma_c \frac{x_c-\mu_c}{\sqrt{\sigma_c^2+\epsilon}} + \beta_c

For each channel :math:`c`, the layer has stored the mean :math:`\mu` and the
variance :math:`\sigma^2`, and has learned :math:`\gamma` and :math:`\beta`. The
small number :math:`\epsilon` keeps the root away from 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The layer holds four numbers for each channel, in this order.

gamma = np.array([1, 2, 0.5, 1.5])  # (channels,)
beta = np.array([0, 3, -2, 1])
mean = np.array([4, -1, 0.5, 2])
variance = np.array([4, 0.25, 0.0625, 9])
noise = rng.normal(size=(2, 3, 3, 4))  # (batch, height, width, channels)
x = np.float32(mean + np.sqrt(variance) * noise)

inputs = keras.Input(shape=(3, 3, 4))
layer = keras.layers.BatchNormalization()
model = keras.Model(inputs, layer(inputs))
layer.set_weights([gamma, beta, mean, variance])
y = model.predict(x, verbose=0)

# %%
# See it
# ------
# Each dot is a pixel. A grey bar shows mean and deviation of ``x``, then beta
# and gamma, which take their place in ``y``.

panels = [("x", x, mean, np.sqrt(variance)), ("y", y, beta, gamma)]
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("BatchNormalization: means become beta, deviations gamma")
for axis, (title, values, middle, width) in zip(axes, panels):
    for channel in range(4):
        dots = values[..., channel].ravel()
        axis.plot(np.full(len(dots), channel), dots, ".", alpha=0.5)
    axis.errorbar(np.arange(4) + 0.25, middle, width, fmt="o", color="gray")
    axis.set(title=title, xlabel="channel", xticks=range(4), ylim=(-5, 11))
plt.show()

# %%
# Compute it
# ----------
# Subtract the mean, and divide by the deviation, the root of the variance plus
# epsilon. Then multiply by gamma, and add beta, for each channel.

epsilon = 0.001  # the default
deviation = np.sqrt(variance + epsilon)  # (channels,)
normalized = (x - mean) / deviation  # (batch, height, width, channels)
expected = gamma * normalized + beta

# %%
# Check it
# --------

np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Does it help? Three layers read digits in 60 steps, from five starts, which
# ``set_random_seed`` draws. The plain ones may choose the better of two rates.

images, digits = load_digits(return_X_y=True)
images, targets = images / 16, np.eye(10)[digits]  # one-hot


def last_loss(seed, rate, normalize):
    keras.utils.set_random_seed(seed)
    network = keras.Sequential([keras.Input((64,))])
    for _ in range(3):
        network.add(keras.layers.Dense(32, activation="relu"))
        if normalize:
            network.add(keras.layers.BatchNormalization())
    network.add(keras.layers.Dense(10))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.SGD(rate), loss)
    draw = np.random.default_rng(seed).integers(0, 1408, size=(60, 32))
    losses = [network.train_on_batch(images[i], targets[i]) for i in draw]
    return np.mean(losses[-10:])


tried = [[last_loss(i, rate, False) for i in range(5)] for rate in (0.2, 0.4)]
losses = [np.min(tried, axis=0), [last_loss(i, 0.2, True) for i in range(5)]]
print(np.round(losses, 2))  # without normalization, and with it
assert np.min(losses[0]) > 3 * np.max(losses[1])

# %%
# Break it
# --------
# Suppose you take the statistics of each pixel, over its channels. It runs.

channels = {"axis": -1, "keepdims": True}
wrong = (x - np.mean(x, **channels)) / np.std(x, **channels) * gamma + beta
print("right:", y[0, 0, 0].round(2), "wrong:", wrong[0, 0, 0].round(2))
assert np.max(np.abs(y - wrong)) > 0.1

# %%
# Try it
# ------
# 1. When the layer predicts, it computes ``x * factor + shift``. Write
#    ``folded(gamma, beta, mean, variance)``, which returns factor and shift.
