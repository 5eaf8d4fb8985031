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
# Compute it
# ----------
# With ``keepdims=True`` the axes of space stay, and have a length of 1. (The
# page "GlobalAveragePooling1D with a mask" adds the mask.)


def axes_of_space(x, data_format):
    """The axes of x that are neither the batch nor the channels."""
    first = 1 if data_format == "channels_last" else 2
    return tuple(range(first, first + x.ndim - 2))


def global_max_pooling(x, *, data_format="channels_last", keepdims=False):
    """GlobalMaxPooling1D, 2D or 3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first". Returns (batch, channels), or with axes of length 1.
    """
    return np.max(x, axes_of_space(x, data_format), keepdims=keepdims)


global_max_pooling1d = global_max_pooling2d = global_max_pooling
global_max_pooling3d = global_max_pooling


def global_average_pooling(x, *, data_format="channels_last", keepdims=False):
    """GlobalAveragePooling1D, 2D or 3D; as global_max_pooling."""
    return np.mean(x, axes_of_space(x, data_format), keepdims=keepdims)


global_average_pooling2d = global_average_pooling3d = global_average_pooling

# %%
# Check it
# --------
# Here the number of pixels is a power of two. Dividing whole numbers by it
# rounds nothing: the results are equal to the bit.

cases = [
    (global_max_pooling1d, layers.GlobalMaxPooling1D, (2, 4, 8)),
    (global_max_pooling2d, layers.GlobalMaxPooling2D, (2, 4, 2, 8)),
    (global_max_pooling3d, layers.GlobalMaxPooling3D, (2, 4, 2, 4, 8)),
    (global_average_pooling, layers.GlobalAveragePooling1D, (2, 4, 8)),
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
