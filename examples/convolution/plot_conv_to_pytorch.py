r"""
PyTorch to Keras and back: Conv2d kernels and padding
=====================================================

PyTorch and ONNX compute the same convolutions as Keras, but store images (NCHW,
not NHWC) and kernels in other orders. With strides, PyTorch's ``padding=1`` may
differ from Keras' ``padding="same"`` (``auto_pad="SAME_UPPER"`` in ONNX).

.. math::

   \text{image: } X_{b,c,i,j} &= x_{b,i,j,c} \\
   \text{kernel: } V_{f,c,u,v} &= W_{u,v,c,f}

PyTorch and ONNX are on the left; :math:`b` is an image, :math:`c` a channel,
:math:`f` a filter, :math:`i, j` a pixel, and :math:`u, v` one of the kernel.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, DepthwiseConv2D, ZeroPadding2D

from keras_by_hand.porting.pytorch import pytorch_conv2d

# %%
# Build it
# --------
# NumPy takes the part of PyTorch's ``Conv2d(2, 4, 3, stride=2, padding=1)``.

rng = np.random.default_rng(313)
images = rng.integers(-9, 10, size=(2, 2, 6, 8))  # (batch, in, height, width)
kernel = rng.integers(-9, 10, size=(4, 2, 3, 3))  # (out, in, rows, columns)
grouped = rng.integers(-9, 10, size=(4, 1, 3, 3))  # depthwise: groups=2
bias = np.array([3, -2, 5, 1])  # (out,)
of_pytorch = pytorch_conv2d(images, kernel, bias, 2, 1)
of_grouped = pytorch_conv2d(images, grouped, bias, 2, 1, groups=2)

# %%
# Compute it
# ----------
# To convert weights, move the axes as the equations say; the bias stays. For
# ``DepthwiseConv2D``, split the 4 filters, too: the first 2 are of channel 0.

x = images.transpose(0, 2, 3, 1)  # (batch, height, width, in)
moved = kernel.transpose(2, 3, 1, 0).copy()  # (rows, columns, in, out)
split = grouped.transpose(2, 3, 1, 0).reshape(3, 3, 2, 2).copy()

# %%
# Check it
# --------
# ``padding=1`` is a ``ZeroPadding2D(1)`` before the layer.


def keras_result(layers, kernel):
    model = keras.Sequential([keras.Input((6, 8, 2)), *layers])
    model.set_weights([kernel, bias])
    return model.predict(x, verbose=0).transpose(0, 3, 1, 2)


depthwise = DepthwiseConv2D(3, 2, depth_multiplier=2)
y = keras_result([ZeroPadding2D(1), Conv2D(4, 3, strides=2)], moved)
y_depthwise = keras_result([ZeroPadding2D(1), depthwise], split)
np.testing.assert_array_equal(y, np.float32(of_pytorch), strict=True)
np.testing.assert_array_equal(y_depthwise, np.float32(of_grouped), strict=True)

# %%
# In full
# -------
# Back to PyTorch: ``moved.transpose(3, 2, 0, 1)``. Functions for both ways:

from keras_by_hand.porting.pytorch import (
    from_pytorch_depthwise_kernel,
    from_pytorch_kernel,
    to_pytorch_depthwise_kernel,
    to_pytorch_kernel,
)

np.testing.assert_array_equal(from_pytorch_kernel(kernel), moved)
np.testing.assert_array_equal(from_pytorch_depthwise_kernel(grouped, 2), split)
np.testing.assert_array_equal(to_pytorch_kernel(moved), kernel)
np.testing.assert_array_equal(to_pytorch_depthwise_kernel(split), grouped)

# %%
# Break it
# --------
# For even sides, like these, "same" puts zeros at bottom and right only, like
# PyTorch's ``F.pad(images, (0, 1, 0, 1))``. For odd sides, it is ``padding=1``.

wrong = keras_result([Conv2D(4, 3, strides=2, padding="same")], moved)
print("right:", y[0, 0, 0], "wrong:", wrong[0, 0, 0])
assert np.any(wrong != y)

# %%
# See it
# ------
# Both visit every second pixel, but not the same ones.

fig, axes = plt.subplots(1, 2, figsize=(6, 2.6))
fig.suptitle("The middle of each patch: kernel of 3, strides of 2")
for axis, title, first in zip(axes, ("padding=1", '"same"'), (0, 1)):
    axis.pcolormesh(np.zeros((6, 8)), cmap="Greys", edgecolor="gray")
    rows, columns = np.mgrid[first:6:2, first:8:2]
    axis.plot(columns + 0.5, rows + 0.5, "C1s")
    axis.set(title=title, xticks=[], yticks=[], aspect="equal", ylim=(6, 0))
plt.show()
