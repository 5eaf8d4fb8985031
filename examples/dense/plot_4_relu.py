r"""
relu replaces what is negative by zero
======================================

The activation is the last step of a ``Dense`` layer. The rectifier, ``relu``,
acts on each entry of the sum by itself and keeps what is positive.

.. math:: y = \max(0, x W + b)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------

x = np.random.randint(1, 100, size=(10, 2))  # (batch, features)

inputs = keras.Input(shape=(2,))
dense = keras.layers.Dense(5, activation="relu", bias_initializer="ones")
model = keras.Model(inputs, dense(inputs))

y = model.predict(x, verbose=0)  # (batch, units)
print(y)

# %%
# Compute it
# ----------
# `np.maximum`_ compares entry by entry (``np.max`` would look for the largest
# one).
#
# .. _np.maximum: https://numpy.org/doc/stable/reference/generated/numpy.maximum.html

kernel, bias = dense.get_weights()  # (features, units), (units,)
expected = np.maximum(0, x @ kernel.astype("float64") + bias)
print(expected)

# %%
# Check it
# --------
# ``relu`` rounds nothing and never moves two numbers apart, so the limit is
# that of the sum inside it: one and a half rounding units.

np.testing.assert_equal((y.shape, y.dtype), ((10, 5), np.float32))

magnitude = np.abs(x) @ np.abs(kernel) + np.abs(bias)
rounding_unit = np.finfo("float32").eps * magnitude
error = np.abs(y - expected)
print(f"largest error: {np.max(error / rounding_unit):.2f} rounding units")

np.testing.assert_array_less(error, 1.5 * rounding_unit)

# %%
# Integers make it exact, and this kernel makes sure that the activation has
# something to clip and something to keep.

kernel = np.array([[1, -2, 3, -4, 5], [-6, 7, -8, 9, -10]])
bias = np.array([100, -200, 300, -400, 500])
dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)
print(y)

z = x @ kernel + bias
print("clipped:", np.count_nonzero(z < 0), "kept:", np.count_nonzero(z > 0))

np.testing.assert_array_equal(y, np.maximum(0, z))
np.testing.assert_equal(y.dtype, np.float32)
np.testing.assert_equal((np.any(z < 0), np.any(z > 0)), (True, True))

# %%
# Break it
# --------
# Adding the bias after the activation, taking the absolute value, or leaving
# the activation out gives another result. Entries that are kept may still
# agree; those that are clipped never do.

bias_after = np.maximum(0, x @ kernel) + bias
absolute = np.abs(z)
for wrong in (bias_after, absolute, z):
    print("wrong entries:", np.count_nonzero(y != wrong), "of", y.size)
    np.testing.assert_equal(np.any(y[z < 0] == wrong[z < 0]), False)

# %%
# See it
# ------
# Each point is an entry of the result, over the sum it was made from.

fig, axis = plt.subplots(figsize=(5, 3.6), layout="constrained")
axis.axhline(0, color="gray", linewidth=0.8)
axis.axvline(0, color="gray", linewidth=0.8)
axis.plot(z[z > 0], y[z > 0], "o", label="kept")
axis.plot(z[z < 0], y[z < 0], "s", label="clipped to 0")
axis.set(title="y = max(0, z)", xlabel="z = x W + b", ylabel="y")
axis.legend()
plt.show()
