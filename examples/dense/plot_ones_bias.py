r"""
Bias: one number added to each unit
===================================

The bias of a ``Dense`` layer has one number for each unit. The layer adds the
same bias to the result of every sample.

.. math:: y_{n,u} = \sum_f x_{n,f} \, W_{f,u} + b_u
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# By default a bias starts as zeros. With ``bias_initializer="ones"`` you can
# see it at once.

x = rng.integers(1, 100, size=(10, 2))  # (batch, features)
kernel = np.array([[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]])  # (features, units)

inputs = keras.Input(shape=(2,))
dense = keras.layers.Dense(5, bias_initializer="ones")
model = keras.Model(inputs, dense(inputs))
dense.kernel.assign(kernel)  # sets the kernel alone: the bias stays ones
y_ones = model.predict(x, verbose=0)  # (batch, units)
print(y_ones)

# %%
# Compute it
# ----------
# The product has the shape (batch, units), and the bias has the shape (units,).
# NumPy *broadcasts* the bias: it adds it to each row of the product.

expected_ones = x @ kernel + np.ones(5)

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(y_ones, np.float32(expected_ones), strict=True)

# %%
# A bias of ones can't show which number goes to which unit. So here is a bias
# whose numbers all differ.

bias = np.array([100, -200, 300, -400, 500])  # (units,)

dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)  # (batch, units)
print(y)

expected = x @ kernel + bias
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Random numbers are rounded: the results agree up to a tolerance, in float32
# and in float64. (Only TensorFlow computes a whole layer in float64.)

x_random = rng.normal(size=(10, 2)).astype("float32")
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    layer = keras.layers.Dense(5, bias_initializer="normal", dtype=dtype)
    y_random = keras.ops.convert_to_numpy(layer(x_random))
    kernel_random, bias_random = layer.get_weights()
    expected = x_random @ kernel_random.astype("float64") + bias_random
    print(f"{dtype}: largest error {np.abs(y_random - expected).max():.1e}")
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(
        y_random, expected, rtol=tolerance, atol=tolerance
    )

# %%
# Break it
# --------
# Would you add the bias down the samples instead of along the units? With as
# many samples as units the shapes fit, and NumPy raises no error. Only the
# diagonal is right, where sample and unit have the same number.

five = x[:5]  # as many samples as units
wrong = five @ kernel + bias[:, np.newaxis]
y_five = model.predict(five, verbose=0)
print(y_five == wrong)
assert np.any(y_five != wrong)

# %%
# See it
# ------
# Each column of the product moves by its number in ``b``.

# sphinx_gallery_moving_picture = True
fig = plt.figure(figsize=(6, 3.4), layout="constrained")
axes = fig.subplots(1, 3)
panels = [("x W", x @ kernel), ("b", bias[np.newaxis]), ("y = x W + b", y)]
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values, aspect=0.7, cmap="PuOr", vmin=-3000, vmax=3000)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
