r"""
SpatialDropout1D, SpatialDropout2D, SpatialDropout3D: drop whole channels
=========================================================================

In training, ``SpatialDropout2D`` sets whole channels of an image to zero, and
scales up the others. Neighbouring pixels are so alike that dropping single ones
would hide little.

.. math:: y_{n,p,c} = \frac{m_{n,c} \; x_{n,p,c}}{1 - \text{rate}}

The mask m is 0 with the probability ``rate``, else 1. All pixels p of a channel
c share it.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import (
    Dropout,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A channel is either dropped in all pixels, or kept in all of them.


def call(layer, x, training=True):
    y = layer(x.astype("float32"), training=training)
    return keras.ops.convert_to_numpy(y)


x = rng.integers(1, 10, size=(4, 2, 3, 6))  # (batch, height, width, channels)
y = call(SpatialDropout2D(0.75, seed=5), x)
print("first pixel: ", y[0, 0, 0])
print("second pixel:", y[0, 0, 1])

# %%
# Compute it
# ----------
# No entry of x is zero, so the first pixel of each image shows which channels
# are kept. The mask gets an axis of length 1 for each axis of space: it
# broadcasts to all pixels.

kept_channels = y[:, 0, 0] != 0  # (batch, channels)
mask = kept_channels[:, np.newaxis, np.newaxis]  # (batch, 1, 1, channels)
y_by_hand = np.where(mask, x / (1 - 0.75), 0)

# %%
# The whole functions take one, two or three axes of space, behind the channels
# or in front of them.

from keras_by_hand import (
    spatial_dropout1d,
    spatial_dropout2d,
    spatial_dropout3d,
)

# %%
# Check it
# --------
# The mask has an entry for each sample and channel. ``Dropout`` draws the same
# one from the same seed. A factor of 4 rounds nothing: equal to the bit.

np.testing.assert_array_equal(y, np.float32(y_by_hand), strict=True)

kept = call(Dropout(0.75, seed=5), np.ones((4, 6))) != 0  # (batch, channels)
first = {"data_format": "channels_first"}
cases = [
    (spatial_dropout1d, SpatialDropout1D, (4, 5, 6), {}),
    (spatial_dropout2d, SpatialDropout2D, (4, 2, 3, 6), {}),
    (spatial_dropout2d, SpatialDropout2D, (4, 6, 2, 3), first),
    (spatial_dropout3d, SpatialDropout3D, (4, 2, 2, 3, 6), {}),
    (spatial_dropout3d, SpatialDropout3D, (4, 6, 2, 2, 3), first),
]
for function, layer_class, shape, options in cases:
    x_case = rng.integers(1, 10, size=shape)
    layer = layer_class(0.75, seed=5, **options)
    y_case = call(layer, x_case)
    expected = function(x_case, kept, rate=0.75, **options)
    np.testing.assert_array_equal(y_case, np.float32(expected), strict=True)
    np.testing.assert_array_equal(call(layer, x_case, training=False), x_case)

# %%
# ``Dropout`` with a ``noise_shape`` does the same: entries share a draw along
# each axis of length 1. None stands for the length of x.

of_dropout = call(Dropout(0.75, noise_shape=(None, 1, 1, 6), seed=5), x)
np.testing.assert_array_equal(of_dropout, y, strict=True)

# %%
# Break it
# --------
# Would you leave out ``data_format`` where channels come first? Then the layer
# drops columns of pixels, in all channels. The shape of y is the same.

x_first = np.moveaxis(x, -1, 1)  # (batch, channels, height, width)
right = call(SpatialDropout2D(0.75, seed=5, **first), x_first)
wrong = call(SpatialDropout2D(0.75, seed=5), x_first)
print(f"{np.mean(right == wrong):.0%} of the entries are right")
assert np.any(right != wrong)

# %%
# See it
# ------
# One image of ones with 6 channels. ``Dropout`` leaves a part of each channel.

ones = np.ones((1, 8, 8, 6))
layers = [Dropout(0.5, seed=7), SpatialDropout2D(0.5, seed=7)]
fig, axes = plt.subplots(2, 6, figsize=(6, 2.8), layout="constrained")
fig.suptitle("SpatialDropout2D drops whole channels, Dropout single pixels")
for row, layer in zip(axes, layers):
    row[0].set_ylabel(type(layer).__name__)
    channels = np.moveaxis(call(layer, ones)[0], -1, 0)
    for axis, channel in zip(row, channels):
        axis.imshow(channel, cmap="PuOr", vmin=-4, vmax=4)
        axis.set(xticks=[], yticks=[])
plt.show()
