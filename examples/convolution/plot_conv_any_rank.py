r"""
Conv1D, Conv2D and Conv3D: one function for any rank
====================================================

``Conv1D``, ``Conv2D`` and ``Conv3D`` do the same along one, two or three axes.
One function computes all three. It cuts the input into patches, and multiplies
each patch by the kernel:

.. math:: y_{p,f} = b_f + \sum_k \text{patch}_{p,k} \, W_{k,f}

Here :math:`p` is the position of a patch, and :math:`k` counts the numbers in
it.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv1D, Conv2D, Conv3D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three layers of 4 filters for inputs of 6 channels. Their kernels have 3
# steps, 3 by 3 pixels, and 3 by 3 by 3 voxels. Their biases are still zero.

built = []
for layer, shape in [  # (batch, *space, channels)
    (Conv1D(4, 3), (2, 8, 6)),
    (Conv2D(4, 3), (2, 8, 8, 6)),
    (Conv3D(4, 3), (2, 8, 8, 8, 6)),
]:
    layer.build(shape)
    kernel, bias = layer.get_weights()
    print(layer.name, kernel.shape, bias.shape)
    x = np.arange(np.prod(shape)).reshape(shape).astype("float32") % 10
    built.append((x, kernel, keras.ops.convert_to_numpy(layer(x))))

# %%
# Compute it
# ----------
# ``sliding_window_view`` cuts the patches, and puts their axes of space last.
# Move the channels behind them. Then the last axes of a patch are the first of
# the kernel, and ``np.tensordot`` multiplies and sums along them. The rank is
# the number of axes of space. The same lines work for 1, 2 and 3.

by_hand = []
for x, kernel, _ in built:
    rank = x.ndim - 2  # all axes but the batch and the channels
    size, axes = kernel.shape[:rank], range(1, rank + 1)
    cut = np.lib.stride_tricks.sliding_window_view(x, size, axes)
    cut = np.moveaxis(cut, rank + 1, -1)  # (batch, *positions, *size, channels)
    by_hand.append(np.tensordot(cut, kernel, rank + 1))

# %%
# The whole function has options. Padding puts zeros around the input. Strides
# skip positions. Dilation skips pixels inside a patch. Groups split the
# channels, each with its own filters.

from keras_by_hand import conv2d
from keras_by_hand.layers.convolution import conv
from keras_by_hand.layers.windows import patches

# %%
# Check it
# --------
# First the three layers above. Then layers of whole numbers: nothing is
# rounded, so the results are equal to the bit. A tuple gives each axis its own
# size, strides or dilation.

for (_, _, y), expected in zip(built, by_hand):
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

first = {"data_format": "channels_first", "groups": 2}
cases = [  # layer, kernel size, shape of x, options
    (Conv1D, (3,), (2, 8, 6), {"strides": 2, "padding": "same"}),
    (Conv1D, (2,), (2, 8, 6), {"dilation_rate": 3, "padding": "causal"}),
    (Conv1D, (2,), (2, 6, 8), first),
    (Conv2D, (2, 3), (2, 7, 8, 6), {"strides": (3, 2), "padding": "same"}),
    (Conv2D, (3, 2), (2, 7, 8, 6), {"dilation_rate": (2, 3)}),
    (Conv2D, (3, 2), (2, 6, 7, 8), first),
    (Conv3D, (1, 2, 3), (2, 5, 4, 6, 6), {"strides": 2, "padding": "same"}),
    (Conv3D, (1, 2, 3), (2, 5, 4, 6, 6), {"dilation_rate": 2}),
    (Conv3D, (2, 1, 2), (2, 6, 5, 4, 7), first),
]
for layer_class, size, shape, options in cases:
    layer = layer_class(4, size, **options)
    layer.build(shape)
    channels = 6 // options.get("groups", 1)  # that a filter reads
    kernel = rng.integers(-9, 10, size=(*size, channels, 4))
    bias = rng.integers(-9, 10, size=4)
    layer.set_weights([kernel, bias])
    x = rng.integers(-9, 10, size=shape).astype("float32")
    y = keras.ops.convert_to_numpy(layer(x))
    expected = conv(x, kernel, bias, **options)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    print(f"{layer.name}: {shape} becomes {y.shape}")

# %%
# Break it
# --------
# Pillow gives the size of an image as (width, height). Would you store images
# in that order? ``Conv2D`` accepts them, but its kernel is (rows, columns). You
# would have to exchange these axes of the kernel, too.

images = rng.integers(-9, 10, size=(2, 7, 8, 6))  # (batch, height, width, in)
kernel = rng.integers(-9, 10, size=(3, 3, 6, 4))  # (rows, columns, in, filters)
y = conv2d(images, kernel)
wide = images.swapaxes(1, 2)  # (batch, width, height, in)
wrong = conv2d(wide, kernel).swapaxes(1, 2)
assert np.any(y != wrong)
turned = conv2d(wide, kernel.swapaxes(0, 1)).swapaxes(1, 2)
np.testing.assert_array_equal(turned, y)

# %%
# See it
# ------
# A ``Conv1D`` with a kernel of 3 on eight steps. The points below are the
# input, those above the output. Lines lead from an output to the steps that it
# reads. Where an output has fewer than three lines, padding gives it zeros.

panels = [
    ("default", {}),
    ("strides=2", {"strides": 2}),
    ("dilation_rate=2", {"dilation_rate": 2}),
    ('padding="same"', {"padding": "same"}),
    ('padding="causal"', {"padding": "causal"}),
    ('strides=2, "same"', {"strides": 2, "padding": "same"}),
]
steps = np.arange(8.0)[np.newaxis, :, np.newaxis]  # each is its own number
fig, axes = plt.subplots(2, 3, figsize=(6, 3.4), layout="constrained")
fig.suptitle("Which input steps (below) each output (above) reads")
for axis, (title, options) in zip(axes.flat, panels):
    cut = patches(steps, (3,), value=np.nan, **options)[0, :, :, 0]
    for position, patch in enumerate(cut):
        above = position * options.get("strides", 1)
        for step in patch:
            axis.plot([step, above], [0, 1], "o-", color="C0")
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
