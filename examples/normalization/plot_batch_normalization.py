r"""
BatchNormalization: fixed statistics when predicting
====================================================

When it predicts, ``BatchNormalization`` subtracts a stored mean from each
channel and divides by a stored standard deviation. The batch does not matter.

.. math:: y_c = \gamma_c \frac{x_c-\mu_c}{\sqrt{\sigma_c^2+\epsilon}} + \beta_c

The mean μ and the variance σ² of each channel c were collected in training.
``epsilon`` keeps the root away from 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two images with 4 channels. The layer holds four numbers for each channel, in
# this order. Without ``training=True``, a call does what ``predict`` does.

gamma = np.array([1, 2, 0.5, 1.5])  # (channels,)
beta = np.array([0, 3, -2, 1])
moving_mean = np.array([4, -1, 0.5, 2])
moving_variance = np.array([4, 0.25, 0.0625, 9])
weights = [gamma, beta, moving_mean, moving_variance]
noise = rng.normal(size=(2, 3, 3, 4))  # (batch, height, width, channels)
x = np.float32(moving_mean + np.sqrt(moving_variance) * noise)


def keras_batch_normalization(x, weights, dtype="float32", **arguments):
    layer = keras.layers.BatchNormalization(dtype=dtype, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


y = keras_batch_normalization(x, weights)
print("first pixel:", x[0, 0, 0].round(2), "becomes", y[0, 0, 0].round(2))

# %%
# Compute it
# ----------
# Add epsilon, by default 0.001, to the variance, and take the root. Subtract
# the mean, and divide by the root. Then multiply by gamma, and add beta. Each
# array has a number for each channel. The channels are the last axis of x, so
# NumPy uses the same numbers for all pixels.

deviation = np.sqrt(moving_variance + 0.001)  # (channels,)
normalized = (x - moving_mean) / deviation  # (batch, height, width, channels)
y_by_hand = gamma * normalized + beta

# %%
# The whole function takes any ``axis`` for the channels. Along all other axes,
# the weights get the length 1, so that they broadcast.

from keras_by_hand import batch_normalization

# %%
# Check it
# --------
# In float32 and in float64. (Only TensorFlow computes a whole layer in
# float64.) After a convolution with ``data_format="channels_first"``, the layer
# needs ``axis=1``. A new layer only divides by the root of 1 + epsilon.

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)

tensorflow = keras.backend.backend() == "tensorflow"
x64 = x.astype("float64")
first = x64.transpose(0, 3, 1, 2)  # (batch, channels, height, width)
cases = [(x64, {}), (first, {"axis": 1, "epsilon": 0.5})]
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for given, arguments in cases:
        y = keras_batch_normalization(given, weights, dtype, **arguments)
        expected = batch_normalization(given, *weights, **arguments)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)
y_new = keras.ops.convert_to_numpy(keras.layers.BatchNormalization()(x))
np.testing.assert_allclose(y_new, batch_normalization(x64), 1e-4)

# %%
# Break it
# --------
# Would you add epsilon to the standard deviation? Or take PyTorch's epsilon,
# 1e-5? Or the mean and the variance of the batch, as training does?

y = keras_batch_normalization(x, weights)
of_batch = [np.mean(x64, axis=(0, 1, 2)), np.var(x64, axis=(0, 1, 2))]
outside = (x - moving_mean) / (np.sqrt(moving_variance) + 0.001)
for wrong in (
    gamma * outside + beta,
    batch_normalization(x64, *weights, epsilon=1e-5),
    batch_normalization(x64, gamma, beta, *of_batch),
):
    print(f"wrong by up to {np.max(np.abs(wrong - y)):.4f}")
    assert not np.allclose(y, wrong, 1e-4, 1e-4)

# %%
# See it
# ------
# Each dot is a pixel. The bars on the left reach from the mean one standard
# deviation up and down, those on the right from beta up and down by gamma.

panels = [
    ("x: mean and deviation", x, moving_mean, np.sqrt(moving_variance)),
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
