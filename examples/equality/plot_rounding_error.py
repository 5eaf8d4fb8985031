r"""
Rounding error of a sum: at most n/2 rounding units
===================================================

However a processor adds up the ``n`` terms of ``x W + b``, the products and the
bias, the rounding error stays below a limit that you can compute.

.. math::

   \left|y - \hat{y}\right| \le \frac{n}{2} \, \varepsilon
   \left(\left|x\right| \left|W\right| + \left|b\right|\right)

Here :math:`\hat{y}` is the computed sum, :math:`y` the exact one, and
:math:`\varepsilon` is the distance from 1 to the next number of the format. The
**rounding unit** is :math:`\varepsilon` times the sum of the terms' sizes.

Why n/2? An operation returns the number nearest to its exact result, so its
relative error is :math:`\varepsilon/2` at most. A term goes through at most n
of them: a multiplication and, in whatever order, n - 1 additions.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Half of the samples and units are constant, which is hard on rounding: the
# errors then tend to have the same sign.

all_x = rng.normal(size=(128, 1024)).astype("float32")  # (batch, features)
all_x[64:] = 0.1
all_kernel = rng.normal(size=(1024, 32)).astype("float32")  # (features, units)
all_kernel[:, 16:] = 0.1
bias = rng.normal(size=32).astype("float32")  # (units,)


def keras_dense(x, kernel, bias):
    layer = keras.layers.Dense(bias.size)
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    return keras.ops.convert_to_numpy(layer(x))


# %%
# Compute it
# ----------


def rounding_limit(x, kernel, bias=None, dtype="float32"):
    """How far x @ kernel + bias may be from the exact result: (batch, units).

    x: (batch, features), kernel: (features, units), bias: (units,), numbers of
    the dtype, without over- or underflow. No terms of higher order are needed:
    Jeannerod and Rump, Improved error bounds for inner products in
    floating-point arithmetic (2013).
    """
    terms = len(kernel)
    magnitude = np.abs(x).astype("float64") @ np.abs(kernel)
    if bias is not None:
        terms = terms + 1
        magnitude = magnitude + np.abs(bias)
    return terms / 2 * np.finfo(dtype).eps * magnitude


# %%
# Check it
# --------
# By hand, for the first unit, in multiples of epsilon: two products of size 3
# and 8 make 2 / 2 * 11 = 11, three terms with a bias of 5 make 3 / 2 * 16 = 24.

eps = np.finfo("float32").eps
x, kernel = np.array([[1, -2]]), np.array([[3, 0], [-4, 1]])
np.testing.assert_equal(rounding_limit(x, kernel) / eps, [[11, 2]])
limit = rounding_limit(x, kernel, np.array([5, -6]))
np.testing.assert_equal(limit / eps, [[24, 12]])

# %%
# How close to the limit do layers come? NumPy's float64 stands for the exact
# result. For 16 terms, as on many pages, the limit is below their tolerance.

sizes = [2, 4, 16, 64, 256, 1024]  # terms
largest = []  # errors in rounding units
for n in sizes:
    x, kernel = all_x[:, : n - 1], all_kernel[: n - 1]
    expected = x.astype("float64") @ kernel + bias
    error = np.abs(keras_dense(x, kernel, bias) - expected)
    limit = rounding_limit(x, kernel, bias)
    np.testing.assert_array_less(error, limit)
    largest.append(np.max(error / limit) * n / 2)
    print(f"{n:5} terms: {largest[-1]:.3f} rounding units, limit {n / 2}")
    if n == 16:
        tolerance = 1000 * eps * (1 + np.abs(expected))
        np.testing.assert_array_less(limit, tolerance)

# %%
# Break it
# --------
# Would you leave out the absolute values? Not where terms cancel: here float32
# rounds ``1 + 2**-25`` to 1 and loses the whole result, ``2**-25``.

one, small = np.float32(1), np.float32(2**-25)
error = np.abs((one + small - one) - 2**-25)
print(f"The error is {error / 2**-25:.0%} of the result")
assert error > 3 / 2 * eps * 2**-25

# %%
# See it
# ------
# Pages whose subject is rounding use the limit in place of a tolerance.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.loglog(sizes, np.array(sizes) / 2, "s--", label="limit, n / 2")
axis.loglog(sizes, largest, "o-", label="largest error of Dense")
axis.set(title="Error of a sum", xlabel="terms, n", ylabel="rounding units")
axis.legend()
plt.show()
