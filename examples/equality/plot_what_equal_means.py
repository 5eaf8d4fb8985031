r"""
What equal means: to the bit, or up to a tolerance
==================================================

Two programs that compute the same sum need not get the same number, because
both of them round. The pages of this site compare Keras and NumPy in three
ways:

1. Whole numbers must be equal to the bit.
2. Other numbers, computed in float64, must agree to about 12 digits. Usually
   they agree to more.
3. Computed in float32, they must agree to about 4 digits.

The second and the third have the same formula for the tolerance, and some pages
are stricter. With :math:`\varepsilon`, the distance from 1 to the next number
of the format, it is

.. math::

   \left|y_\text{Keras} - y_\text{NumPy}\right| \le
   1000 \, \varepsilon \left(1 + \left|y_\text{NumPy}\right|\right)
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
# NumPy computes in float64 here, so that its own rounding hardly matters.


def product_and_bias(x, kernel, bias):
    """What a Dense layer computes: (batch, units)."""
    return x.astype("float64") @ kernel + bias


# %%
# Check it
# --------
# **Whole numbers: equal to the bit.** float32 holds every whole number up to
# ``2**24``. As long as all sums stay below that, nothing is rounded. Then the
# order of the additions makes no difference, and every processor that
# multiplies in float32 gets the same result. (TF32 on graphics cards does, too,
# for inputs and weights up to ``2**11``.) ``strict=True`` compares shape and
# dtype as well.

x = rng.integers(-9, 10, size=(32, 16))  # (batch, features)
kernel = rng.integers(-9, 10, size=(16, 8))  # (features, units)
bias = np.arange(1, 9)  # (units,)

y = keras_dense(x, kernel, bias)
expected = np.float32(product_and_bias(x, kernel, bias))
np.testing.assert_array_equal(y, expected, strict=True)

# %%
# **Other numbers: float64, then float32.** Real weights are rounded at each
# step, in an order that depends on the processor and the library. In float64
# this does not matter: rounding errors are far below the tolerance, mistakes in
# a formula are far above it.
#
# The inputs are drawn as float32, because ``predict`` rounds them to that. Only
# TensorFlow computes float64 layers in float64 throughout. With other backends
# the pages check in float32 alone, and a small mistake can hide.


def largest_error(y, expected):
    """The smallest tolerance, as rtol and as atol, with which y would pass."""
    return np.max(np.abs(y - expected) / (1 + np.abs(expected)))


x = rng.normal(size=(32, 16)).astype("float32")
kernel = rng.normal(size=(16, 8)).astype("float32")
bias = rng.normal(size=8).astype("float32")
expected = product_and_bias(x, kernel, bias)

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes = ["float64", "float32"]
errors = {}
for dtype in dtypes:
    y = keras_dense(x, kernel, bias, dtype)
    np.testing.assert_equal(y.dtype.name, dtype)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)
    errors[f"rounding in {dtype}"] = largest_error(y, expected)
    print(f"{dtype}: {largest_error(y, expected):.0e} of {tolerance:.0e}")

# %%
# The tolerance has two parts: ``rtol`` grows with the number itself, ``atol``
# does not. It is there for sums near zero, whose terms cancel. The rounding
# errors of the terms do not cancel: below, float32 rounds ``1 + 2**-25`` to 1,
# and loses the whole result, although nothing is wrong. (On pages whose numbers
# are much larger or smaller than 1, ``atol`` is multiplied by the largest.)

one, small = np.float32(1), np.float32(2**-25)
np.testing.assert_equal(one + small - one, 0)  # and not 2**-25

# %%
# Break it
# --------
# Would these mistakes be noticed? In float64, all of them. In float32, not the
# last.

mistakes = {
    "bias moved by one unit": product_and_bias(x, kernel, np.roll(bias, 1)),
    "kernel in float16": product_and_bias(x, kernel.astype("float16"), bias),
    "wrong by a millionth": expected * (1 + 1e-6),
}
tolerance_32 = 1000 * np.finfo("float32").eps
tolerance_64 = 1000 * np.finfo("float64").eps
for name, wrong in mistakes.items():
    errors[name] = largest_error(wrong, expected)
    print(f"{name}: {errors[name]:.0e}")
    assert errors[name] > tolerance_64
assert errors["kernel in float16"] > tolerance_32
assert errors["wrong by a millionth"] < tolerance_32

# %%
# See it
# ------
# What is left of a line passes the check. The page "Rounding error of a sum"
# asks how large the rounding of a sum can be at all.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
visible = np.maximum(list(errors.values()), 1e-17)  # a log axis has no zero
axis.semilogx(visible, list(errors), "o")
axis.axvline(tolerance_64, color="C1", linestyle="--")
axis.axvline(tolerance_32, color="C2", linestyle="--")
axis.text(tolerance_64, 4.6, "float64's tolerance ", color="C1", ha="right")
axis.text(tolerance_32, 4.6, "float32's tolerance ", color="C2", ha="right")
axis.set(title="Rounding is far from mistakes in float64", ylim=(-0.5, 5.2))
axis.set(xlabel="largest error", xlim=(1e-20, 100))
plt.show()
