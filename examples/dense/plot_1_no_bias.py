"""
A Dense layer is a matrix product
=================================

Without a bias and without an activation, a ``Dense`` layer multiplies its input
by its kernel, and does nothing else.

.. math:: y = x W
"""

import sys

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

backend = keras.backend.backend()  # "tensorflow", "jax" or "torch"
print(f"Keras {keras.__version__}, NumPy {np.__version__}")
print(f"{backend} {sys.modules[backend].__version__}")

# %%
# Build it
# --------
# Ten samples of two features each go into five units.

x = np.random.randint(1, 100, size=(10, 2))  # (batch, features)

inputs = keras.Input(shape=(2,), name="features")
outputs = keras.layers.Dense(5, use_bias=False, name="product")(inputs)
model = keras.Model(inputs, outputs)

y = model.predict(x, verbose=0)  # (batch, units)
print(y)

# %%
# ``model.layers`` lists the layers by name. A shape begins with ``None``, which
# stands for any number of samples.

print("layers:", [layer.name for layer in model.layers])
dense = model.get_layer("product")
print("input: ", dense.input.shape)
print("output:", dense.output.shape)
print("weights:", [(w.name, tuple(w.shape)) for w in dense.weights])

np.testing.assert_equal(dense.input.shape, (None, 2))
np.testing.assert_equal(dense.output.shape, (None, 5))

# %%
# The only weight is the kernel: a row for each feature, a column for each unit.
# Keras drew it at random.

(kernel,) = dense.get_weights()  # (features, units)
print(kernel)

np.testing.assert_equal(kernel.shape, (2, 5))

# %%
# Compute it
# ----------
# `np.matmul`_, written ``@``, multiplies each row of the input by each column
# of the kernel and sums. It computes in float64 here, so that NumPy's own
# rounding does not matter.
#
# .. _np.matmul: https://numpy.org/doc/stable/reference/generated/numpy.matmul.html

expected = x @ kernel.astype("float64")
print(expected)

# %%
# Check it
# --------
# Keras computes in float32: on the way to each entry it rounds two products and
# a sum at most. Together they can move it by one *rounding unit*, which is
# ``2**-23`` of the sum of the absolute products. The page "What equal means"
# says why.

np.testing.assert_equal((y.shape, y.dtype), ((10, 5), np.float32))

rounding_unit = np.finfo("float32").eps * (np.abs(x) @ np.abs(kernel))
error = np.abs(y - expected)
print(f"largest error: {np.max(error / rounding_unit):.2f} rounding units")

np.testing.assert_array_less(error, 1.0 * rounding_unit)

# %%
# Small integers leave float32 nothing to round, so with an integer kernel the
# two results are equal to the bit.

kernel = np.array([[2, -1, 4, 1, -3], [7, 3, -6, 5, 8]])
dense.set_weights([kernel])
y = model.predict(x, verbose=0)
print(y)

np.testing.assert_array_equal(y, x @ kernel)
np.testing.assert_equal(y.dtype, np.float32)

# %%
# Break it
# --------
# Other libraries store a kernel as ``(units, features)``. Whoever reshapes this
# one instead of transposing it gets the right shape and the wrong numbers, and
# the check above would have noticed.

misread = kernel.reshape(5, 2).T
print("right entries:", np.count_nonzero(y == x @ misread), "of", y.size)

np.testing.assert_equal(misread.shape, kernel.shape)
np.testing.assert_equal(np.count_nonzero(y == x @ misread), 0)

# %%
# See it
# ------
# Outlined: one entry of the result, and the row and the column that made it.

panels = {"x": x, "W": kernel, "y = x W": y}
fig, axes = plt.subplots(
    1, 3, figsize=(5, 3.6), width_ratios=[2, 5, 5], layout="constrained"
)
for axis, (name, values) in zip(axes, panels.items()):
    axis.imshow(values, cmap="PuOr", vmin=-900, vmax=900)
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if abs(value) > 500 else "black"
        text = axis.text(column, row, f"{value:.0f}", color=shade)
        text.set(horizontalalignment="center", verticalalignment="center")
outlines = [((-0.5, 2.5), 2, 1), ((3.5, -0.5), 1, 2), ((3.5, 2.5), 1, 1)]
for axis, (corner, width, height) in zip(axes, outlines):
    outline = plt.Rectangle(corner, width, height, fill=False, linewidth=3)
    axis.add_patch(outline)
plt.show()
