r"""
DepthwiseConv2D and DepthwiseConv1D: kernels for each channel
=============================================================

A depthwise convolution has its own kernels for each channel, and never mixes
channels. The outputs that come from one input channel stand side by side.

.. math::

   y_{i,j,\,cM+m} &= b_{cM+m} \\
   &+ \sum_{u,v} x_{i+u,\; j+v,\; c} \; W_{u,v,c,m}

Here :math:`M` is ``depth_multiplier``, the number of kernels of each channel.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, DepthwiseConv1D, DepthwiseConv2D

from keras_by_hand.layers.convolution import conv

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three channels with two kernels each become six channels. There is no argument
# ``filters``. The layer has 42 weights. A ``Conv2D`` of six filters has 114.

for layer in (DepthwiseConv2D((2, 3), depth_multiplier=2), Conv2D(6, (2, 3))):
    layer.build((2, 5, 7, 3))  # (batch, height, width, channels)
    print(layer.name, layer.kernel.shape, layer.count_params())

# %%
# Whole numbers for an image, and for the two kernels of each channel:

image = np.arange(105).reshape(1, 5, 7, 3) % 10
kernels = np.arange(36).reshape(2, 3, 3, 2) % 7  # (rows, columns, channels, 2)
layer = DepthwiseConv2D((2, 3), depth_multiplier=2, use_bias=False)
layer.build(image.shape)
layer.set_weights([kernels])
of_keras = keras.ops.convert_to_numpy(layer(image.astype("float32")))

# %%
# Compute it
# ----------
# Take all overlapping windows of 2 by 3 pixels. In each, multiply each channel
# by its own kernels, and sum over the pixels ``u`` and ``v``. The channel ``c``
# stays in the result: nothing is summed over it. Finally, put the outputs of
# all channels side by side.

windows = np.lib.stride_tricks.sliding_window_view(image, (2, 3), axis=(1, 2))
outputs = np.einsum("bijcuv,uvcm->bijcm", windows, kernels)
by_hand = outputs.reshape(1, 4, 5, 3 * 2)  # (batch, rows, columns, c * 2 + m)

# %%
# The whole function is a convolution in as many groups as there are channels.
# Each group has one channel, and the kernels of that channel are the filters of
# the group. So it takes strides, padding and dilation, too.

from keras_by_hand import depthwise_conv2d
from keras_by_hand.layers.convolution import depthwise_conv

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.
# ``Conv2D`` refuses strides together with dilation. These layers take both.

np.testing.assert_array_equal(of_keras, np.float32(by_hand), strict=True)

first = {"data_format": "channels_first"}
both = {"strides": 2, "dilation_rate": 3, "padding": "same"}
cases = [  # layer, shapes of x and kernel, options
    (DepthwiseConv1D, (2, 8, 3), (2, 3, 3), both),
    (DepthwiseConv1D, (2, 3, 8), (3, 3, 1), first),
    (DepthwiseConv2D, (2, 8, 7, 3), (3, 2, 3, 3), both),
    (DepthwiseConv2D, (2, 3, 8, 7), (3, 2, 3, 1), first),
    (DepthwiseConv2D, (2, 5, 7, 3), (2, 3, 3, 2), {}),
]
for layer_class, x_shape, kernel_shape, options in cases:
    x = rng.integers(-9, 10, size=x_shape).astype("float32")
    kernel = rng.integers(-9, 10, size=kernel_shape)
    *size, channels, multiplier = kernel_shape
    bias = rng.integers(-9, 10, size=channels * multiplier)
    layer = layer_class(size, depth_multiplier=multiplier, **options)
    layer.build(x_shape)
    layer.set_weights([kernel, bias])
    y = keras.ops.convert_to_numpy(layer(x))
    expected = depthwise_conv(x, kernel, bias, **options)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Break it
# --------
# In PyTorch this layer is ``Conv2d(3, 6, (2, 3), groups=3)``. Its kernel is
# (channels * multiplier, 1, rows, columns). Would you split the first axis into
# (multiplier, channels)? The shapes fit, but most kernels move to another
# channel. Split it into (channels, multiplier).

of_pytorch = rng.integers(-9, 10, size=(6, 1, 2, 3))
in_groups = of_pytorch.transpose(2, 3, 1, 0)  # (rows, columns, 1, 6)
expected = conv(x, in_groups, bias, groups=3)  # what PyTorch computes

# The kernel of Keras: (rows, columns, channels, multiplier)
channels_split = of_pytorch.reshape(3, 2, 2, 3).transpose(2, 3, 0, 1)
layer.set_weights([channels_split, bias])
y = keras.ops.convert_to_numpy(layer(x))
np.testing.assert_array_equal(y, np.float32(expected))
multiplier_split = of_pytorch.reshape(2, 3, 2, 3).transpose(2, 3, 1, 0)
wrong = depthwise_conv2d(x, multiplier_split, bias)
print(f"{np.mean(wrong == y):.0%} of the entries are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# Three images of one pixel: each is 1 in one channel and 0 in the others. All
# kernels are ones. A dark square is an output channel that is not 0.

pixels = np.eye(3).reshape(3, 1, 1, 3)
mixed = conv(pixels, np.ones((1, 1, 3, 6)))
apart = depthwise_conv2d(pixels, np.ones((1, 1, 3, 2)))
fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
fig.suptitle("Which output channels see which input channel")
panels = [("Conv2D", mixed), ("DepthwiseConv2D", apart)]
for axis, (title, result) in zip(axes, panels):
    axis.imshow(result[:, 0, 0], cmap="Blues", vmin=0, vmax=1.5)
    axis.set(xlabel="output channel", ylabel="input channel", title=title)
    axis.set(xticks=range(6), yticks=range(3))
plt.show()
