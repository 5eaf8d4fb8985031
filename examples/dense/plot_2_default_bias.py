r"""
The default bias changes nothing yet
====================================

A ``Dense`` layer has a bias unless told otherwise, and it starts as zeros:
until training moves it, the result is that of a layer without one.

.. math:: y = x W + b, \quad b = 0
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# ``use_bias`` is ``True`` when it is left out.

x = np.random.randint(1, 100, size=(10, 2))  # (batch, features)

inputs = keras.Input(shape=(2,))
dense = keras.layers.Dense(5)
model = keras.Model(inputs, dense(inputs))

y = model.predict(x, verbose=0)  # (batch, units)
print(y)

# %%
# The layer now holds two arrays: a kernel, and a bias with one entry per unit.

kernel, bias = dense.get_weights()  # (features, units), (units,)
print(bias)

np.testing.assert_array_equal(bias, np.zeros(5))
np.testing.assert_equal(dense.count_params(), 2 * 5 + 5)

# %%
# Compute it
# ----------
# Adding zeros is part of the formula, though it adds nothing.

expected = x @ kernel.astype("float64") + bias
print(expected)

# %%
# Check it
# --------
# Adding zero is exact, so one rounding unit is still the limit, as without a
# bias.

np.testing.assert_equal((y.shape, y.dtype), ((10, 5), np.float32))

rounding_unit = np.finfo("float32").eps * (np.abs(x) @ np.abs(kernel))
error = np.abs(y - expected)
print(f"largest error: {np.max(error / rounding_unit):.2f} rounding units")

np.testing.assert_array_less(error, 1.0 * rounding_unit)

# %%
# A second layer has no bias at all. Both get the same kernel of small integers,
# which leave float32 nothing to round: they agree with NumPy, and so with each
# other, to the bit.

plain = keras.layers.Dense(5, use_bias=False)
plain_model = keras.Model(inputs, plain(inputs))
kernel = np.arange(1, 11).reshape(2, 5)
dense.set_weights([kernel, bias])
plain.set_weights([kernel])
y = model.predict(x, verbose=0)
y_plain = plain_model.predict(x, verbose=0)
added_at_first = y - y_plain

np.testing.assert_equal((y_plain.shape, y_plain.dtype), (y.shape, y.dtype))
np.testing.assert_array_equal(y, y_plain)
np.testing.assert_array_equal(y_plain, x @ kernel)

# %%
# Break it
# --------
# Zero is only where the bias starts: the first layer can learn one, and the
# second cannot. Here we set one by hand, and the results differ by exactly that
# bias.

bias = np.array([0, -20, 40, -60, 80])
dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)
print("bias:", y[0] - y_plain[0])

np.testing.assert_array_equal(y, x @ kernel + bias)
np.testing.assert_equal(y.dtype, np.float32)

# %%
# See it
# ------
# What the bias adds to each entry of the result: nothing at first, then the
# same number to a whole column.

panels = {"b = 0, as built": added_at_first, "b set by hand": y - y_plain}
fig, axes = plt.subplots(1, 2, figsize=(5, 3.6), layout="constrained")
for axis, (name, values) in zip(axes, panels.items()):
    axis.imshow(values, cmap="PuOr", vmin=-100, vmax=100)
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if abs(value) > 55 else "black"
        text = axis.text(column, row, f"{value:.0f}", color=shade)
        text.set(horizontalalignment="center", verticalalignment="center")
plt.show()
