r"""
BatchNormalization: fixed statistics when predicting
====================================================

Layers learn more easily from inputs that are neither large nor small. (This is
measured below.)
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
print("one pixel:", x[0, 0, 0].round(2), "becomes", y[0, 0, 0].round(2))

# %%
# See it
# ------
# Each dot is a pixel. The bars reach from the mean one standard deviation up
# and down, and on the right from beta up and down by gamma.

panels = [
    ("x: mean and deviation", x, mean, np.sqrt(variance)),
    ("y: beta and gamma", y, beta, gamma),
]
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
# Subtract the mean, and divide by the deviation, which is the root of the
# variance plus epsilon. Then multiply by gamma, and add beta. The channels are
# the last axis of ``x``, so NumPy broadcasts each array to all pixels.

epsilon = 0.001  # the default
deviation = np.sqrt(variance + epsilon)  # (channels,)
normalized = (x - mean) / deviation  # (batch, height, width, channels)
expected = gamma * normalized + beta

# %%
# Check it
# --------
# Quotients and roots are rounded: the results agree up to a tolerance.

np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Does it help? Two networks of three layers learn to read digits whose pixels
# go up to 16, from five starts each. (The digits need scikit-learn.)

digits = load_digits()
targets = np.eye(10)[digits.target]  # one-hot


def last_loss(normalized, seed):
    keras.utils.set_random_seed(seed)
    network = keras.Sequential([keras.Input((64,))])
    for _ in range(3):
        network.add(keras.layers.Dense(32, activation="relu"))
        if normalized:
            network.add(keras.layers.BatchNormalization())
    network.add(keras.layers.Dense(10))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.SGD(0.2), loss)
    batches = np.random.default_rng(seed).integers(0, 1408, size=(60, 32))
    losses = [
        network.train_on_batch(digits.data[b], targets[b]) for b in batches
    ]
    return np.mean(losses[-10:])


for normalized in (False, True):
    ends = [last_loss(normalized, seed) for seed in range(5)]
    print(f"normalized: {normalized}, loss {min(ends):.2f} to {max(ends):.2f}")
    assert np.all(np.less(ends, 1) == normalized)

# %%
# Break it
# --------
# Suppose you take mean and variance over the channels of each pixel, instead of
# over the pixels of each channel. No error is raised.

one_mean = np.mean(x, axis=-1, keepdims=True)  # (batch, height, width, 1)
one_deviation = np.sqrt(np.var(x, axis=-1, keepdims=True) + epsilon)
wrong = gamma * (x - one_mean) / one_deviation + beta
print("right:", y[0, 0, 0].round(2))
print("wrong:", wrong[0, 0, 0].round(2))
assert np.max(np.abs(y - wrong)) > 0.1

# %%
# Try it
# ------
# 1. When it predicts, the layer is one product and one sum. Write
#    ``folded(gamma, beta, mean, variance)``, which returns a factor and a shift,
#    each of shape (channels,).
# 2. Training may find that it was better not to normalize. Write
#    ``undo(mean, variance)``: the gamma and the beta that undo both.
