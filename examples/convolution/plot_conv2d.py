r"""
Conv2D: one Dense layer on every patch
======================================

An edge looks the same wherever it is in an image. A ``Dense`` layer would have
to learn it anew for each place. ``Conv2D`` learns it once: it cuts the image
into overlapping patches, and applies the same ``Dense`` layer to each of them.

.. math:: y_{i,j,f} = b_f + \sum_{u,v,c} x_{i+u,\; j+v,\; c} \; W_{u,v,c,f}

Here :math:`i, j` is a pixel of the output, :math:`u, v` one of the kernel, and
:math:`c` a channel (grey images have one, colour images three). A filter
:math:`f` is what ``Dense`` calls a unit.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The image is a bright square. The kernel subtracts the left pixels of a patch
# from the right ones. A ``kernel_size`` of 3 means 3 by 3 pixels, and the shape
# of the kernel is (rows, columns, channels, filters).

x = np.full((1, 7, 7, 1), 1)  # (batch, height, width, channels)
x[:, 2:6, 2:6] = 9
kernel = np.tile([-1, 0, 1], (3, 1)).reshape(3, 3, 1, 1)
bias = np.array([0])  # (filters,)

inputs = keras.Input(shape=(7, 7, 1))
conv2d = keras.layers.Conv2D(filters=1, kernel_size=3)
model = keras.Model(inputs, conv2d(inputs))
conv2d.set_weights([kernel, bias])
y = model.predict(x, verbose=0)
print(x.shape, "->", y.shape)

# %%
# See it
# ------
# Where ``y`` is zero, both sides of the patch are alike.

# sphinx_gallery_moving_picture = True
panels = [("x", x[0, :, :, 0]), ("W", kernel[:, :, 0, 0]), ("y", y[0, :, :, 0])]
fig, axes = plt.subplots(1, 3, figsize=(6, 2.8), width_ratios=[7, 3, 5])
fig.suptitle("Conv2D finds the vertical edges of a square")
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values, cmap="PuOr", vmin=-60, vmax=60)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()

# %%
# Compute it
# ----------
# Lay the numbers of each patch in a row. Reshape the kernel to a matrix with a
# column for each filter. Then each pixel of the output is what ``Dense``
# computes: row times matrix, plus bias. A kernel of 3 pixels has 7 - 3 + 1 = 5
# places along an axis of 7.


def convolve(x, kernel, bias):
    rows, columns, channels, filters = kernel.shape
    height, width = x.shape[1] - rows + 1, x.shape[2] - columns + 1
    matrix = kernel.reshape(rows * columns * channels, filters)
    y = np.zeros((len(x), height, width, filters))
    for i in range(height):
        for j in range(width):
            patch = x[:, i : i + rows, j : j + columns]
            y[:, i, j] = patch.reshape(len(x), -1) @ matrix + bias
    return y


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

expected = convolve(x, kernel, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Each filter sees all channels of a patch. Here are 4 filters of 2 by 3 pixels.

colour = rng.integers(-9, 10, size=(2, 5, 6, 3)).astype("float32")
kernels = rng.integers(-9, 10, size=(2, 3, 3, 4))  # (rows, columns, in, out)
biases = np.array([3, -2, 5, 1])  # (out,)

layer = keras.layers.Conv2D(4, (2, 3))
layer.build(colour.shape)
layer.set_weights([kernels, biases])
y_colour = keras.ops.convert_to_numpy(layer(colour))
expected = convolve(colour, kernels, biases)
np.testing.assert_array_equal(y_colour, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Suppose you take the pixels of a patch column by column, and the weights row
# by row. No error is raised, but the pixels meet the wrong weights: this kernel
# then finds horizontal edges.

matrix = kernel.reshape(9, 1)
patch = x[0, 1:4, 2:5, 0]  # at the upper edge of the square
print("right:", patch.reshape(9) @ matrix + bias)
print("wrong:", patch.T.reshape(9) @ matrix + bias)
assert y[0, 1, 2, 0] == patch.reshape(9) @ matrix + bias
assert np.any(patch.reshape(9) @ matrix != patch.T.reshape(9) @ matrix)

# %%
# Try it
# ------
# 1. Make ``flat``, a kernel for horizontal edges. It subtracts the upper pixels
#    of a patch from the lower ones.
# 2. A pixel of a second layer's output depends on more than one patch of the
#    image. Write ``seen(layers, size)``: how many pixels wide is the part of
#    the image that it depends on? All kernels are ``size`` by ``size`` pixels.
