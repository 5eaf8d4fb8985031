r"""
TF32 would keep 2048 and lose 2049
==================================

Some graphics processors can multiply float32 numbers as TF32: with the eight
exponent bits of float32, but only ten of its 23 bits of fraction. The sums stay
in float32. TensorFlow and JAX do so by default where they run on one, PyTorch
if it is asked to. This page shows that it is off here, and what it would do.

.. math::

   y = \sum_i t(x_i) \, t(W_{ij}) + b, \qquad
   t(v) = 2^{k - 10} \operatorname{round}\left(\frac{v}{2^{k - 10}}\right),
   \quad
   k = \left\lfloor \log_2 |v| \right\rfloor
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A layer of one feature, whose kernel holds whole numbers: its answers are
# products. The largest of them has 24 bits, which float32 holds.

factors = np.array([1, 3, 1025, 2047, 2048, 2049, 4095])  # (units,)
x_numbers = np.arange(1, 4097)

inputs = keras.Input(shape=(1,))
multiply = keras.layers.Dense(7, use_bias=False)
products_model = keras.Model(inputs, multiply(inputs))
multiply.set_weights([factors[np.newaxis, :]])
products = products_model.predict(
    x_numbers[:, np.newaxis], batch_size=4096, verbose=0
)  # (batch, units)

# %%
# And an ordinary layer of many features, with numbers that need all their bits.

kernel = np.random.normal(size=(64, 5)).astype("float32")  # (features, units)
bias = np.random.normal(size=5).astype("float32")  # (units,)
x = np.random.normal(size=(20, 64)).astype("float32")  # (batch, features)

inputs = keras.Input(shape=(64,))
dense = keras.layers.Dense(5)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------
# Of the 23 bits of fraction, 13 are rounded away, to the nearest; of two as
# near, to the even one. Hardware may decide that case differently.


def tf32(values):
    """The nearest numbers with ten bits of fraction."""
    bits = values.astype("float32").view("uint32").astype("int64")
    even = (bits + 0xFFF + (bits >> 13 & 1)) >> 13 << 13
    return even.astype("uint32").view("float32").astype("float64")


expected_products = np.outer(x_numbers, factors)
tf32_products = np.outer(tf32(x_numbers), tf32(factors))
expected = x.astype("float64") @ kernel + bias
tf32_expected = tf32(x) @ tf32(kernel) + bias

# %%
# Check it
# --------
# Keras has each product as it is.

np.testing.assert_equal(
    (products.shape, products.dtype), ((4096, 7), np.float32)
)
np.testing.assert_array_equal(products, expected_products)

# %%
# TF32 has it where both numbers have eleven bits at most, and only there: up to
# 2048 and then, as far as 4096, for the even ones.


def eleven_bits(numbers):
    """Whether TF32 holds these whole numbers, none of them beyond 4096."""
    return (numbers <= 2048) | (numbers % 2 == 0)


same = tf32_products == expected_products
for factor, count in zip(factors, np.count_nonzero(same, axis=0)):
    print(f"TF32 has {count} of 4096 products with {factor}")
held = np.outer(eleven_bits(x_numbers), eleven_bits(factors))
np.testing.assert_array_equal(same, held)

# %%
# The rest have become the nearest even numbers. An odd one lies halfway, and is
# moved to a multiple of four.

odd = x_numbers[~eleven_bits(x_numbers)]
np.testing.assert_array_equal(tf32(odd), 4 * np.rint(odd / 4))
longer = np.array([4097, 4098, 4099, 4101, 4103])  # multiples of four remain
np.testing.assert_array_equal(tf32(longer), [4096, 4096, 4100, 4100, 4104])

# %%
# For sums there is a limit: each of the 64 products is rounded once and then in
# up to 64 sums, the bias among them, by half a rounding unit each time. Keras
# stays within it. TF32 does not.

np.testing.assert_equal((y.shape, y.dtype), ((20, 5), np.float32))

magnitude = np.abs(x).astype("float64") @ np.abs(kernel) + np.abs(bias)
rounding_unit = np.finfo("float32").eps * magnitude
error = np.abs(y - expected)
tf32_error = np.abs(tf32_expected - expected)
print(f"Keras: {np.max(error / rounding_unit):.2f} rounding units,", end=" ")
print(f"TF32: {np.max(tf32_error / rounding_unit):.0f}")

limit = (64 + 1) / 2 * rounding_unit
np.testing.assert_array_less(error, limit)
np.testing.assert_equal(np.mean(tf32_error > limit) > 0.9, True)

# %%
# Break it
# --------
# TF32 is not bfloat16, which keeps three bits less. And to round the answer,
# instead of what is multiplied, is something else again.

rounded_answer = tf32(expected)
moved = np.abs(rounded_answer - expected)
print(f"answer rounded: {np.max(moved / rounding_unit):.0f} rounding units")
np.testing.assert_equal(np.any(rounded_answer == tf32_expected), False)


def bfloat16(values):
    bits = values.view("uint32").astype("int64")
    even = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16
    return even.astype("uint32").view("float32").astype("float64")


bfloat16_error = np.abs(bfloat16(x) @ bfloat16(kernel) + bias - expected)
times = np.sqrt(np.mean(bfloat16_error**2) / np.mean(tf32_error**2))
print(f"bfloat16: {times:.1f} times the error of TF32")
np.testing.assert_equal(4 < times < 16, True)

# %%
# See it
# ------
# Each answer once as Keras computes it, and once as TF32 would.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.axhline(65 / 2, color="gray", label="limit")
for name, errors in {"TF32": tf32_error, "Keras": error}.items():
    color = "C1" if name == "TF32" else "C0"
    units = (errors / rounding_unit).ravel()
    axis.plot(units, "o", color=color, markersize=4, label=name)
axis.set(title="TF32: nearly every answer beyond the limit", yscale="log")
axis.set(xlabel="answer", ylabel="error in rounding units")
fig.legend(loc="outside lower center", ncols=3)
plt.show()
