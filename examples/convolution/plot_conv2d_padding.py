r"""
Conv2D padding: "same" puts the odd pixel at the end
====================================================

Each convolution makes an image smaller: ten layers with a kernel of 3 take ten
pixels off each side. You choose two things:

- ``padding`` says what happens at the edges. "valid", the default, takes the
  image as it is. "same" puts zeros around it. If it needs an odd number of
  them, the extra row is at the bottom, the extra column on the right.
- ``strides`` say how far one patch begins from the next. With strides of 2,
  every second patch is left out, and the output is half as wide and high.

From :math:`n` pixels, a kernel of :math:`k` pixels and strides of :math:`s`
make :math:`m` pixels. The brackets round down and, below, up:

.. math::

   \text{valid: } & m = \lfloor (n - k) / s \rfloor + 1 \\
   \text{same: } & m = \lceil n / s \rceil \\
   & z = \max(0,\; (m - 1) \, s + k - n)

"same" adds :math:`z` zeros along each axis, half of them, rounded down, before
the pixels. With strides of 1, :math:`m = n`: hence the name.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D

from keras_by_hand import conv2d  # convolve of the page "Conv2D", in full

# %%
# Build it
# --------
# Image and kernel are ones, so each output counts the pixels in its patch: all
# 9 in the first, 4 in the last, whose other places are zeros.

x = np.ones((1, 4, 4, 1))  # (batch, height, width, channels)
layer = Conv2D(1, 3, strides=2, padding="same", kernel_initializer="ones")
y = keras.ops.convert_to_numpy(layer(x))
print(y[0, :, :, 0])

# %%
# Compute it
# ----------
# The last patch begins (m - 1) s pixels after the first. Zeros complete it.

n, k, s = 4, 3, 2
m = int(np.ceil(n / s))
z = max(0, (m - 1) * s + k - n)
padded = np.pad(x[0, :, :, 0], (z // 2, z - z // 2))  # rows and columns
by_hand = np.zeros((m, m))
for i in range(m):
    for j in range(m):
        patch = padded[i * s : i * s + k, j * s : j * s + k]
        by_hand[i, j] = patch.sum()  # as the kernel is ones

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, documentation:** ``Conv2D`` says that
#    "same" pads "evenly". It does not say where an odd pixel goes.

np.testing.assert_array_equal(y[0, :, :, 0], np.float32(by_hand), strict=True)

# %%
# Break it
# --------
# Suppose you put a zero on each side by hand, which is right for strides of 1.
# For strides of 2 only the shape is right: each patch begins a pixel too early.
# (PyTorch's ``padding=1`` does this.)

both_sides = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
wrong = conv2d(both_sides, np.ones((3, 3, 1, 1)), strides=2)
print("right:", y.ravel())
print("wrong:", wrong.ravel())
assert wrong.shape == y.shape and np.any(y != wrong)

# %%
# See it
# ------
# The white squares are zeros, the outlines four patches of the kernel of 3. On
# the site, choose strides and padding, and point at an output: which patch made
# it?

# sphinx_gallery_moving_picture = True
kernel, strides, padding = np.ones((3, 3, 1, 1)), 2, "same"
fig, (left, right) = plt.subplots(1, 2, figsize=(6, 2.8), width_ratios=[5, 2])
fig.suptitle("Zeros stand below and on the right of 4 by 4 pixels")
padded_x = np.pad(x[0, :, :, 0], (0, 1))
left.pcolormesh(padded_x, cmap="Blues", vmax=2, edgecolor="gray")
right.pcolormesh(y[0, :, :, 0], cmap="Blues", vmax=18, edgecolor="gray")
for number, (i, j) in enumerate(np.ndindex(2, 2)):
    inset = 0.06 + 0.06 * number  # so that no outline hides another
    corner, size = (2 * j + inset, 2 * i + inset), 3 - 2 * inset
    style = {"fill": False, "edgecolor": f"C{number}", "linewidth": 2}
    left.add_patch(plt.Rectangle(corner, size, size, **style))
    right.add_patch(plt.Rectangle((j + 0.1, i + 0.1), 0.8, 0.8, **style))
    right.text(j + 0.5, i + 0.5, f"{y[0, i, j, 0]:.0f}", ha="center", color="k")
for axis, title in [(left, "padded x"), (right, "y")]:
    axis.set(title=title, xticks=[], yticks=[], aspect="equal")
    axis.invert_yaxis()
plt.show()

# %%
# In full
# -------
# ``same_padding`` from keras_by_hand counts the zeros before and after. Here
# rows and columns differ in length, kernel and strides.

from keras_by_hand.layers.windows import same_padding

image = np.arange(42.0).reshape(1, 6, 7, 1)
layer = Conv2D(1, (4, 5), (3, 2), padding="same", kernel_initializer="ones")
y_image = keras.ops.convert_to_numpy(layer(image))
rows, columns = same_padding(6, 4, 3), same_padding(7, 5, 2)
padded = np.pad(image, [(0, 0), rows, columns, (0, 0)])
expected = conv2d(padded, np.ones((4, 5, 1, 1)), strides=(3, 2))
np.testing.assert_array_equal(y_image, np.float32(expected), strict=True)

# %%
# Try it
# ------
# 1. Write ``size_of(n, k, s, padding)``: how many pixels a layer makes along an
#    axis, for any padding, "same" or "valid".
# 2. The first layer of AlexNet, a network of 2012, makes 55 pixels from 227:
#    "valid", with strides of 4. Write ``kernel_of(n, m, s)``: the size of the
#    kernel with which no pixel is left over.
