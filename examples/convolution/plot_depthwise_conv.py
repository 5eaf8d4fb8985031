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
# Compute it
# ----------
# It is a convolution in as many groups as there are channels. Each group has
# one channel, and the kernels of that channel are the filters of the group.


def depthwise_conv(x, kernel, bias=None, **options):
    """DepthwiseConv1D or DepthwiseConv2D, no activation (Keras documentation).

    x: (batch, *space, channels), kernel: (*size, channels, multiplier), bias:
    (channels * multiplier,), options: strides, padding, data_format and
    dilation_rate. Returns (batch, *positions, channels * multiplier).
    """
    *size, channels, multiplier = kernel.shape
    kernel = kernel.reshape(*size, 1, channels * multiplier)
    return conv(x, kernel, bias, groups=channels, **options)


depthwise_conv1d = depthwise_conv2d = depthwise_conv

# %%
# From other pages
# ----------------


def patches(x, size, strides=1, padding="valid", dilation_rate=1, value=0):
    """The patches of x, (batch, *space, channels), that a kernel meets.

    size: of the kernel, an entry for each axis of space; value: what x is
    padded with. Returns (batch, *positions, *size, channels).
    """
    rank = len(size)
    strides = np.broadcast_to(strides, rank)
    dilation_rate = np.broadcast_to(dilation_rate, rank)
    span = (np.array(size) - 1) * dilation_rate + 1  # first to last
    before = after = np.zeros(rank, int)
    if padding == "same":
        positions = -(-np.array(x.shape[1:-1]) // strides)  # rounded up
        needed = (positions - 1) * strides + span - x.shape[1:-1]
        before = np.maximum(needed, 0) // 2
        after = np.maximum(needed, 0) - before
    elif padding == "causal":
        before = span - 1
    widths = [(0, 0), *zip(before, after), (0, 0)]
    x = np.pad(x, widths, constant_values=value)
    axes = tuple(range(1, rank + 1))
    windows = np.lib.stride_tricks.sliding_window_view(x, span, axes)
    windows = np.moveaxis(windows, rank + 1, -1)  # channels last
    steps = [slice(None, None, step) for step in (*strides, *dilation_rate)]
    return windows[:, *steps]


def conv(
    x,
    kernel,
    bias=None,
    *,
    strides=1,
    padding="valid",
    data_format="channels_last",
    dilation_rate=1,
    groups=1,
):
    """Conv1D, Conv2D or Conv3D without activation (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; kernel: (*size, channels // groups, filters); bias:
    (filters,). Returns (batch, *positions, filters), or with filters first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    *size, _, _ = kernel.shape
    cut = patches(x, size, strides, padding, dilation_rate)
    groups = zip(np.split(cut, groups, -1), np.split(kernel, groups, -1))
    axes = len(size) + 1  # the last axes of a patch and the first of the kernel
    y = np.concatenate([np.tensordot(*pair, axes) for pair in groups], -1)
    y = y if bias is None else y + bias
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.
# ``Conv2D`` refuses strides together with dilation. These layers take both.

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
