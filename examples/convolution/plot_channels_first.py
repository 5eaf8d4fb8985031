r"""
channels_first: NCHW images and channels_last (NHWC)
====================================================

With ``data_format="channels_first"`` the channels of an image stand before its
height and width. The output is that of ``"channels_last"`` with its axes moved.
The kernel keeps its shape:

.. math:: y_{f,i,j} = b_f + \sum_{u,v,c} x_{c,\; i+u,\; j+v} \; W_{u,v,c,f}

Beware of a wrong bias on TensorFlow. The page "channels_first: a wrong bias on
TensorFlow" tells when.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# We ask for XLA. On many CPUs TensorFlow raises an error for this layer without
# it. (On a GPU Keras uses it by itself.)


def keras_conv2d(x, kernel, bias, activation=None):
    layer = Conv2D(4, 3, data_format="channels_first", activation=activation)
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    model.compile(jit_compile=keras.backend.backend() == "tensorflow")
    layer.set_weights([kernel, bias])
    return model.predict(x, verbose=0)


x = rng.integers(-9, 10, size=(2, 3, 7, 8))  # (batch, channels, height, width)
kernel = rng.integers(-9, 10, size=(3, 3, 3, 4))  # (rows, columns, in, filters)
bias = np.array([3, -2, 5, 1])  # (filters,)
y = keras_conv2d(x, kernel, bias)
print(y.shape)

# %%
# Compute it
# ----------
# ``conv2d`` of the page "Conv1D, Conv2D and Conv3D" takes ``data_format``, too.


def slide_channels_first(x, kernel, bias):
    """Conv2D, channels_first, with its default strides and padding.

    x: (batch, channels, height, width), kernel: (rows, columns, channels,
    filters), bias: (filters,). Returns (batch, filters, height - rows + 1,
    width - columns + 1).
    """
    window = kernel.shape[:2]
    patches = np.lib.stride_tricks.sliding_window_view(x, window, axis=(2, 3))
    y = np.einsum("bcijuv,uvcf->bfij", patches, kernel)
    return y + bias[:, np.newaxis, np.newaxis]


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

expected = slide_channels_first(x, kernel, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# A layer of ``"channels_last"`` takes the same weights. Move the channels of
# its input to the end, and those of its output back.

layer = Conv2D(4, 3)
x_last = np.moveaxis(x, 1, -1).astype("float32")
layer.build(x_last.shape)
layer.set_weights([kernel, bias])
y_last = keras.ops.convert_to_numpy(layer(x_last))
np.testing.assert_array_equal(np.moveaxis(y_last, -1, 1), y)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Conv2D(activation="softmax")`` does not know ``data_format``. Its sums
#    are 1 along the width, not over the filters. Use a layer
#    ``Softmax(axis=1)``.

y_softmax = keras_conv2d(x, kernel / 100, bias, "softmax")
np.testing.assert_allclose(y_softmax.sum(axis=-1), 1, rtol=1e-4)
assert not np.allclose(y_softmax.sum(axis=1), 1)

# %%
# Break it
# --------
# Would you use ``reshape`` to move the channels? The shapes fit, but a reshape
# keeps the numbers in their old order: it mixes pixels and channels.

reshaped = x.reshape(2, 7, 8, 3).astype("float32")
wrong = np.moveaxis(keras.ops.convert_to_numpy(layer(reshaped)), -1, 1)
print(f"{np.mean(y == wrong):.0%} of the entries are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# The numbers of an image of 2 by 4 pixels as a reshape takes them, one by one.

image = np.zeros((3, 2, 4)) + np.arange(3).reshape(3, 1, 1)  # its channels
fig, axes = plt.subplots(2, 1, figsize=(6, 2), layout="constrained")
fig.suptitle("The channels 0, 1, 2 of 8 pixels, in the order of reshape")
panels = [
    ("channels_first: pixels of channel 0, then 1, then 2", image),
    ("channels_last: pixel by pixel", np.moveaxis(image, 0, -1)),
]
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values.reshape(1, 24), cmap="Blues", vmin=-1, vmax=4)
    axis.set(title=title, xticks=[], yticks=[])
    for position, channel in enumerate(values.flat):
        axis.text(
            position, 0, int(channel), ha="center", va="center", color="k"
        )
plt.show()
