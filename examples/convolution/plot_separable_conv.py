r"""
SeparableConv2D and SeparableConv1D: depthwise, then 1 by 1
===========================================================

A ``Conv2D`` looks at neighbours and mixes channels in one step. A depthwise
separable convolution takes two, which needs up to 9 times fewer weights for 3
by 3 pixels. The first filters each channel alone. The second, a 1x1 convolution
(pointwise), mixes the channels of a pixel. Xception is made of these layers.

.. math::

   h_{i,j,\,cM+m} &= \sum_{u,v} x_{i+u,\; j+v,\; c} \; D_{u,v,c,m} \\
   y_{i,j,f} &= b_f + \sum_k h_{i,j,k} \, P_{k,f}

:math:`D` is the depthwise and :math:`P` the pointwise kernel. Each channel
:math:`c` has :math:`M` kernels :math:`m`: :math:`M` is ``depth_multiplier``.
The filters are :math:`f`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import SeparableConv1D, SeparableConv2D

# %%
# Build it
# --------
# Here 3 channels become 3 * 2, and then 4.

rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(2, 8, 9, 3)).astype("float32")
depthwise = rng.integers(-5, 6, size=(2, 3, 3, 2))  # (rows, columns, in, 2)
pointwise = rng.integers(-5, 6, size=(1, 1, 6, 4))  # (1, 1, in * 2, filters)
bias = np.array([3, -2, 5, 1])
layer = SeparableConv2D(4, (2, 3), depth_multiplier=2)
layer.build(x.shape)  # (batch, height, width, channels)
layer.set_weights([depthwise, pointwise, bias])
y = keras.ops.convert_to_numpy(layer(x))

# %%
# Compute it
# ----------
# First depthwise: multiply the patches of each channel ``c`` by the kernels of
# that channel, and sum over their pixels, but not over the channels. Then 1 by
# 1: a kernel of one pixel is a matrix, like the kernel of a ``Dense`` layer.

windows = np.lib.stride_tricks.sliding_window_view(x, (2, 3), axis=(1, 2))
filtered = np.einsum("bijcuv,uvcm->bijcm", windows, depthwise)
filtered = filtered.reshape(2, 7, 7, 3 * 2)  # (batch, rows, columns, c * 2 + m)
by_hand = filtered @ pointwise[0, 0] + bias  # (batch, rows, columns, filters)

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

# %%
# In full
# -------
# ``SeparableConv1D`` does the same along steps. In both, strides, padding and
# dilation belong to the first convolution, the activation to the second.

from keras_by_hand import separable_conv1d, separable_conv2d

options = {"strides": 2, "padding": "same"}
layer = SeparableConv1D(4, 3, depth_multiplier=2, **options)
weights = depthwise[0], pointwise[0], bias  # without the axis of the rows
row = x[:, 0]  # (batch, steps, channels)
layer.build(row.shape)
layer.set_weights(weights)
y_row = keras.ops.convert_to_numpy(layer(row))
expected = separable_conv1d(row, *weights, **options)
np.testing.assert_array_equal(y_row, np.float32(expected), strict=True)

# %%
# Break it
# --------
# MobileNet has a relu between the two, too. ``SeparableConv2D`` has none there,
# so write ``DepthwiseConv2D``, ``ReLU``, ``Conv2D(4, 1)`` and ``ReLU``. (In the
# real MobileNet, a ``BatchNormalization`` stands before each ``ReLU(6)``.)

right = np.maximum(np.maximum(filtered, 0) @ pointwise[0, 0] + bias, 0)
wrong = np.maximum(separable_conv2d(x, depthwise, pointwise, bias), 0)
print("MobileNet: right", right[0, 0, 0], "wrong", wrong[0, 0, 0])
assert np.any(right != wrong)

# %%
# See it
# ------
# For 3 by 3 pixels, ``n`` channels and ``n`` filters. Dashed: the limit, 9.

n = 2 ** np.arange(3, 11)
quotient = (9 * n * n + n) / (9 * n + n * n + n)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(n, quotient, "o-")
axis.axhline(9, color="C1", linestyle="--")
axis.set_xscale("log")
axis.set_xticks(n, n)
axis.minorticks_off()
axis.set(title="Weights of Conv2D divided by those of SeparableConv2D")
axis.set(xlabel="channels and filters", ylim=(0, 10))
plt.show()
