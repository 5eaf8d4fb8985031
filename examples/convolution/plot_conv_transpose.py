r"""
Conv2DTranspose: each pixel adds a copy of the kernel
=====================================================

A transposed convolution makes an image larger. Each pixel puts a copy of the
kernel, times its own value, into the output. Where copies overlap, they add up.

.. math::

   y_{p,f} = b_f + \sum_{s\,i + u = p} \sum_c x_{i,c} \, W_{u,f,c}

Here :math:`p`, :math:`i` and :math:`u` are pixels of output, input and kernel.
The copy of pixel :math:`i` begins at :math:`s \, i`: strides are steps in the
output. (The page "Transposed convolution" explains the name.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2DTranspose

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four pixels make four copies of a ring. Each begins two pixels after the one
# before, and a ring is three pixels wide: neighbours overlap by one.

image = np.array([[1.0, 2], [3, 4]]).reshape(1, 2, 2, 1)
ring = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]]).reshape(3, 3, 1, 1)
layer = Conv2DTranspose(1, 3, strides=2, use_bias=False)
layer.build(image.shape)  # (batch, height, width, channels)
layer.set_weights([ring])
of_image = keras.ops.convert_to_numpy(layer(image))
print(of_image[0, :, :, 0])

# %%
# Compute it
# ----------
# The kernel is (rows, columns, out, in). The loop goes from pixel to pixel, in
# all images at once. (The page "Conv1DTranspose to Conv3DTranspose" adds
# padding and dilation.)


def add_copies(x, kernel, bias, strides=1):
    """Conv2DTranspose with its default padding (Keras documentation).

    x: (batch, height, width, channels), kernel: (rows, columns, filters,
    channels), no smaller than the strides; bias: (filters,). Returns (batch,
    (height - 1) * strides + rows, (width - 1) * strides + columns, filters).
    """
    batch, height, width, _ = x.shape
    rows, columns, filters, _ = kernel.shape
    last_row, last_column = (height - 1) * strides, (width - 1) * strides
    y = np.zeros((batch, last_row + rows, last_column + columns, filters))
    for i, j in np.ndindex(height, width):
        copy = np.einsum("bc,uvfc->buvf", x[:, i, j], kernel)
        top, left = i * strides, j * strides
        y[:, top : top + rows, left : left + columns] += copy
    return y + bias


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

expected = np.float32(add_copies(image, ring, 0, strides=2))
np.testing.assert_array_equal(of_image, expected, strict=True)

x = rng.integers(-9, 10, size=(2, 5, 4, 6)).astype("float32")
kernel = rng.integers(-9, 10, size=(3, 4, 2, 6))
bias = np.array([3, -2])
for strides in (1, 2, 3):
    layer = Conv2DTranspose(2, (3, 4), strides)
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    y = keras.ops.convert_to_numpy(layer(x))
    expected = np.float32(add_copies(x, kernel, bias, strides))
    np.testing.assert_array_equal(y, expected, strict=True)

# %%
# Break it
# --------
# Would you store the kernel as ``Conv2D`` does, (rows, columns, in, out)? With
# as many filters as channels it fits. Or flip it? You must if you put zeros
# between the pixels and apply ``Conv2D``. The copies here are not flipped.

kernel = rng.integers(-9, 10, size=(3, 3, 6, 6))
layer = Conv2DTranspose(6, 3, use_bias=False)
layer.build(x.shape)
layer.set_weights([kernel])
y = keras.ops.convert_to_numpy(layer(x))
for wrong_kernel in (kernel.swapaxes(2, 3), kernel[::-1, ::-1]):
    wrong = add_copies(x, wrong_kernel, 0)
    print(f"{np.mean(y == wrong):.0%} of the entries are right")
    assert np.any(y != wrong)

# %%
# See it
# ------
# The four rings from above, each in the colour of its pixel.

fig, axes = plt.subplots(1, 3, figsize=(6, 2.8), width_ratios=[2, 3, 5])
fig.suptitle("Conv2DTranspose, strides=2: four copies of the kernel add up")
panels = [("x", image[0]), ("W", ring[:, :, 0]), ("y", of_image[0])]
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values, cmap="Greys", vmin=0, vmax=30)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column, _), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
for pixel, (row, column) in enumerate(np.ndindex(2, 2)):
    inset = 0.07 * pixel - 0.46  # so that no outline hides another
    style = {"fill": False, "edgecolor": f"C{pixel}", "linewidth": 3}
    for axis, step, size in [(axes[0], 1, 1), (axes[2], 2, 3)]:
        corner = (step * column + inset, step * row + inset)
        width = size - 1 - 2 * inset
        axis.add_patch(plt.Rectangle(corner, width, width, **style))
plt.show()
