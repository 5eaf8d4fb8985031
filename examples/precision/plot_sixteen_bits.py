r"""
float16 and bfloat16: rounded to the nearest number
===================================================

A ``float16`` or ``bfloat16`` layer rounds its input to the nearest number of
that format. Halfway between two numbers, it takes the one whose last bit is 0.

.. math::

   (-1)^s \; 2^{e - B} \left(1 + \frac{f}{2^p}\right)

The bits are a sign :math:`s`, an exponent :math:`e` and a fraction :math:`f`:
``float16`` has :math:`p = 10` and :math:`B = 15`, ``bfloat16`` 7 and 127. Where
:math:`e = 0`, the 1 is left out and the power is :math:`2^{1 - B}`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# An ``Identity`` layer only casts its input.


def keras_rounded(x, dtype):
    """What a layer of this dtype makes of x, (numbers,)."""
    layer = keras.layers.Identity(dtype=dtype)
    model = keras.Sequential([keras.Input(shape=()), layer])
    return model.predict(x, batch_size=len(x), verbose=0).astype("float32")


print(keras_rounded(np.float32([1 / 3, 257, 70000]), "bfloat16"))

# %%
# Compute it
# ----------
# A bfloat16 number is the upper 16 bits of a float32 number. To round, add
# 0x7FFF to its bits and clear the lower 16: just less than half of the last bit
# kept, so a tie goes down. If that bit is 1, add one more: the tie goes up.

values = np.float32([1 / 3, 257, 259, 70000])  # 257 and 259 are ties
values_bits = values.view("uint32")
last_bit_kept = (values_bits >> 16) & 1
rounded_bits = ((values_bits + 0x7FFF + last_bit_kept) >> 16) << 16
by_hand = rounded_bits.view("float32")

# %%
# The whole function keeps NaN as it is. NumPy itself can round to ``float16``.

from keras_by_hand.precision import bfloat16, float16

# %%
# Check it
# --------
# Try every number of the format, every middle between two, and the float32
# numbers just below and above these. Compare bits, because -0 equals 0. The
# lines above round the four values as the function does.


def all_numbers(exponent_bits, fraction_bits):
    """All numbers from 0 up, and the first one that is too large."""
    bits = np.arange((2**exponent_bits - 1) * 2**fraction_bits + 1)
    exponent, fraction = np.divmod(bits, 2**fraction_bits)
    power = np.maximum(exponent, 1) - (2 ** (exponent_bits - 1) - 1)
    return 2.0**power * ((exponent > 0) + fraction / 2**fraction_bits)


formats = [("float16", float16, 5, 10), ("bfloat16", bfloat16, 8, 7)]
for dtype, rounded, exponent_bits, fraction_bits in formats:
    numbers = all_numbers(exponent_bits, fraction_bits)
    middles = (numbers[1:] + numbers[:-1]) / 2
    numbers = numbers[:-1]
    x = np.float32(np.concatenate([numbers, -numbers, middles, -middles]))
    x = np.concatenate([x, np.nextafter(x, -np.inf), np.nextafter(x, np.inf)])
    bits = keras_rounded(x, dtype).view("uint32")
    np.testing.assert_array_equal(bits, rounded(x).view("uint32"), strict=True)
    np.testing.assert_equal(rounded([np.inf, np.nan]), [np.inf, np.nan])
    np.testing.assert_array_equal(rounded(numbers), numbers)
    print(f"{dtype}: B = {2 ** (exponent_bits - 1) - 1}")
    print(f"{dtype}: smallest {numbers[1]:.1e}, largest {numbers[-1]:.4e}")
np.testing.assert_array_equal(by_hand, bfloat16(values), strict=True)

# %%
# Break it
# --------
# Would you only clear the lower 16 bits? Would you always add half of the last
# bit kept? The first rounds towards zero, the second rounds every tie up.

ties = np.float32([1 + 1 / 256, 1 + 3 / 256])
y = keras_rounded(ties, "bfloat16")
cleared = (ties.view("uint32") >> 16 << 16).view("float32")
ties_up = (ties.view("uint32") + 0x8000 >> 16 << 16).view("float32")
print("Keras:", y, "cleared:", cleared, "ties up:", ties_up)
assert np.any(y != cleared) and np.any(y != ties_up)

# %%
# See it
# ------
# ``float16`` has smaller gaps, as it has more bits of fraction. ``bfloat16``
# has as many bits of exponent as float32, hence its range.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for dtype, _, exponent_bits, fraction_bits in formats:
    numbers = all_numbers(exponent_bits, fraction_bits)[1:]
    axis.loglog(numbers[:-1], np.diff(numbers) / numbers[:-1], label=dtype)
axis.set(title="float16 is finer, bfloat16 reaches further")
axis.set(xlabel="number", ylabel="gap to the next, relative")
axis.legend()
plt.show()
