r"""
DepthwiseConv2D and DepthwiseConv1D: kernels for each channel
=============================================================

Most weights of a ``Conv2D`` mix channels. A depthwise convolution does not: it
has its own kernels for each channel, and therefore far fewer weights. Networks
for phones use it, such as MobileNet. Outputs of a channel stand side by side.

.. math::

   y_{i,j,\,cM+m} &= b_{cM+m} \\
   &+ \sum_{u,v} x_{i+u,\; j+v,\; c} \; W_{u,v,c,m}

Here :math:`M` is ``depth_multiplier``, the number of kernels of each channel
:math:`c`, and :math:`m` is one of them. The pixels are :math:`i, j` of the
output and :math:`u, v` of the kernel. ``DepthwiseConv1D`` has one axis fewer.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, DepthwiseConv2D

from keras_by_hand.layers.convolution import conv

# %%
# Build it
# --------
# Each of 3 channels has two kernels. ``Conv2D`` has a kernel 3 times as large.

rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(2, 5, 7, 3)).astype("float32")
kernel = rng.integers(-9, 10, size=(2, 3, 3, 2))  # (rows, columns, channels, 2)
bias = np.arange(6)
layer = DepthwiseConv2D((2, 3), depth_multiplier=2)
layer.build(x.shape)  # (batch, height, width, channels)
layer.set_weights([kernel, bias])
y = keras.ops.convert_to_numpy(layer(x))
conv2d = Conv2D(6, (2, 3))
conv2d.build(x.shape)
print("kernel:", layer.kernel.shape, "of Conv2D:", conv2d.kernel.shape)

# %%
# Compute it
# ----------
# Cut all windows of 2 by 3 pixels. In each, multiply each channel by its own
# kernels, and sum over the pixels ``u`` and ``v``, not over the channels ``c``.
# Then put the outputs of all channels side by side.

windows = np.lib.stride_tricks.sliding_window_view(x, (2, 3), axis=(1, 2))
outputs = np.einsum("bijcuv,uvcm->bijcm", windows, kernel)
by_hand = outputs.reshape(2, 4, 5, 3 * 2) + bias  # (..., c * 2 + m)

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

# %%
# In full
# -------
# Unlike ``Conv2D``, the layer takes strides and dilation together. To check it,
# write out the gaps: with a rate of 3, 2 by 3 pixels become 4 by 7, with zeros.

from keras_by_hand import depthwise_conv2d

layer = DepthwiseConv2D((2, 3), 2, depth_multiplier=2, dilation_rate=3)
layer.build(x.shape)
layer.set_weights([kernel, bias])
y_both = keras.ops.convert_to_numpy(layer(x))
wide = np.zeros((4, 7, 3, 2))
wide[::3, ::3] = kernel
expected = depthwise_conv2d(x, wide, bias, strides=2)
np.testing.assert_array_equal(y_both, np.float32(expected), strict=True)

# %%
# Break it
# --------
# In PyTorch this is ``Conv2d(3, 6, (2, 3), groups=3)``. Its first two filters
# belong to the first channel: split its 6 into 3 by 2, not into 2 by 3.

of_pytorch = rng.integers(-9, 10, size=(6, 1, 2, 3))
moved = of_pytorch.transpose(2, 3, 1, 0)  # (rows, columns, 1, 6)
right = depthwise_conv2d(x, moved.reshape(2, 3, 3, 2))
wrong = depthwise_conv2d(x, moved.reshape(2, 3, 2, 3).swapaxes(2, 3))
np.testing.assert_array_equal(right, conv(x, moved, groups=3))
print("right:", right[0, 0, 0], "wrong:", wrong[0, 0, 0])
assert np.any(right != wrong)

# %%
# See it
# ------
# Each image is 1 in one channel. Dark: an output channel that is not 0.

pixels = np.eye(3).reshape(3, 1, 1, 3)
mixed = conv(pixels, np.ones((1, 1, 3, 6)))
apart = depthwise_conv2d(pixels, np.ones((1, 1, 3, 2)))
fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
fig.suptitle("Which output channels see which input channel")
for axis, title, seen in zip(axes, ("Conv2D", "Depthwise"), (mixed, apart)):
    axis.imshow(seen[:, 0, 0], cmap="Blues", vmin=0, vmax=1.5)
    axis.set(xlabel="output channel", ylabel="input channel", title=title)
plt.show()
