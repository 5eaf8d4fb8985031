r"""
bfloat16 and float16: processors differ in the last bits
========================================================

The last bits of a ``Dense`` layer of 16 bits depend on the processor. There are
three ways from its sums, which are in float32, to its output.

.. math::

   y &= r\left(r(z) + b\right) & &\text{ rounded twice} \\
   y &= r\left(c(z) + b\right) & &\text{ cut off, then rounded} \\
   y &= r\left(z + b\right) & &\text{ rounded once}

From the sum of products :math:`z`, :math:`r` rounds to 16 bits and :math:`c`
cuts off what does not fit. Calling the layer takes the first or second way.
``predict`` compiles the model, and may take the third.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.precision import bfloat16, float16

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Whole numbers up to 127 times a power of two need no rounding. float32 adds
# their products exactly, so only :math:`z` and :math:`y` are rounded.

x = rng.integers(-127, 128, size=(40, 8))  # (batch, features)
kernel = rng.integers(-127, 128, size=(8, 5)) / 16  # (features, units)
bias = rng.integers(-127, 128, size=5) * 16  # (units,)


def keras_dense(dtype):
    """What the layer and ``predict`` return, (batch, units) each."""
    inputs = keras.Input(shape=(8,))
    dense = keras.layers.Dense(5, dtype=dtype)
    model = keras.Model(inputs, dense(inputs))
    dense.set_weights([kernel, bias])
    called = keras.ops.convert_to_numpy(keras.ops.cast(dense(x), "float32"))
    predicted = model.predict(x, batch_size=len(x), verbose=0)
    return called, predicted.astype("float32")


# %%
# Compute it
# ----------
# float32 has 23 bits for the fraction, ``bfloat16`` 7 and ``float16`` 10.

from keras_by_hand.precision import cut_off


def three_ways(z, bias, rounded, fraction_bits):
    """y, (batch, units), rounded twice, cut off, and rounded once."""
    twice = rounded(rounded(z) + bias)
    cut = rounded(cut_off(z, fraction_bits) + bias)
    return twice, cut, rounded(z + bias)


# %%
# Check it
# --------
# Each entry takes one of these ways. The printout shows which, on this machine:
# the share of entries that ``dense(x)`` and ``predict`` compute in each way.

assert np.finfo("float32").nmant == 23
np.testing.assert_array_equal(cut_off([259, -259], 7), [258, -258])
z = x @ kernel
for dtype, rounded, fraction_bits in [
    ("float16", float16, 10),
    ("bfloat16", bfloat16, 7),
]:
    called, predicted = keras_dense(dtype)
    twice, cut, once = three_ways(z, bias, rounded, fraction_bits)
    possible = (called == twice) | (called == cut)
    np.testing.assert_array_equal(possible, True)
    possible = (predicted == twice) | (predicted == cut) | (predicted == once)
    np.testing.assert_array_equal(possible, True)
    for way, y in [("twice", twice), ("cut off", cut), ("once", once)]:
        print(dtype, way, np.mean(y == called), np.mean(y == predicted))

# %%
# Break it
# --------
# Would you allow an error of one last bit of y? Where the bias cancels most of
# z, the last bit of z is much larger. Allow one of each.


def last_bit(values, fraction_bits):
    """The value of the last bit, for numbers of this size."""
    return 2.0 ** (np.frexp(values)[1] - 1 - fraction_bits)


exact = z + bias
y = np.stack(three_ways(z, bias, bfloat16, 7))  # (ways, batch, units)
error = np.abs(y - exact)
allowed = last_bit(z, 7) + last_bit(exact, 7)
np.testing.assert_array_less(error / allowed, 1)
twice, cut, once = error / last_bit(exact, 7)
print("largest errors, in last bits of y:", twice.max(), cut.max(), once.max())
assert np.any(twice > 1) and np.any(cut > 1)

# %%
# See it
# ------
# The more of z the bias cancels, the more last bits are lost.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for way, error in [("cut off", cut), ("twice", twice), ("once", once)]:
    axis.loglog(np.abs(z / exact).ravel(), error.ravel(), ".", label=way)
axis.set(title="Rounding z costs last bits where the bias cancels it")
axis.set(xlabel="|z| / |z + b|", ylabel="error in last bits of y")
axis.legend()
plt.show()
