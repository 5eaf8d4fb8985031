r"""
float16 and bfloat16: rounded to the nearest number
===================================================

A ``float16`` or ``bfloat16`` layer rounds its input to the nearest number of
that format. Halfway between two numbers, it takes the one whose last bit is 0.

.. math::

   (-1)^s \; 2^{e - B} \left(1 + \frac{f}{2^p}\right)

The bits are a sign :math:`s`, an exponent :math:`e` and a fraction :math:`f`.
``float16`` has :math:`p = 10` and :math:`B = 15`, ``bfloat16`` has 7 and 127.
Where :math:`e = 0`, the 1 is left out and the power is :math:`2^{1 - B}`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# An ``Identity`` layer only casts. It gets every number of the format, every
# middle between two of them, and the float32 numbers just below and above.


def all_numbers(exponent_bits, fraction_bits):  # up to the first too large
    bits = np.arange((2**exponent_bits - 1) * 2**fraction_bits + 1)
    exponent, fraction = np.divmod(bits, 2**fraction_bits)
    power = np.maximum(exponent, 1) - (2 ** (exponent_bits - 1) - 1)
    return 2.0**power * ((exponent > 0) + fraction / 2**fraction_bits)


def keras_rounded(numbers, dtype):
    """What the layer gets and returns, (batch, 1) each."""
    middles = (numbers[1:] + numbers[:-1]) / 2
    x = np.concatenate([numbers[:-1], middles]).astype("float32")
    below, above = np.nextafter(x, -np.inf), np.nextafter(x, np.inf)
    x = np.concatenate([x, below, above, np.float32([np.inf])])
    x = np.concatenate([x, -x])[:, np.newaxis]
    inputs = keras.Input(shape=(1,))
    model = keras.Model(inputs, keras.layers.Identity(dtype=dtype)(inputs))
    return x, model.predict(x, batch_size=len(x), verbose=0)


numbers_16, numbers_b16 = all_numbers(5, 10), all_numbers(8, 7)
x_16, y_16 = keras_rounded(numbers_16, "float16")
x_b16, y_b16 = keras_rounded(numbers_b16, "bfloat16")
print(len(x_16), "and", len(x_b16), "inputs")

# %%
# Compute it
# ----------
# NumPy has no bfloat16, but that is the first half of a float32 number. To
# round, read the 32 bits as a whole number. Add almost half of the last bit to
# keep, and one more if that bit is 1. Then clear the second half.


def float16(values):
    """The nearest float16 numbers, as float32 (IEEE 754, binary16).

    values: numbers of any shape. What is too large becomes infinite.
    """
    with np.errstate(over="ignore"):
        return np.asarray(values).astype("float16").astype("float32")


def bfloat16(values):
    """The nearest bfloat16 numbers, as float32 (Intel, BFLOAT16, 2018).

    values: numbers of any shape, which are first cast to float32.
    """
    values = np.asarray(values, "float32")
    bits = values.view("uint32").astype("int64")
    bits = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16
    rounded = bits.astype("uint32").view("float32")
    return np.where(np.isnan(values), values, rounded)


# %%
# Check it
# --------
# Compare bits, because -0 equals 0. The numbers of the formula stay unchanged.

of_16 = x_16, y_16, numbers_16, float16
of_b16 = x_b16, y_b16, numbers_b16, bfloat16
for x, y, numbers, rounded in (of_16, of_b16):
    bits, expected = y.astype("float32").view("uint32"), rounded(x)
    np.testing.assert_array_equal(bits, expected.view("uint32"), strict=True)
    np.testing.assert_array_equal(expected[: len(numbers) - 1, 0], numbers[:-1])
np.testing.assert_equal([float16(np.nan), bfloat16(np.nan)], [np.nan, np.nan])

# %%
# Break it
# --------
# Would you just clear the second half of the bits? That rounds towards zero.
# Would you always add exactly half of the last bit? That rounds each middle up.

bits = x_b16.view("uint32")
for added in (0, 0x8000):
    wrong = (bits + added >> 16 << 16).astype("uint32").view("float32")
    print(f"{np.mean(wrong != y_b16):.0%} of the inputs go wrong")
    assert np.any(wrong != y_b16)

# %%
# See it
# ------
# float16 has more bits for the fraction, so its numbers lie closer together.
# bfloat16 has all exponent bits of float32, and so its range.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, numbers in [("float16", numbers_16), ("bfloat16", numbers_b16)]:
    axis.loglog(numbers[1:-1], np.diff(numbers)[1:] / numbers[1:-1], label=name)
axis.set(title="float16 is finer, bfloat16 reaches further")
axis.set(xlabel="number", ylabel="gap to the next, relative")
axis.legend()
plt.show()
