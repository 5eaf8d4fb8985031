r"""
float8: the numbers e4m3 and e5m2
=================================

A layer in float8 rounds its input and its kernel to numbers of eight bits:
*e4m3*, with 4 bits of exponent and 3 of fraction. In training it rounds
gradients to *e5m2*, with 5 and 2 bits.

.. math::

   (-1)^s \; 2^{e - B} \left(1 + \frac{f}{2^p}\right)

with a sign :math:`s`, an exponent :math:`e` and a fraction :math:`f` of
:math:`p` bits. With n bits of exponent, :math:`B = 2^{n - 1} - 1`. Where
:math:`e = 0`, the 1 is left out and the power is :math:`2^{1 - B}`. e4m3 ends
at 448, and e5m2 at 57344. What is larger becomes the largest number.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A layer with a kernel of 1 returns its input, rounded to e4m3. For e5m2 there
# is a function in Keras.


def keras_e4m3(x):
    policy = "float8_from_float32"
    ones = keras.layers.Dense(1, kernel_initializer="ones", dtype=policy)
    return keras.ops.convert_to_numpy(ones(x[:, np.newaxis]))[:, 0]


def keras_e5m2(x):
    kind = "float8_e5m2"
    y = keras.quantizers.quantize_and_dequantize(x, 1.0, kind, "float32")
    return keras.ops.convert_to_numpy(y)


x = np.array([0.3, 17, 1000, 100000], "float32")  # (numbers,)
print("e4m3:", keras_e4m3(x))
print("e5m2:", keras_e5m2(x))

inputs = np.array([0.3, 17, -1000, 0.0025], "float32")  # for e4m3, below

# %%
# Compute it
# ----------
# For e4m3, ``np.clip`` keeps numbers within -448 and 448. ``np.frexp`` finds
# the power of two in a number. Numbers next to zero have the same power, -6, so
# they are equally spaced. With 3 bits of fraction there are 8 steps from one
# power of two to the next. Round to a whole number of steps.

clipped = np.clip(inputs, -448, 448)
power = np.maximum(np.frexp(clipped)[1] - 1, -6)
step = 2.0 ** (power - 3)
by_hand = np.rint(clipped / step) * step

# %%
# The whole functions take both formats, and a scale. Here -6 is called
# ``lowest``.

from keras_by_hand.quantization import quantize_and_dequantize, round_bits

# %%
# Check it
# --------
# Try all numbers of both formats, their middles, what lies just below the
# middles, and numbers twice as large.


def all_numbers(exponent_bits, fraction_bits, count):
    """The first count numbers of a format, from 0 up."""
    exponent, fraction = np.divmod(np.arange(count), 2**fraction_bits)
    power = np.maximum(exponent, 1) - (2 ** (exponent_bits - 1) - 1)
    return 2.0**power * ((exponent > 0) + fraction / 2**fraction_bits)


np.testing.assert_array_equal(keras_e4m3(inputs), by_hand)

for kind, keras_rounded, numbers in [
    ("float8_e4m3fn", keras_e4m3, all_numbers(4, 3, count=127)),
    ("float8_e5m2", keras_e5m2, all_numbers(5, 2, count=124)),
]:
    middles = (numbers[1:] + numbers[:-1]) / 2
    x = np.concatenate([numbers, middles, 0.999 * middles, 2 * numbers])
    x = np.concatenate([x, -x]).astype("float32")
    y = keras_rounded(x)
    np.testing.assert_array_equal(y, quantize_and_dequantize(x, 1, kind))
    np.testing.assert_array_equal(np.unique(np.abs(y)), numbers)
    print(f"{kind}: smallest {numbers[1]:.1e}, largest {numbers[-1]:.0f}")

# %%
# Break it
# --------
# Would you only shorten the fraction? 1000 becomes 1024, but e4m3 ends at 448.

y = keras_e4m3(np.array([1000.0]))
wrong = round_bits(np.array([1000.0]), 3, -6)
print("Keras:", y, "without the limit:", wrong)
assert np.any(y != wrong)

# %%
# See it
# ------
# The numbers of both formats lie closer together towards zero.

fig, axis = plt.subplots(figsize=(6, 3.4))
values = np.linspace(0, 1, 1001)
for kind in ("float8_e4m3fn", "float8_e5m2"):
    axis.plot(values, quantize_and_dequantize(values, 1, kind), label=kind)
axis.set(title="e4m3 is finer than e5m2")
axis.set(xlabel="number", ylabel="rounded to float8")
axis.legend()
plt.show()
