r"""
PyTorch to Keras: Conv2d weights and padding=1
==============================================

A ``Conv2d`` of PyTorch returns the same numbers in Keras once you move the axes
of its kernel. With strides, its ``padding=1`` is ``ZeroPadding2D(1)``, and not
``padding="same"``.

.. math::

   \text{image: } x_{b,i,j,c} &= X_{b,c,i,j} \\
   \text{kernel: } W_{u,v,c,f} &= V_{f,c,u,v}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, DepthwiseConv2D, ZeroPadding2D

from keras_by_hand.porting.pytorch import pytorch_conv2d

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# In PyTorch: ``Conv2d(2, 4, 3, stride=2, padding=1)``, without and with
# ``groups=2``. That is a group for each input channel, so it is also depthwise.

conv2d = Conv2D(4, 3, strides=2)
grouped_conv2d = Conv2D(4, 3, strides=2, groups=2)
depthwise_conv2d = DepthwiseConv2D(3, strides=2, depth_multiplier=2)

images = rng.integers(-9, 10, size=(2, 2, 6, 8))  # (batch, in, height, width)
kernel = rng.integers(-9, 10, size=(4, 2, 3, 3))  # (out, in, rows, columns)
grouped = rng.integers(-9, 10, size=(4, 1, 3, 3))  # (out, in // groups, ...)
bias = np.array([3, -2, 5, 1])  # (out,)

# %%
# Compute it
# ----------
# Move the axes as the equations say. For ``DepthwiseConv2D``, then split the
# axis of the 4 filters: PyTorch lists the 2 filters of the first channel, then
# those of the second.

moved_images = images.transpose(0, 2, 3, 1)  # (batch, height, width, in)
moved_kernel = kernel.transpose(2, 3, 1, 0)  # (rows, columns, in, out)
moved_grouped = grouped.transpose(2, 3, 1, 0)  # (rows, columns, 1, out)
split = moved_grouped.reshape(3, 3, 2, 2)  # (rows, columns, in, multiplier)

# %%
# The functions do the same for any shapes.

from keras_by_hand.porting.pytorch import (
    from_pytorch_depthwise_kernel,
    from_pytorch_images,
    from_pytorch_kernel,
)

# %%
# Check it
# --------
# The formula of PyTorch's documentation, in PyTorch's order of axes. First the
# kernels above, then those of the functions.


def keras_result(layers, kernel):
    x = moved_images.astype("float32")
    model = keras.Sequential(layers)
    model.build(x.shape)
    model.set_weights([kernel, bias])
    return keras.ops.convert_to_numpy(model(x))


for layer, weight, of_pytorch, groups in [
    (depthwise_conv2d, split, grouped, 2),
    (grouped_conv2d, moved_grouped, grouped, 2),
    (conv2d, moved_kernel, kernel, 1),
    (depthwise_conv2d, from_pytorch_depthwise_kernel(grouped, 2), grouped, 2),
    (grouped_conv2d, from_pytorch_kernel(grouped), grouped, 2),
    (conv2d, from_pytorch_kernel(kernel), kernel, 1),  # y is of this one
]:
    y = keras_result([ZeroPadding2D(1), layer], weight)
    right = pytorch_conv2d(images, of_pytorch, bias, 2, 1, groups)
    expected = from_pytorch_images(np.float32(right))
    np.testing.assert_array_equal(y, expected, strict=True)

# %%
# Break it
# --------
# Would you write ``padding="same"``? The shape is right. But with strides of 2,
# PyTorch reads zeros at the top and left here, Keras at the bottom and right.

layers = [Conv2D(4, 3, strides=2, padding="same")]
same = keras_result(layers, from_pytorch_kernel(kernel))
print(f"{np.mean(same == y):.0%} of the numbers are right")
assert np.any(same != y)

# %%
# See it
# ------
# Both visit every second pixel, but not the same ones.

fig, axes = plt.subplots(1, 2, figsize=(6, 2.6))
fig.suptitle("The middle of each patch: kernel of 3, strides of 2")
panels = [("PyTorch: padding=1", 0), ('Keras: padding="same"', 1)]
for axis, (title, first) in zip(axes, panels):
    axis.pcolormesh(np.zeros((6, 8)), cmap="Greys", edgecolor="gray")
    rows, columns = np.mgrid[first:6:2, first:8:2]
    axis.plot(columns + 0.5, rows + 0.5, "C1s")
    axis.set(title=title, xticks=[], yticks=[], aspect="equal")
    axis.invert_yaxis()
plt.show()
