r"""
Dense without a bias: a matrix product
======================================

Without a bias or an activation, a ``Dense`` layer multiplies its input by a
matrix of weights, its kernel, and does nothing else.

.. math:: y = x W, \qquad y_{n,u} = \sum_f x_{n,f} \, W_{f,u}

Row :math:`n` of :math:`x` is a sample with its features :math:`f`. Column
:math:`u` of :math:`W` holds the weights of one unit.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)
print("Keras", keras.__version__, "with NumPy", np.__version__)
print(keras.backend.backend(), "is the backend")

# %%
# Build it
# --------
# Ten samples of two features go into a layer of five units. A new layer draws
# its kernel at random. ``set_weights`` puts whole numbers in its place.

x = rng.integers(1, 100, size=(10, 2))  # (batch, features)
kernel = np.array([[2, -1, 4, 1, -3], [7, 3, -6, 5, 8]])  # (features, units)

inputs = keras.Input(shape=(2,))
dense = keras.layers.Dense(5, use_bias=False)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel])
y = model.predict(x, verbose=0)  # (batch, units)
print(y)

# %%
# Compute it
# ----------
# ``@`` is NumPy's matrix product. It takes a row of ``x`` and a column of
# ``kernel``, multiplies them pair by pair, and adds up the products. (The
# page "Dense with relu" has a function with bias and activation to copy.)

expected = x @ kernel

# %%
# Check it
# --------
# float32 doesn't round whole numbers of this size, so the results are equal to
# the bit. ``strict=True`` compares their shapes and dtypes, too.

np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Other numbers are rounded, so the results agree up to a tolerance, which the
# page "What equal means" explains. It is much smaller in float64, where a small
# mistake cannot hide. Only TensorFlow computes a whole layer in float64.

x_random = rng.normal(size=(10, 2)).astype("float32")
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    layer = keras.layers.Dense(5, use_bias=False, dtype=dtype)
    y_random = keras.ops.convert_to_numpy(layer(x_random))
    kernel_random = layer.get_weights()[0]  # as the layer drew it
    expected = x_random @ kernel_random.astype("float64")
    print(f"{dtype}: largest error {np.abs(y_random - expected).max():.1e}")
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(
        y_random, expected, rtol=tolerance, atol=tolerance
    )

# %%
# Break it
# --------
# PyTorch stores the same kernel as (units, features). Would you reshape it? The
# shape is right and the numbers are wrong. Transpose it: ``of_pytorch.T``.

of_pytorch = kernel.T  # (units, features)
reshaped = x @ of_pytorch.reshape(2, 5)
print(f"{np.mean(y == reshaped):.0%} of the entries are right")
assert np.any(y != reshaped)

# %%
# See it
# ------
# Outlined: one entry of ``y``, and the row and the column that it comes from.

# sphinx_gallery_moving_picture = True
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
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
