r"""
What equal means
================

Two programs that compute the same sum need not get the same number, because
both of them round. The pages of this site compare Keras and NumPy in three
ways:

1. Whole numbers are equal to the bit.
2. Other numbers, computed in float64, agree to about 15 digits.
3. Computed in float32, as is usual, they agree to about 7 digits.

The second and the third have the same tolerance. With :math:`\varepsilon`, the
distance from 1 to the next number of the format, it is

.. math::

   \left|y_\text{Keras} - y_\text{NumPy}\right| \le
   1000 \, \varepsilon \left(1 + \left|y_\text{NumPy}\right|\right)

The second half of the page asks how large a rounding error can be at all.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------


def keras_dense(x, kernel, bias, dtype="float32"):
    layer = keras.layers.Dense(bias.size, dtype=dtype)
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, layer(inputs))
    layer.set_weights([kernel, bias])
    return model.predict(x, verbose=0)


# %%
# Compute it
# ----------
# NumPy always computes in float64: then its own rounding does not matter.


def product_and_bias(x, kernel, bias):
    """What a Dense layer computes: (batch, units)."""
    return x.astype("float64") @ kernel + bias


# %%
# Whole numbers: equal to the bit
# -------------------------------
# float32 holds every whole number up to ``2**24``, about 17 million. As long as
# all sums stay below that, nothing is rounded. Then the order of the additions
# makes no difference, and no processor and no library can get another result.
# ``strict=True`` compares shape and dtype as well.

x = rng.integers(-9, 10, size=(32, 16))  # (batch, features)
kernel = rng.integers(-9, 10, size=(16, 8))  # (features, units)
bias = np.arange(1, 9)  # (units,)

y = keras_dense(x, kernel, bias)
expected = np.float32(product_and_bias(x, kernel, bias))
np.testing.assert_array_equal(y, expected, strict=True)

bias_moved = product_and_bias(x, kernel, np.roll(bias, 1))
np.testing.assert_equal(np.any(y == bias_moved), False)

# %%
# Other numbers: float64, then float32
# ------------------------------------
# Real weights are rounded at each step, in an order that depends on the
# processor and the library. In float64 this does not matter: rounding errors
# are far below the tolerance, and mistakes in a formula are far above it.
#
# The inputs are drawn as float32, because ``predict`` rounds them to that.
# Only TensorFlow computes float64 layers in float64 throughout; other backends
# are checked in float32 alone.

x, kernel, bias = (
    rng.normal(size=array.shape).astype("float32")
    for array in (x, kernel, bias)
)
expected = product_and_bias(x, kernel, bias)
mistakes = {
    "no bias": product_and_bias(x, kernel, 0),
    "kernel in float16": product_and_bias(x, kernel.astype("float16"), bias),
    "wrong by a millionth": expected * (1 + 1e-6),
}
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes = ["float64", "float32"]
for dtype in dtypes:
    y = keras_dense(x, kernel, bias, dtype)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_equal(y.dtype.name, dtype)
    error = np.max(np.abs(y - expected))
    print(f"{dtype}: tolerance {tolerance:.0e}, largest error {error:.0e}")

    for name, wrong in mistakes.items():
        passes = np.allclose(wrong, expected, rtol=tolerance, atol=tolerance)
        print(f"  {name}:", "not noticed" if passes else "noticed")
        tiny = name == "wrong by a millionth"
        np.testing.assert_equal(passes, dtype == "float32" and tiny)

# %%
# In float32 a small mistake can hide below the tolerance, so float64 comes
# first.
#
# The tolerance has two parts: ``rtol`` grows with the number itself, and
# ``atol`` does not. Without ``atol``, sums near zero would raise false alarms.
# Their terms cancel, but the rounding errors of the terms do not: here float32
# loses the whole result, with nothing wrong. (If the numbers are much larger or
# smaller than 1, ``atol`` is multiplied by the largest of them.)

one, small = np.float32(1), np.float32(2**-25)
np.testing.assert_equal(one + small - one, 0)

# %%
# How large a rounding error can be
# ---------------------------------
# An operation returns the number nearest to its exact result, so its relative
# error is :math:`\varepsilon/2` at most. An entry of :math:`x W` is a sum of
# :math:`n` products. Each product is rounded once, and then once more in each
# addition it goes through: there are :math:`n - 1` of them, in whatever order.
# So each product meets :math:`n` roundings at most, and the computed sum
# :math:`\hat{y}` is no further from the exact one than
#
# .. math::
#
#    \left|y - \hat{y}\right| \le \frac{n}{2} \, \varepsilon
#    \left(\left|x\right| \left|W\right|\right)
#
# We call :math:`\varepsilon \left|x\right| \left|W\right|`, which is
# :math:`\varepsilon` times the sum of all terms without their signs, the
# **rounding unit** of the entry. The limit is :math:`n/2` rounding units. A
# bias is one more term and one more rounding: :math:`(n + 1)/2`. If two
# operations are *fused* and rounded together, there is one rounding less. That
# the limit needs no terms of higher order was shown by Jeannerod and Rump,
# *Improved error bounds for inner products in floating-point arithmetic*
# (2013). It has conditions: x, W and b are numbers of the format to begin with,
# no product is so small that it underflows, and nothing overflows.
#
# Does the tolerance leave room for that? The layer above has 16 features and a
# bias. In units of :math:`\varepsilon`, its limit is:

limit = 17 / 2 * product_and_bias(np.abs(x), np.abs(kernel), np.abs(bias))
print(f"{limit.min():.0f} to {limit.max():.0f} epsilon, of 1000 or more")
np.testing.assert_array_less(limit, 1000 * (1 + np.abs(expected)))

# %%
# So the check passes on every processor. How close to the limit do layers come?
# Half of these samples and units are random. The others are constant, which is
# hard on rounding, because the errors then tend to have the same sign.


def random_and_constant(rows, columns):
    """A float32 array of shape (rows, columns), the lower half all 0.1."""
    values = rng.normal(size=(rows, columns)).astype("float32")
    values[rows // 2 :] = 0.1
    return values


sizes, largest = [1, 2, 4, 16, 64, 256, 1024], []
for n in sizes:
    x = random_and_constant(128, n)  # (batch, features)
    kernel = random_and_constant(32, n).T  # (features, units)
    layer = keras.layers.Dense(32, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    y = keras.ops.convert_to_numpy(layer(x))
    magnitude = product_and_bias(np.abs(x), np.abs(kernel), 0)
    unit = np.finfo("float32").eps * magnitude
    error = np.abs(y - product_and_bias(x, kernel, 0)) / unit
    np.testing.assert_array_less(error, n / 2)
    largest.append(error.max())
    print(f"{n:5} inputs: {error.max():7.3f} rounding units, limit {n / 2:5}")

# %%
# See it
# ------
# Pages whose subject is rounding use the limit in place of a tolerance.

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
axis.loglog(sizes, [n / 2 for n in sizes], "s--", label="limit, n / 2")
axis.loglog(sizes, largest, "o-", label="largest error of Dense")
axis.set(title="The error of y = x W and its limit")
axis.set(xlabel="inputs of the layer, n", ylabel="rounding units")
axis.legend()
plt.show()
