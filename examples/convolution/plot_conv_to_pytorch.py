r"""
Keras to PyTorch and ONNX: the axes of a Conv2D kernel
======================================================

PyTorch and ONNX compute the same convolutions as Keras, but they store the axes
of images and kernels in another order.

.. math::

   \text{image: } X_{b,c,i,j} &= x_{b,i,j,c} \\
   \text{kernel: } V_{f,c,u,v} &= W_{u,v,c,f}

For ``padding="same"``, ONNX has ``auto_pad="SAME_UPPER"``. Or write
``pads=[top, left, bottom, right]``: all begins, then all ends. PyTorch refuses
"same" with strides: call ``F.pad(images, (left, right, top, bottom))`` first.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, DepthwiseConv2D

from keras_by_hand.layers.windows import same_padding
from keras_by_hand.porting.pytorch import pytorch_conv2d

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two layers, with kernels in Keras' order.

conv2d = Conv2D(4, 3, strides=2, padding="same")
depthwise_conv2d = DepthwiseConv2D(3, 2, padding="same", depth_multiplier=2)

x = rng.integers(-9, 10, size=(2, 6, 7, 2))  # (batch, height, width, channels)
kernel = rng.integers(-9, 10, size=(3, 3, 2, 4))  # (rows, columns, in, out)
depthwise = rng.integers(-9, 10, size=(3, 3, 2, 2))  # (..., in, multiplier)
bias = np.array([3, -2, 5, 1])  # (out,)

# %%
# Compute it
# ----------
# ONNX orders the axes as PyTorch does: move them as the equations say. In both,
# a depthwise convolution has as many groups as channels. So first join channels
# and multiplier into one axis of 4 filters, which read one channel each. The
# bias stays the same.

moved_images = x.transpose(0, 3, 1, 2)  # (batch, channels, height, width)
moved_kernel = kernel.transpose(3, 2, 0, 1)  # (out, in, rows, columns)
joined = depthwise.reshape(3, 3, 1, 2 * 2)  # (rows, columns, 1, out)
moved_depthwise = joined.transpose(3, 2, 0, 1)  # (out, 1, rows, columns)

# %%
# The functions do the same for any shapes.

from keras_by_hand.porting.pytorch import (
    to_pytorch_depthwise_kernel,
    to_pytorch_images,
    to_pytorch_kernel,
)

# %%
# Check it
# --------
# ``same_padding`` counts the zeros. Then PyTorch returns the numbers of Keras.

(top, bottom), (left, right) = same_padding(6, 3, 2), same_padding(7, 3, 2)
print("top", top, "bottom", bottom, "left", left, "right", right)
images = to_pytorch_images(x)
widths = [(0, 0), (0, 0), (top, bottom), (left, right)]
padded = np.pad(images, widths)

for layer, own, weight, groups in [
    (depthwise_conv2d, depthwise, to_pytorch_depthwise_kernel(depthwise), 2),
    (conv2d, kernel, to_pytorch_kernel(kernel), 1),
]:
    layer.build(x.shape)
    layer.set_weights([own, bias])
    y = keras.ops.convert_to_numpy(layer(x.astype("float32")))
    y = to_pytorch_images(y)
    moved = moved_kernel if layer is conv2d else moved_depthwise
    arrays = np.pad(moved_images, widths), moved, bias
    by_hand = pytorch_conv2d(*arrays, stride=2, groups=groups)
    np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)
    expected = pytorch_conv2d(padded, weight, bias, stride=2, groups=groups)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    if keras.backend.backend() == "torch":  # then PyTorch itself can say
        import torch

        arrays = [torch.tensor(np.float32(a)) for a in (images, weight, bias)]
        zeros = (left, right, top, bottom)
        arrays[0] = torch.nn.functional.pad(arrays[0], zeros)
        answer = torch.nn.functional.conv2d(*arrays, stride=2, groups=groups)
        np.testing.assert_array_equal(answer, expected)

# %%
# Break it
# --------
# Would you write "same" as ``padding=1``? The shape is right. The numbers are
# not: PyTorch puts zeros at the top, too, and begins there, a row above Keras.

wrong = pytorch_conv2d(images, weight, bias, stride=2, padding=1)
print(f"{np.mean(wrong == y):.0%} of the numbers are right")
assert np.any(wrong != y)

# %%
# See it
# ------
# Each square is a number. Keras has a table of in and out for each row and
# column, and PyTorch a table of rows and columns for each out and in.

filters = np.broadcast_to(np.arange(4.0), kernel.shape)  # as colours
panels = [("Keras", filters), ("PyTorch", to_pytorch_kernel(filters))]
fig, axes = plt.subplots(1, 2, figsize=(6, 3.2), width_ratios=[2, 1])
fig.suptitle("Two orders of one kernel, a colour for each filter")
for axis, (name, values) in zip(axes, panels):
    gaps = [(0, 0), (0, 0), (0, 1), (0, 1)]  # between the tables
    tables = np.pad(values, gaps, constant_values=np.nan).swapaxes(1, 2)
    height, rows, width, columns = tables.shape
    picture = tables.reshape(height * rows, width * columns)
    axis.pcolormesh(picture, edgecolor="white")
    axis.set(title=f"{name}: {values.shape}", aspect="equal")
    axis.invert_yaxis()
    axis.axis("off")
plt.show()
