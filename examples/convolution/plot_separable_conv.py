r"""
SeparableConv2D and SeparableConv1D: depthwise, then 1 by 1
===========================================================

A separable convolution is two convolutions in a row. The first is depthwise: it
filters each channel alone. The second is 1 by 1: it mixes the channels of a
pixel.

.. math::

   h_{i,j,\,cM+m} &= \sum_{u,v} x_{i+u,\; j+v,\; c} \; D_{u,v,c,m} \\
   y_{i,j,f} &= b_f + \sum_k h_{i,j,k} \, P_{k,f}

Here :math:`M` is ``depth_multiplier``. Strides, padding and dilation belong to
the first convolution, the bias and the activation to the second.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, SeparableConv1D, SeparableConv2D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The weights are a depthwise kernel, a pointwise kernel of one pixel, and a
# bias. Here 3 channels become 3 * 2, and then 4.

layer = SeparableConv2D(4, (2, 3), depth_multiplier=2)
layer.build((2, 8, 9, 3))  # (batch, height, width, channels)
for weight in layer.weights:
    print(weight.name, weight.shape)

# %%
# Compute it
# ----------


def separable_conv(x, depthwise_kernel, pointwise_kernel, bias=None, **options):
    """SeparableConv1D or SeparableConv2D, no activation (Keras documentation).

    x: (batch, *space, channels), depthwise_kernel: (*size, channels,
    multiplier), pointwise_kernel: (1, ..., channels * multiplier, filters),
    bias: (filters,), options: strides, padding, data_format and dilation_rate.
    Returns (batch, *positions, filters).
    """
    h = depthwise_conv(x, depthwise_kernel, **options)
    data_format = options.get("data_format", "channels_last")
    return conv(h, pointwise_kernel, bias, data_format=data_format)


separable_conv1d = separable_conv2d = separable_conv

# %%
# From other pages
# ----------------


def depthwise_conv(x, kernel, bias=None, **options):
    """DepthwiseConv1D or DepthwiseConv2D, no activation (Keras documentation).

    x: (batch, *space, channels), kernel: (*size, channels, multiplier), bias:
    (channels * multiplier,), options: strides, padding, data_format and
    dilation_rate. Returns (batch, *positions, channels * multiplier).
    """
    *size, channels, multiplier = kernel.shape
    kernel = kernel.reshape(*size, 1, channels * multiplier)
    return conv(x, kernel, bias, groups=channels, **options)


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

first = {"data_format": "channels_first"}
both = {"strides": 2, "dilation_rate": 3, "padding": "same"}
cases = [  # layer, shapes of x and the depthwise kernel, options
    (SeparableConv1D, (2, 8, 3), (2, 3, 3), both),
    (SeparableConv1D, (2, 3, 8), (3, 3, 1), first),
    (SeparableConv2D, (2, 8, 9, 3), (3, 2, 3, 3), both),
    (SeparableConv2D, (2, 3, 8, 9), (3, 2, 3, 1), first),
    (SeparableConv2D, (2, 8, 9, 3), (2, 3, 3, 2), {}),
]
for layer_class, x_shape, depthwise_shape, options in cases:
    *size, channels, multiplier = depthwise_shape
    one_pixel = [1] * len(size)
    pointwise_shape = (*one_pixel, channels * multiplier, 4)
    depthwise_kernel = rng.integers(-9, 10, size=depthwise_shape)
    pointwise_kernel = rng.integers(-9, 10, size=pointwise_shape)
    bias = rng.integers(-9, 10, size=4)
    weights = [depthwise_kernel, pointwise_kernel, bias]
    x = rng.integers(-9, 10, size=x_shape).astype("float32")
    layer = layer_class(4, size, depth_multiplier=multiplier, **options)
    layer.build(x_shape)
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x))
    expected = separable_conv(x, *weights, **options)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Break it
# --------
# MobileNet has an activation between a depthwise layer and a ``Conv2D`` of one
# pixel. Would you write the three as one ``SeparableConv2D``? It has nothing
# between its two convolutions: its activation comes at the end.

h = depthwise_conv(x, depthwise_kernel)
with_relu = conv(np.maximum(h, 0), pointwise_kernel, bias)
print(f"{np.mean(with_relu == y):.0%} of the entries are right")
assert np.any(y != with_relu)

# %%
# See it
# ------
# With kernels of 3 by 3 pixels, n channels and n filters, ``Conv2D`` has
# 9 * n * n + n weights, and ``SeparableConv2D`` has 9 * n + n * n + n. The more
# channels, the closer the quotient comes to 9, the number of pixels.

n = 2 ** np.arange(3, 11)
of_conv2d, separable = 9 * n * n + n, 9 * n + n * n + n
for layer_class, weights in [(Conv2D, of_conv2d), (SeparableConv2D, separable)]:
    layer = layer_class(1024, 3)
    layer.build((None, 8, 8, 1024))
    print(layer.name, layer.count_params())
    np.testing.assert_equal(layer.count_params(), weights[-1])
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(n, of_conv2d / separable, "o-")
axis.axhline(9, color="C1", linestyle="--")
axis.set_xscale("log")
axis.set_xticks(n, n)
axis.minorticks_off()
axis.set(title="Weights of Conv2D divided by those of SeparableConv2D")
axis.set(xlabel="channels and filters", ylim=(0, 10))
plt.show()
