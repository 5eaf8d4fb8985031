r"""
Transposed convolution: the matrix of a convolution, transposed
===============================================================

Why is it called so? A convolution multiplies its input by a matrix. A
transposed convolution with the same kernel multiplies by the same matrix,
transposed.

.. math::

   \text{Conv1D:} \quad & y = M \, x \\
   \text{Conv1DTranspose:} \quad & z = M^T \, y

Backpropagation needs this product: :math:`M^T` times the gradient of
:math:`y` is that of :math:`x`. The layer is also called a deconvolution, but it
is no inverse of a convolution: here it brings the size back, not the numbers.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv1D, Conv1DTranspose

# %%
# Build it
# --------
# Both layers get the same kernel. ``Conv1D`` reads it as (size, in, out), and
# turns 2 channels into 3. ``Conv1DTranspose`` reads it as (size, out, in), and
# turns 3 channels into 2.

rng = np.random.default_rng(313)
kernel = rng.integers(-9, 10, size=(3, 2, 3))
x = rng.integers(-9, 10, size=(1, 7, 2)).astype("float32")
conv1d = Conv1D(3, 3, strides=2, use_bias=False)
conv1d.build(x.shape)  # (batch, steps, channels)
conv1d.set_weights([kernel])
y = keras.ops.convert_to_numpy(conv1d(x))
transposed = Conv1DTranspose(2, 3, strides=2, use_bias=False)
transposed.build(y.shape)
transposed.set_weights([kernel])
z = keras.ops.convert_to_numpy(transposed(y))
print(x.shape, "becomes", y.shape, "becomes", z.shape)

# %%
# Compute it
# ----------
# The matrix has a row for each output: for each position and each filter. The
# kernel stands in the columns of the patch, and all other columns are zero.
# With one channel, one filter and strides of 1, it is a Toeplitz matrix: each
# row is the one above, moved by a column.


def conv1d_matrix(kernel, steps, strides):
    """The matrix of a Conv1D without padding, (outputs, inputs)."""
    size, channels, filters = kernel.shape
    positions = (steps - size) // strides + 1
    matrix = np.zeros((positions, filters, steps, channels))
    for position in range(positions):
        patch = slice(position * strides, position * strides + size)
        matrix[position, :, patch] = kernel.transpose(2, 0, 1)
    return matrix.reshape(positions * filters, steps * channels)


matrix = conv1d_matrix(kernel, steps=7, strides=2)

# %%
# Check it
# --------
# As vectors, ``x`` and ``y`` have 7 * 2 and 3 * 3 numbers. Any convolution
# without a bias, a ``Conv2D``, too, tells you its matrix: give it inputs with
# a single 1, and it returns the columns.

units = np.eye(7 * 2).reshape(-1, 7, 2)  # a batch of inputs with a single 1
columns = keras.ops.convert_to_numpy(conv1d(units)).reshape(7 * 2, -1)
np.testing.assert_array_equal(columns.T, matrix)
np.testing.assert_equal(matrix.shape, (3 * 3, 7 * 2))
np.testing.assert_array_equal(y.ravel(), np.float32(matrix @ x.ravel()))
np.testing.assert_array_equal(z.ravel(), np.float32(matrix.T @ y.ravel()))

# %%
# Break it
# --------
# Suppose you take ``z`` for ``x``: it has the right shape, but other numbers.
# Nothing could undo this convolution: ``y`` has fewer numbers than ``x``, so
# many ``x`` have the same ``y``. A decoder learns a kernel of its own.

print("right (x):", x[0, 0], "wrong (z):", z[0, 0])
assert np.any(z != x)

# %%
# See it
# ------
# The kernel 1, 2, 3 moves two steps at a time. To undo the convolution, the
# product on the right would need ones on its diagonal and zeros elsewhere.

small = conv1d_matrix(np.reshape([1, 2, 3], (3, 1, 1)), steps=7, strides=2)
panels = [("$M$", small), ("$M^T$", small.T), ("$M^T M$", small.T @ small)]
fig, axes = plt.subplots(1, 3, figsize=(6, 3), width_ratios=[7, 3, 7])
fig.suptitle("Conv1D, its transpose, and both: not the identity matrix")
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values, cmap="Blues", vmin=0, vmax=15)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
