r"""
SpatialDropout1D, SpatialDropout2D, SpatialDropout3D: drop whole channels
=========================================================================

Neighbouring pixels are so alike that dropping single ones would hide little.
``SpatialDropout2D`` sets whole channels of an image to zero in training, and
scales up the others. In prediction, it changes nothing.

.. math:: y_{n,p,c} = \frac{m_{n,c} \; x_{n,p,c}}{1 - \text{rate}}

The mask :math:`m` is 0 with the probability ``rate``, else 1. All pixels
:math:`p` of a channel :math:`c` share it; :math:`n` is a sample.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dropout, SpatialDropout2D

# %%
# Build it
# --------
# A channel is either dropped in all pixels, or kept in all of them.


def call(layer, x):
    return keras.ops.convert_to_numpy(layer(x, training=True))


rng = np.random.default_rng(313)
x = rng.integers(1, 10, size=(4, 2, 3, 6)).astype("float32")
y = call(SpatialDropout2D(0.75, seed=5), x)  # (batch, height, width, channels)
print("first pixel: ", y[0, 0, 0])
print("second pixel:", y[0, 0, 1])

# %%
# Compute it
# ----------
# ``Dropout`` draws the same mask from the same seed, for samples and channels.
# The mask gets an axis of length 1 for each axis of space, to broadcast to all
# pixels.

kept = call(Dropout(0.75, seed=5), np.ones((4, 6))) != 0  # (batch, channels)
mask = kept[:, np.newaxis, np.newaxis]  # (batch, 1, 1, channels)
y_by_hand = np.where(mask, x / (1 - 0.75), 0)

# %%
# There are functions for one, two and three axes of space.

from keras_by_hand import (
    spatial_dropout1d,
    spatial_dropout2d,
    spatial_dropout3d,
)

# %%
# Check it
# --------
# A factor of 4 rounds nothing: equal to the bit. ``Dropout`` does the same with
# a ``noise_shape``: along an axis of length 1, all entries share a draw. None
# stands for the length of that axis in x.

np.testing.assert_array_equal(y, y_by_hand, strict=True)
expected = spatial_dropout2d(x, kept, rate=0.75)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
for axes, function in ((1, spatial_dropout1d), (3, spatial_dropout3d)):
    layer = getattr(keras.layers, f"SpatialDropout{axes}D")(0.75, seed=5)
    ones = np.ones((4, *[2] * axes, 6))
    expected = function(ones, kept, rate=0.75)
    np.testing.assert_array_equal(call(layer, ones), expected)
of_dropout = call(Dropout(0.75, noise_shape=(None, 1, 1, 6), seed=5), x)
np.testing.assert_array_equal(of_dropout, y, strict=True)

# %%
# Break it
# --------
# Channels come first in PyTorch's ``Dropout2d``. For such images, write
# ``data_format="channels_first"``. Without it, the layer drops columns of
# pixels, in all channels. The shape of y is the same. We print the first row of
# each channel.

x_first = np.moveaxis(x, -1, 1)  # (batch, channels, height, width)
first = SpatialDropout2D(0.75, data_format="channels_first", seed=5)
right = call(first, x_first)
wrong = call(SpatialDropout2D(0.75, seed=5), x_first)
print("right:", right[0, :, 0].tolist())
print("wrong:", wrong[0, :, 0].tolist())
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
