r"""
Conv2D: one Dense layer on every patch
======================================

``Conv2D`` cuts an image into overlapping patches of the size of its kernel, and
applies the same ``Dense`` layer to each patch.

.. math:: y_{i,j,f} = b_f + \sum_{u,v,c} x_{i+u,\; j+v,\; c} \; W_{u,v,c,f}

The kernel is not flipped. Signal processing calls this a cross-correlation.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two images of 5 by 6 pixels with 3 channels, and 4 filters of 2 by 3 pixels.

x = rng.integers(-9, 10, size=(2, 5, 6, 3))  # (batch, height, width, channels)
kernel = rng.integers(-9, 10, size=(2, 3, 3, 4))  # (rows, columns, in, filters)
bias = np.array([3, -2, 5, 1])  # (filters,)


def keras_conv2d(x, kernel, bias, dtype="float32"):
    rows, columns, _, filters = kernel.shape
    conv2d = keras.layers.Conv2D(filters, (rows, columns), dtype=dtype)
    model = keras.Sequential([keras.Input(x.shape[1:]), conv2d])
    conv2d.set_weights([kernel, bias])
    return model.predict(x, verbose=0)


y = keras_conv2d(x, kernel, bias)
print(y.shape)

# %%
# Compute it
# ----------
# ``sliding_window_view`` returns all patches without copying them. (The page
# "Conv1D, Conv2D and Conv3D" adds strides and padding.)


def slide(x, kernel, bias):
    """Conv2D with its default strides and padding (Keras documentation).

    x: (batch, height, width, channels), kernel: (rows, columns, channels,
    filters), bias: (filters,). Returns (batch, height - rows + 1,
    width - columns + 1, filters).
    """
    window = kernel.shape[:2]
    patches = np.lib.stride_tricks.sliding_window_view(x, window, axis=(1, 2))
    return np.einsum("bijcuv,uvcf->bijf", patches, kernel) + bias


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

expected = slide(x, kernel, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# And the same as a ``Dense`` layer: each patch becomes a row of 2 * 3 * 3 = 18
# features, and the kernel becomes a matrix of 18 rows and 4 columns.

patch = x[:, 1:3, 2:5]  # the patch of the pixel in row 1, column 2 of y
of_dense = patch.reshape(2, 18) @ kernel.reshape(18, 4) + bias
np.testing.assert_array_equal(y[:, 1, 2], np.float32(of_dense), strict=True)

# %%
# Random numbers are rounded: the results agree up to a tolerance, in float32
# and in float64. (Only TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
x_random = rng.normal(size=x.shape).astype("float32")
expected = slide(x_random.astype("float64"), kernel, bias)
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    y_random = keras_conv2d(x_random, kernel, bias, dtype)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y_random, expected, tolerance, tolerance)

# %%
# Break it
# --------
# SciPy's ``convolve2d`` flips its kernel. Would you copy a kernel from there
# without flipping it? PyTorch's kernel is (filters, in, rows, columns). Would
# you reshape it? All shapes fit. Flip the first, and transpose the second.

of_pytorch = kernel.transpose(3, 2, 0, 1)
for wrong_kernel in (kernel[::-1, ::-1], of_pytorch.reshape(kernel.shape)):
    wrong = slide(x, wrong_kernel, bias)
    print(f"{np.mean(y == wrong):.0%} of the entries are right")
    assert np.any(y != wrong)

# %%
# See it
# ------
# A kernel of -1, 0, 1 subtracts the pixels on the left from those on the right.
# It finds the vertical edges of a square. Where y is 0, both sides are alike.

# sphinx_gallery_moving_picture = True
x = np.full((1, 7, 7, 1), 1)
x[:, 2:6, 2:6] = 9
kernel = np.tile([-1, 0, 1], (3, 1)).reshape(3, 3, 1, 1)
bias = np.array([0])
y = keras_conv2d(x, kernel, bias)
panels = [("x", x[0, :, :, 0]), ("W", kernel[:, :, 0, 0]), ("y", y[0, :, :, 0])]
fig, axes = plt.subplots(1, 3, figsize=(6, 2.8), width_ratios=[7, 3, 5])
fig.suptitle("y = conv(x, W) finds the vertical edges of a square")
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values, cmap="PuOr", vmin=-60, vmax=60)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
