r"""
Dense without a bias: a matrix product
======================================

Most of the work of a neural network is multiplying matrices. In its plainest
form, a ``Dense`` layer does nothing else: it multiplies its input by a matrix
of weights, its kernel. A network learns by changing the numbers in there.

.. math:: y = x W, \qquad y_{n,u} = \sum_f x_{n,f} \, W_{f,u}

Row :math:`n` of :math:`x` is a sample with its features :math:`f`. Column
:math:`u` of :math:`W` belongs to one unit: one output number of the layer.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``Input`` names the shape of one sample; ``Model`` ties it to the layer's
# output; ``predict`` runs a batch, several samples at once, and returns an
# array. ``set_weights`` replaces the kernel, which is random in a new layer. A
# bias is a number added to the product: ``use_bias=False`` leaves it out.

x = rng.integers(1, 100, size=(10, 2))  # (batch, features)
kernel = np.array([[2, -1, 4, 1, -3], [7, 3, -6, 5, 8]])  # (features, units)

inputs = keras.Input(shape=(2,))
dense = keras.layers.Dense(5, use_bias=False)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel])
y = model.predict(x, verbose=0)  # (batch, units)
print(f"Keras {keras.__version__} on {keras.backend.backend()}:", y, sep="\n")

# %%
# See it
# ------
# Outlined: one entry of ``y``, and the row and the column that it comes from.

# sphinx_gallery_moving_picture = True
style = {"ha": "center", "va": "center", "color": "k", "fontsize": 8}
fig = plt.figure(figsize=(6, 3.4), layout="constrained")
axes = fig.subplots(1, 3, width_ratios=[2, 5, 5])
(x_0, x_1), (w_0, w_1) = x[3], kernel[:, 4]
fig.suptitle(f"y[3, 4] = {x_0} * ({w_0}) + {x_1} * ({w_1}) = {y[3, 4]:.0f}")
panels = [  # title, values, and the outline: its corner, width and height
    ("x", x, (-0.5, 2.5), 2, 1),
    ("W", kernel, (3.5, -0.5), 1, 2),
    ("y = x W", y, (3.5, 2.5), 1, 1),
]
for axis, (title, values, corner, width, height) in zip(axes, panels):
    axis.imshow(values, cmap="PuOr", vmin=-1500, vmax=1500)
    axis.set(title=title, xticks=[], yticks=[])
    outline = plt.Rectangle(corner, width, height, fill=False, linewidth=3)
    axis.add_patch(outline)
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), **style)
plt.show()

# %%
# Compute it
# ----------
# Each entry of the output comes from a row of ``x`` and a column of the kernel.
# Multiply the two, number by number, and add up the products.

by_loops = np.zeros((10, 5))  # (batch, units)
for sample in range(10):
    for unit in range(5):
        by_loops[sample, unit] = np.sum(x[sample] * kernel[:, unit])

# %%
# NumPy has one sign for all of this: ``@``, the matrix product.

expected = x @ kernel

# %%
# Check it
# --------
# float32, in which Keras computes, rounds no whole numbers of this size: all
# three are equal to the bit. ``strict=True`` compares shapes and dtypes, too.

np.testing.assert_array_equal(y, np.float32(by_loops), strict=True)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Other numbers are rounded, and agree up to a tolerance: see the page "What
# equal means". ``convert_to_numpy`` makes an array of what a layer returns.

x_random = rng.normal(size=(10, 2))
layer = keras.layers.Dense(5, use_bias=False)
y_random = keras.ops.convert_to_numpy(layer(x_random))
expected = x_random @ layer.get_weights()[0]  # the kernel that it drew
np.testing.assert_allclose(y_random, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you write ``*`` for ``@``, or swap ``x`` and the kernel. NumPy mostly
# refuses the shapes, but not with two samples, two features and two units.

two, square = x[:2], kernel[:, :2]
right, by_entry, swapped = two @ square, two * square, square @ two
print("right:", right, "wrong:", by_entry, "wrong:", swapped, sep="\n")
np.testing.assert_array_equal(right, y[:2, :2])
assert np.all(right != by_entry) and np.all(right != swapped)

# %%
# Try it
# ------
# 1. Write ``entry(x, kernel, sample, unit)``, which computes that one entry of
#    ``x @ kernel``. Use ``for``, ``+`` and ``*``: no ``@``, nothing of NumPy.
# 2. Two such layers in a row are no better than one. Write
#    ``joined(first, second)``, which takes their kernels and returns the kernel
#    of the one layer that does the work of both.
# 3. Make ``probe``, a batch to which every such layer with two features
#    answers with its own kernel.
