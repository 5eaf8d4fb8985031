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

from keras_by_hand.layers.convolution import conv, depthwise_conv

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
# Fill them with whole numbers:

shapes = [weight.shape for weight in layer.weights]
weights = [np.arange(np.prod(s)).reshape(s) % 5 - 2 for s in shapes]
layer.set_weights(weights)
images = np.arange(432).reshape(2, 8, 9, 3) % 10
of_keras = keras.ops.convert_to_numpy(layer(images.astype("float32")))

# %%
# Compute it
# ----------
# First depthwise: multiply the patches of each channel ``c`` by the kernels of
# that channel, and sum over their pixels, but not over the channels. Then 1 by
# 1: a kernel of one pixel is a matrix, which multiplies each pixel. It works
# like a ``Dense`` layer on the channels.

depthwise, pointwise, bias = weights
windows = np.lib.stride_tricks.sliding_window_view(images, (2, 3), axis=(1, 2))
filtered = np.einsum("bijcuv,uvcm->bijcm", windows, depthwise)
filtered = filtered.reshape(2, 7, 7, 3 * 2)  # (batch, rows, columns, c * 2 + m)
by_hand = filtered @ pointwise[0, 0] + bias  # (batch, rows, columns, filters)

# %%
# The whole functions call two others, ``depthwise_conv`` and ``conv``, and
# hand strides, padding and dilation to the first.

from keras_by_hand import separable_conv1d, separable_conv2d

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(of_keras, np.float32(by_hand), strict=True)

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
    whole = separable_conv1d if len(size) == 1 else separable_conv2d
    expected = whole(x, *weights, **options)
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
