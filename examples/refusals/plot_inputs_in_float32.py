r"""
float32 inputs: Dense rounds them before it multiplies
======================================================

A ``Dense`` layer takes integers, truth values and float64 numbers. Unless you
give it another ``dtype``, it turns them all into ``float32`` first. No error or
warning says so.

.. math:: y = \operatorname{float32}(x) \, W

A ``float32`` has 24 binary digits. So whole numbers up to ``2**24``, which is
16,777,216, are safe. Beyond that, many are rounded.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The kernel subtracts the second feature from the first. Both are large, and
# their difference is small, so it shows what was lost on the way in.

n = np.arange(-8, 9)
large = np.stack([2**24 + n, np.full(17, 2**24)], axis=1)  # (batch, features)
kernel = np.array([[1], [-1]])  # (features, units)

dense = keras.layers.Dense(1, use_bias=False)
dense.build((None, 2))
dense.set_weights([kernel])

# %%
# Compute it
# ----------


def dense_in_float32(x, kernel):
    """A Dense layer without bias, which first rounds its input.

    x: (batch, features), of any type, kernel: (features, units). Returns
    (batch, units).
    """
    return x.astype("float32").astype("float64") @ kernel


# %%
# Check it
# --------
# Each type of input gives ``float32``. In ``float64``, ``1 + 2**-40`` is not 1;
# in ``float32`` it is, so that the difference becomes 0. A missing value (NaN)
# is accepted, too, and makes its own row NaN.

truth_values = large > 2**24
near_one = np.array([[1 + 2.0**-40, 1], [1, 1 - 2.0**-40]])
with_nan = np.array([[1, np.nan], [3, 1]])
for x in (large, truth_values, near_one, with_nan):
    y = keras.ops.convert_to_numpy(dense(x))
    expected = np.float32(dense_in_float32(x, kernel))
    np.testing.assert_array_equal(y, expected, strict=True)
    print(x.dtype, "gives", y.dtype)

# %%
# Break it
# --------
# Would you pass large whole numbers, such as customer numbers or times in
# milliseconds? The differences are not right, although each of them is small.

y = keras.ops.convert_to_numpy(dense(large))
exact = large @ kernel
print("exact:", exact[-4:, 0])
print("Keras:", y[-4:, 0])
assert np.any(y != exact)

# %%
# So subtract in NumPy first, where ``int64`` and ``float64`` hold them exactly.

shifted = large - 2**24
y_shifted = keras.ops.convert_to_numpy(dense(shifted))
np.testing.assert_array_equal(y_shifted, shifted @ kernel)

# %%
# See it
# ------
# Up to ``2**24`` the layer is right. Beyond, ``float32`` holds only every other
# whole number.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.step(n, y[:, 0], "o-", where="mid", label="Dense")
axis.plot(n, n, label="exact")
axis.set(title="Whole numbers beyond 2**24 are rounded on their way in")
axis.set(xlabel="first feature minus 2**24", ylabel="difference of features")
axis.legend()
plt.show()
