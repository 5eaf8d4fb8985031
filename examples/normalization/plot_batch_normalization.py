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
# After a convolution with channels first, pass ``axis=1``. All else stays.

first = keras.layers.BatchNormalization(axis=1)
first.build((2, 4, 3, 3))  # (batch, channels, height, width)
first.set_weights([gamma, beta, mean, variance])
y_first = keras.ops.convert_to_numpy(first(x.transpose(0, 3, 1, 2)))
expected_first = expected.transpose(0, 3, 1, 2)
np.testing.assert_allclose(y_first, expected_first, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# PyTorch's epsilon is 1e-5 by default. Would you leave Keras' default when you
# port a model from there? Where a variance is small, as in the third channel,
# it shows. Pass ``epsilon=1e-5``.

of_pytorch = gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta
print("right:", of_pytorch[0, 0, 0])
print("wrong:", y[0, 0, 0])
assert not np.allclose(y, of_pytorch, rtol=1e-4, atol=1e-4)

# %%
# Try it
# ------
# 1. When it predicts, the layer is one product and one sum. Find ``factor`` and
#    ``shift``, each of shape (channels,):
#    ``assert np.allclose(factor * x + shift, y, rtol=1e-4, atol=1e-4)``
# 2. Training may find that it was better not to normalize. Which gamma and beta
#    undo the stored mean and variance? Give them to ``layer``:
#    ``np.testing.assert_allclose(model.predict(x), x, rtol=1e-4, atol=1e-4)``
