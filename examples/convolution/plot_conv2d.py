r"""
Conv2D: one Dense layer on every patch
======================================

``Conv2D`` cuts an image into patches of the size of its kernel, and applies the
same ``Dense`` layer to each patch.

.. math::

   y_{i,j,f} = b_f + \sum_{u,v,c} x_{i+u,\; j+v,\; c} \; W_{u,v,c,f}

The patches overlap: the next one begins one pixel further on. The kernel is not
flipped. What deep learning calls a convolution, signal processing calls a
cross-correlation.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two images of 5 by 6 pixels with 3 channels, and 4 filters, each of 2 by 3
# pixels. ``get_weights()`` returns the kernel and the bias.

x = rng.integers(-9, 10, size=(2, 5, 6, 3))  # (batch, height, width, channels)
kernel = rng.integers(-9, 10, size=(2, 3, 3, 4))  # (rows, columns, in, filters)
bias = np.array([3, -2, 5, 1])  # (filters,)


def keras_conv2d(x, kernel, bias, dtype="float32"):
    rows, columns, _, filters = kernel.shape
    conv2d = keras.layers.Conv2D(filters, (rows, columns), dtype=dtype)
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, conv2d(inputs))
    conv2d.set_weights([kernel, bias])
    return model.predict(x, verbose=0)


y = keras_conv2d(x, kernel, bias)
print(y.shape)

# %%
# Compute it
# ----------
# NumPy can show all patches of an array without copying them. What is left is a
# ``Dense`` layer whose features are the pixels and channels of a patch. (The
# page "Conv1D, Conv2D and Conv3D" adds strides and padding.)


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

x, kernel, bias = (
    rng.normal(size=a.shape).astype("float32") for a in (x, kernel, bias)
)
expected = slide(x.astype("float64"), kernel, bias)
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    y = keras_conv2d(x, kernel, bias, dtype)
    print(f"{dtype}: largest error {np.abs(y - expected).max():.1e}")
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)

# %%
# Break it
# --------
# Porting a kernel from SciPy's ``convolve``, would you keep it as it is? That
# function flips its kernel, so yours has to be flipped, too. Porting one from
# PyTorch, (filters, in, rows, columns), would you reshape it? The shapes fit.

flipped = slide(x, kernel[::-1, ::-1], bias)
of_pytorch = kernel.transpose(3, 2, 0, 1)
reshaped = slide(x, of_pytorch.reshape(kernel.shape), bias)
for wrong in (flipped, reshaped):
    print(f"{np.isclose(wrong, y).mean():.0%} of the entries are right")
    assert not np.allclose(wrong, y)

# %%
# See it
# ------
# A kernel of -1, 0, 1 subtracts the pixels on the left from those on the right.
# It finds the upright edges of a square: where it is 0, both sides are alike.

# sphinx_gallery_moving_picture = True
x = np.full((1, 7, 7, 1), 1)
x[:, 2:6, 2:6] = 9
kernel = np.tile([-1, 0, 1], (3, 1)).reshape(3, 3, 1, 1)
bias = np.array([0])
y = keras_conv2d(x, kernel, bias)
panels = [("x", x[0, :, :, 0]), ("W", kernel[:, :, 0, 0]), ("y", y[0, :, :, 0])]
fig = plt.figure(figsize=(6, 2.8), layout="constrained")
axes = fig.subplots(1, 3, width_ratios=[7, 3, 5])  # pixels of one size
fig.suptitle("y = conv(x, W): the upright edges of a square")
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values, cmap="PuOr", vmin=-60, vmax=60)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
