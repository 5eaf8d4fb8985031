r"""
float16 and bfloat16 in NumPy: rounded to the nearest number
============================================================

Half precision, in 16 bits, takes half the memory of float32. A ``float16``
(fp16) or ``bfloat16`` (bf16) layer rounds its input to the nearest number of
that format. Halfway between two numbers, it takes the one whose last bit is 0.
A number is

.. math::

   (-1)^s \; 2^{e - B} \left(1 + \frac{f}{2^p}\right)

with a sign :math:`s`, an exponent :math:`e` and a fraction :math:`f` of
:math:`p` bits. ``float16`` has :math:`p = 10` and :math:`B = 15`, ``bfloat16``
7 and 127: it is coarser, and reaches as far as float32. Where :math:`e = 0`,
the 1 is left out and the power is :math:`2^{1 - B}`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# An ``Identity`` layer only casts its input. 257 and 259 are ties: in bfloat16
# they lie halfway between two numbers.

x = np.float32([1 / 3, 257, 259, 70000, -3.004])  # (numbers,)


def keras_rounded(dtype):
    layer = keras.layers.Identity(dtype=dtype)
    return keras.ops.convert_to_numpy(keras.ops.cast(layer(x), "float32"))


y = keras_rounded("bfloat16")

# %%
# Compute it
# ----------
# A bfloat16 number is the upper 16 bits of a float32 number. To round, add
# 0x7FFF (just less than half of the last bit kept), then clear the lower 16: a
# tie goes down. If the last bit kept is 1, add one more first: it goes up.

bits = x.view("uint32")
last_bit_kept = (bits >> 16) & 1
rounded_bits = ((bits + 0x7FFF + last_bit_kept) >> 16) << 16
by_hand = rounded_bits.view("float32")

# %%
# Check it
# --------
np.testing.assert_array_equal(y, by_hand, strict=True)

# %%
# Break it
# --------
# Suppose you only clear the lower 16 bits. That rounds towards zero. Always
# adding half of the last bit kept rounds every tie up.

wrong = (bits >> 16 << 16).view("float32")
ties_up = (bits + 0x8000 >> 16 << 16).view("float32")
print("right:", y[1:3], "wrong:", wrong[1:3], "ties up:", ties_up[1:3])
assert np.any(y != wrong) and np.any(y != ties_up)

# %%
# In full
# -------
# ``bfloat16`` from the library keeps NaN as it is. To float16, NumPy rounds by
# ``x.astype("float16")``: there, 70000 is infinite.

from keras_by_hand.precision import bfloat16, float16

for dtype, rounded in [("bfloat16", bfloat16), ("float16", float16)]:
    y = keras_rounded(dtype)
    print(f"{dtype}: {y}")
    np.testing.assert_array_equal(y, rounded(x), strict=True)

# %%
# See it
# ------
# ``float16`` has smaller gaps, as it has more bits of fraction. ``bfloat16``
# has as many bits of exponent as float32, hence its range.

formats = [("float16", 10, 15), ("bfloat16", 7, 127)]
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for dtype, p, B in formats:
    exponents = np.arange(1, 2 * B + 1)
    fractions = 1 + np.arange(2**p) / 2**p
    numbers = np.outer(2.0 ** (exponents - B), fractions).ravel()
    axis.loglog(numbers[:-1], np.diff(numbers) / numbers[:-1], label=dtype)
axis.set(title="float16 is finer, bfloat16 reaches further")
axis.set(xlabel="number", ylabel="gap to the next, relative")
axis.legend()
plt.show()
