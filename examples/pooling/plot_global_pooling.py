r"""
GlobalAveragePooling2D, GlobalMaxPooling2D: one number for each channel
=======================================================================

``GlobalAveragePooling2D`` takes the mean of a whole image, and
``GlobalMaxPooling2D`` takes its largest pixel. Each channel becomes one number,
whatever the size of the image.

.. math::

   \text{mean}_c &= \frac{1}{h w} \sum_{i,j} x_{i,j,c} \\
   \text{max}_c &= \max_{i,j} \; x_{i,j,c}

Each channel :math:`c` of :math:`h` by :math:`w` pixels is pooled by itself.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import global_average_pooling1d

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Ten classes from 512 channels of 7 by 7 pixels. With ``Flatten`` the model has
# 250890 weights. With ``GlobalAveragePooling2D`` it has 5130, and it can take
# images of any size: ``keras.Input((None, None, 512))``.

for layer in (layers.Flatten(), layers.GlobalAveragePooling2D()):
    inputs = keras.Input((7, 7, 512))  # (height, width, channels)
    model = keras.Sequential([inputs, layer, layers.Dense(10)])
    print(f"{layer.name}: {model.count_params()} weights")

# %%
# Two small images of 3 channels, for both layers:

small = np.arange(192).reshape(2, 4, 8, 3).astype("float32") % 50
y_mean = keras.ops.convert_to_numpy(layers.GlobalAveragePooling2D()(small))
y_max = keras.ops.convert_to_numpy(layers.GlobalMaxPooling2D()(small))

# %%
# Compute it
# ----------
# Take the mean, or the maximum, along the axes of space: height and width.

mean_by_hand = small.mean(axis=(1, 2))  # (batch, channels)
max_by_hand = small.max(axis=(1, 2))

# %%
# The whole functions know where the axes of space are, for 1D to 3D. With
# ``keepdims=True`` these stay, and have a length of 1. (The page
# "GlobalAveragePooling1D with a mask" adds the mask.)

from keras_by_hand import (
    global_average_pooling2d,
    global_average_pooling3d,
    global_max_pooling1d,
    global_max_pooling2d,
    global_max_pooling3d,
)

# %%
# Check it
# --------
# Here the number of pixels is a power of two. Dividing whole numbers by it
# rounds nothing: the results are equal to the bit.

np.testing.assert_array_equal(y_mean, mean_by_hand, strict=True)
np.testing.assert_array_equal(y_max, max_by_hand, strict=True)

cases = [
    (global_max_pooling1d, layers.GlobalMaxPooling1D, (2, 4, 8)),
    (global_max_pooling2d, layers.GlobalMaxPooling2D, (2, 4, 2, 8)),
    (global_max_pooling3d, layers.GlobalMaxPooling3D, (2, 4, 2, 4, 8)),
    (global_average_pooling1d, layers.GlobalAveragePooling1D, (2, 4, 8)),
    (global_average_pooling2d, layers.GlobalAveragePooling2D, (2, 4, 2, 8)),
    (global_average_pooling3d, layers.GlobalAveragePooling3D, (2, 4, 2, 4, 8)),
]
for function, layer_class, shape in cases:
    x = rng.integers(-99, 100, size=shape).astype("float32")
    for options in ({}, {"keepdims": True}, {"data_format": "channels_first"}):
        y = keras.ops.convert_to_numpy(layer_class(**options)(x))
        expected = function(x, **options)
        np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Images from PyTorch have the channels first. Would you pool them with the
# default ``data_format``? With four channels, and four columns of eight pixels,
# the shape is right. But each number is the mean of a column over all channels.

x = rng.integers(-99, 100, size=(2, 4, 8, 4)).astype("float32")
layer = layers.GlobalAveragePooling2D(data_format="channels_first")
y = keras.ops.convert_to_numpy(layer(x))
wrong = global_average_pooling2d(x)
print(y.shape, wrong.shape)
assert np.any(y != wrong)

# %%
# See it
# ------
# The mean and the maximum tell how much there is in the image, not where.

images = np.zeros((3, 8, 8, 1))
images[0, 1:3, 1:3] = 8
images[1, 5:7, 4:6] = 8
images[2, 2:6, 2:6] = 4
largest = global_max_pooling2d(images)
means = global_average_pooling2d(images)
fig, axes = plt.subplots(1, 3, figsize=(6, 2.6), layout="constrained")
fig.suptitle("Global pooling tells how much, not where")
for axis, image, (most,), (mean,) in zip(axes, images, largest, means):
    axis.imshow(image[:, :, 0], cmap="Blues", vmin=0, vmax=10)
    axis.set(title=f"max {most:g}, mean {mean:g}", xticks=[], yticks=[])
plt.show()
