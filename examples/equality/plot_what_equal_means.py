r"""
What equal means
================

Two programs that compute the same sum need not get the same float32 number, but
how far apart they can be is known beforehand. The pages of this site use that
limit as their tolerance, or none at all. Here :math:`y` is exact and
:math:`\hat{y}` is what a layer of :math:`n` inputs computes:

.. math::

   \left|y - \hat{y}\right| \le \frac{n}{2} \, \varepsilon
   \left(\left|x\right| \left|W\right|\right)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Where the limit comes from
# --------------------------
# The distance from 1 to the next float32 is :math:`\varepsilon = 2^{-23}`. An
# operation returns the float32 number nearest to its exact result, so its
# relative error is :math:`\varepsilon/2` at most.
#
# An entry of :math:`y = x W` is a sum of :math:`n` products. Whatever the
# order, each product is rounded once itself and then once in each addition it
# goes through, of which there are :math:`n - 1` at most: :math:`n` roundings,
# of :math:`\varepsilon/2` each, of something no larger than the sum of the
# absolute values. That sum is an entry of :math:`\left|x\right|
# \left|W\right|`. We call :math:`\varepsilon \left|x\right| \left|W\right|` the
# **rounding unit** of the entry, and the limit is :math:`n/2` rounding units.
#
# A bias joins the absolute values, :math:`\left|x\right| \left|W\right| +
# \left|b\right|`, and adds a rounding: :math:`(n + 1)/2`. An operation that is
# *fused* with the next leaves a rounding out, and stays within the limit. That
# the formula needs no terms of higher order was shown by Jeannerod and Rump,
# *Improved error bounds for inner products in floating-point arithmetic*
# (2013).
#
# It has conditions: inputs and weights must be float32 numbers to begin with,
# no product may underflow, nothing may overflow, and the NumPy side computes in
# float64, whose own rounding is then too small to count.

# %%
# Build it
# --------
# Layers with more and more inputs. Half of the samples, and half of the units,
# are random; the others are constant, which is hard on rounding: the errors
# then tend to share a sign.


def random_and_constant(rows, columns):
    """A float32 array of shape (rows, columns), the lower half all 0.1."""
    values = np.random.normal(size=(rows, columns)).astype("float32")
    values[rows // 2 :] = 0.1
    return values


def dense_model(features, units):
    """A model of one Dense layer without a bias."""
    inputs = keras.Input(shape=(features,))
    dense = keras.layers.Dense(units, use_bias=False)
    return keras.Model(inputs, dense(inputs))


sizes = [1, 2, 4, 16, 64, 256, 1024]
cases = {}
for n in sizes:
    x = random_and_constant(128, n)  # (batch, features)
    kernel = random_and_constant(32, n).T  # (features, units)
    model = dense_model(n, 32)
    model.layers[-1].set_weights([kernel])
    cases[n] = x, kernel, model.predict(x, verbose=0)

# %%
# Compute it
# ----------

expected = {}
for n, (x, kernel, _) in cases.items():
    expected[n] = x @ kernel.astype("float64")

# %%
# Check it
# --------


def errors(n, y):
    """Each entry's distance from the expected one, in rounding units."""
    x, kernel, _ = cases[n]
    magnitude = np.abs(x) @ np.abs(kernel).astype("float64")
    return np.abs(y - expected[n]) / (np.finfo("float32").eps * magnitude)


largest = []
for n, (x, kernel, y) in cases.items():
    np.testing.assert_equal((y.shape, y.dtype), ((128, 32), np.float32))
    error = errors(n, y)
    largest.append(error.max())
    print(f"{n:5} inputs: {error.max():7.3f} rounding units, limit {n / 2:5}")
    np.testing.assert_array_less(error, n / 2)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
axis.loglog(sizes, [n / 2 for n in sizes], "s--", label="limit, n / 2")
axis.loglog(sizes, largest, "o-", label="largest error of model.predict")
axis.set(title="The error of y = x W and its limit")
axis.set(xlabel="inputs of the layer, n", ylabel="rounding units")
axis.legend()
plt.show()

# %%
# Break it
# --------
# A fixed relative tolerance does worse. Where positive and negative products
# cancel, the sum is small and its relative error large, with nothing wrong:

y = cases[1024][2]
alarms = np.count_nonzero(~np.isclose(y, expected[1024], rtol=1e-5, atol=0))
print("false alarms of rtol=1e-5:", alarms, "of", y.size)

np.testing.assert_equal(alarms > 0, True)

# %%
# A wider tolerance lets a real fault through. TF32, a format of graphics
# processors, keeps 10 of the 23 bits of a float32's fraction. With
# ``rtol=1e-3`` it passes the narrowest layer. The limit notices it in every
# layer but the widest, on the random half of our data.


def tf32(values):
    """float32 values rounded to the 10 bits of fraction that TF32 keeps."""
    bits = np.ascontiguousarray(values).view("uint32")
    return ((bits + 0x1000) & 0xFFFFE000).view("float32")


caught = {}
for n, (x, kernel, _) in cases.items():
    y_tf32 = tf32(x) @ tf32(kernel).astype("float64")
    random_half = errors(n, y_tf32)[:64, :16]
    caught[n] = bool(np.any(random_half > n / 2))
    print(f"{n:5} inputs: TF32", "caught" if caught[n] else "not noticed")
    if n == 1:
        np.testing.assert_equal(np.allclose(y_tf32, expected[n], 1e-3, 0), True)

np.testing.assert_equal([caught[n] for n in sizes if n <= 256], [True] * 6)

# %%
# The wider the layer, the weaker the limit. So wide layers are checked exactly
# as well: float32 holds integers up to ``2**24`` without rounding, all sums
# here stay below it, and the two results must be equal to the bit. Inputs up to
# 3000 take more bits than TF32 keeps, so that it is noticed here too.

x = np.random.randint(-3000, 3001, size=(16, 1024))
kernel = np.random.randint(-3, 4, size=(1024, 32))
model = dense_model(1024, 32)
model.layers[-1].set_weights([kernel])
y = model.predict(x, verbose=0)

y_tf32 = tf32(x.astype("float32")) @ kernel
print("right entries with TF32:", np.count_nonzero(y == y_tf32), "of", y.size)

np.testing.assert_equal((y.shape, y.dtype), ((16, 32), np.float32))
np.testing.assert_array_equal(y, x @ kernel)
np.testing.assert_equal(np.array_equal(y, y_tf32), False)

# %%
# Functions of a sum
# ------------------
# An activation multiplies the distance between two numbers by its largest slope
# at most, and rounds what it computes: the pages about activations allow four
# rounding units of that. ``relu`` has slope 1 and rounds nothing, so the limit
# stays that of the sum inside it. Shape and dtype are part of equality
# everywhere.
