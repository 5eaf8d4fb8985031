r"""
TF32: float32 inputs with ten bits of fraction
==============================================

Some graphics processors multiply float32 numbers as TF32. They keep only ten of
the 23 bits of the fraction, and sum in float32. TensorFlow and JAX use this by
default there, PyTorch if you ask for it. On a CPU, Keras does not use it.

.. math::

   y &= \sum_i t(x_i) \, t(W_{ij}) + b \\
   t(v) &= 2^{k - 10} \operatorname{round}\left(\frac{v}{2^{k - 10}}\right),
   \quad
   k = \left\lfloor \log_2 |v| \right\rfloor
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# With one feature and no bias, a layer only multiplies. These products have up
# to 24 bits, which float32 holds.

factors = np.array([1, 3, 1025, 2047, 2048, 2049, 4095])  # (units,)
numbers = np.arange(1, 4097)[:, np.newaxis]  # (batch, 1)
multiply = keras.layers.Dense(7, use_bias=False)
multiply.build((None, 1))
multiply.set_weights([factors[np.newaxis]])
products = keras.ops.convert_to_numpy(multiply(numbers))  # (batch, units)

# A second layer has many features, and numbers that need all their bits.
x = np.float32(rng.normal(size=(20, 64)))  # (batch, features)
kernel = np.float32(rng.normal(size=(64, 5)))  # (features, units)
bias = np.float32(rng.normal(size=5))  # (units,)
inputs = keras.Input(shape=(64,))
dense = keras.layers.Dense(5)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------
# This clears the last 13 bits, after it has rounded to the nearest number. Of
# two equally near, it takes the even one. Hardware may decide that differently.


def tf32(values):
    """The nearest numbers of TF32, as float64 (NVIDIA, A100 whitepaper, 2020).

    values: finite numbers of any shape, which are first cast to float32.
    """
    bits = np.asarray(values, "float32").view("uint32").astype("int64")
    bits = (bits + 0xFFF + (bits >> 13 & 1)) >> 13 << 13
    return bits.astype("uint32").view("float32").astype("float64")


expected = x.astype("float64") @ kernel + bias
with_tf32 = tf32(x) @ tf32(kernel) + bias

# %%
# Check it
# --------
# Keras has each product exactly.

exact = numbers * factors
np.testing.assert_array_equal(products, np.float32(exact), strict=True)

# %%
# TF32 would have it only where it holds both factors. Up to 4096, these are the
# whole numbers up to 2048 and the even ones. An odd number beyond 2048 lies
# halfway and becomes a multiple of four. From 4096 on, all numbers do.

held = (numbers <= 2048) | (numbers % 2 == 0)
held_factors = (factors <= 2048) | (factors % 2 == 0)
same = tf32(numbers) * tf32(factors) == exact
np.testing.assert_array_equal(same, held & held_factors)
odd = numbers[~held]
np.testing.assert_array_equal(tf32(odd), 4 * np.rint(odd / 4))
np.testing.assert_array_equal(tf32([4097, 4098, -4099]), [4096, 4096, -4100])

# %%
# In the second layer, Keras rounds 64 products and up to 64 sums of them, by
# half a unit at most each time. So 65 / 2 units limit the error of a result.

unit = np.finfo("float32").eps * (np.abs(x) @ np.abs(kernel) + np.abs(bias))
error = np.abs(y - expected) / unit
tf32_error = np.abs(with_tf32 - expected) / unit
print(f"units: Keras {error.max():.2f}, TF32 {tf32_error.max():.0f}")
np.testing.assert_array_less(error, 65 / 2)

# %%
# Break it
# --------
# Would TF32 stay within the limit, too? Almost never. Would you get the same if
# you rounded only the result? No.

assert np.mean(tf32_error > 65 / 2) > 0.9
assert not np.allclose(tf32(expected), with_tf32, rtol=1e-5, atol=1e-5)

# %%
# See it
# ------
# Each result once as Keras computes it, and once as TF32 would.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.axhline(65 / 2, color="gray", label="limit")
axis.plot(tf32_error.ravel(), "s", markersize=4, label="TF32")
axis.plot(error.ravel(), "o", markersize=4, label="Keras on this processor")
axis.set(title="TF32: nearly every result beyond the limit", yscale="log")
axis.set(xlabel="entry of y", ylabel="error in rounding units")
fig.legend(loc="outside lower center", ncols=3)
plt.show()
