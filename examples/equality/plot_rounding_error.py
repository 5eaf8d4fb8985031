r"""
Rounding error of a sum: at most n/2 rounding units
===================================================

Floating-point numbers have a limited precision. How far may a float32 sum be
from the exact one, if nothing is wrong? The sum ``x W + b`` has ``n`` terms:
the products and the bias. In whatever order a processor adds them up, the
error stays below a limit that you can compute.

.. math::

   \left|y - \hat{y}\right| \le \frac{n}{2} \, \varepsilon
   \left(\left|x\right| \left|W\right| + \left|b\right|\right)

Here :math:`\hat{y}` is the computed sum and :math:`y` the exact one.
:math:`\varepsilon`, the *machine epsilon*, is the distance from 1 to the next
number of the format: the *ulp* (unit in the last place) of 1. Half of it is the
*unit roundoff*. On this site, the **rounding unit** is :math:`\varepsilon`
times the sum of the terms' sizes.

Why n/2? An operation returns the number nearest to its exact result, so its
relative error is :math:`\varepsilon/2` at most. A term goes through at most n
of them: a multiplication and, in whatever order, n - 1 additions.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Half of the samples and units are constant, which is hard on rounding: the
# errors then tend to have the same sign.

rng = np.random.default_rng(313)
x = rng.normal(size=(128, 1024)).astype("float32")  # (batch, features)
x[64:] = 0.1
kernel = rng.normal(size=(1024, 32)).astype("float32")  # (features, units)
kernel[:, 16:] = 0.1
bias = rng.normal(size=32).astype("float32")  # (units,)
dense = keras.layers.Dense(32)
dense.build(x.shape)
dense.set_weights([kernel, bias])
y = keras.ops.convert_to_numpy(dense(x))

# %%
# Compute it
# ----------
# The sum of the terms' sizes is the same sum, of absolute values. (Errors are
# rounded again. The limit still holds, as Jeannerod and Rump have shown.)

eps = np.finfo("float32").eps
print("machine epsilon of float32:", eps)


def rounding_limit(x, kernel, bias):
    sizes = np.abs(x) @ np.abs(kernel) + np.abs(bias)  # (batch, units)
    n = len(kernel) + 1  # the products and the bias
    return n / 2 * eps * sizes


# %%
# Check it
# --------
# By hand, first: two products of size 3 and 8, and a bias of 5, make 3/2 * 16 =
# 24. Then the layer. NumPy's float64 stands for the exact result. In practice
# most errors cancel: even the largest is far below the limit.

small = np.array([[1, -2]]), np.array([[3, 0], [-4, 1]]), np.array([5, -6])
np.testing.assert_equal(rounding_limit(*small) / eps, [[24, 12]])
error = np.abs(y - (x.astype("float64") @ kernel + bias))
limit = rounding_limit(x.astype("float64"), kernel, bias)
print(f"largest error: {np.max(error / limit):.1%} of the limit")
np.testing.assert_array_less(error, limit)

# %%
# Break it
# --------
# Suppose you compare the error with the result, rather than with the sizes of
# its terms. Where terms cancel, that fails. In ``1 + 2**-25 - 1``, float32
# rounds the first sum to 1, and so loses the whole result, ``2**-25``.

one, small = np.float32(1), np.float32(2**-25)
error = np.abs((one + small - one) - small)
right, wrong = 3 / 2 * eps * (1 + small + 1), 3 / 2 * eps * small
print("error:", error, "limit, right:", right, "wrong:", wrong)
assert wrong < error <= right

# %%
# See it
# ------
# Sums of the first n products.
counts = 2 ** np.arange(1, 11)
largest = []
for n in counts:
    error = x[:, :n] @ kernel[:n] - x[:, :n].astype("float64") @ kernel[:n]
    sizes = np.abs(x[:, :n]) @ np.abs(kernel[:n])
    largest.append(np.max(np.abs(error) / sizes) / eps)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.loglog(counts, counts / 2, "s--", label="limit, n / 2")
axis.loglog(counts, largest, "o-", label="largest error")
axis.set(title="Error of a sum", xlabel="terms, n", ylabel="rounding units")
axis.legend()
plt.show()
