r"""
Sixteen bits: nearest, and the even one of two
==============================================

A layer of ``float16`` or ``bfloat16`` rounds what comes in to the nearest
number of that format. A number halfway between two goes to the one whose last
bit is 0. With a sign :math:`s`, exponent bits :math:`e` and :math:`p` bits of
fraction :math:`f`, a number is

.. math::

   \begin{aligned}
   & (-1)^s \; 2^{e - B} \left(1 + \frac{f}{2^p}\right) \\
   \text{float16: } & p = 10, \; B = 15 \\
   \text{bfloat16: } & p = 7, \; B = 127
   \end{aligned}

and without the 1, times :math:`2^{1 - B}`, where :math:`e = 0`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A layer that changes nothing, in each format. It is asked about every number
# of the format, every middle between two neighbours, and the float32 numbers
# just below and above the middle; all of them positive and negative. The last
# number here is the first that is too large.


def all_numbers(exponent_bits, fraction_bits):
    """The numbers from 0 up: the place of each is its pattern of bits."""
    patterns = np.arange((2**exponent_bits - 1) * 2**fraction_bits + 1)
    exponent, fraction = np.divmod(patterns, 2**fraction_bits)
    fraction = fraction + 2**fraction_bits * (exponent > 0)
    power = np.maximum(exponent, 1) - 2 ** (exponent_bits - 1) + 1
    return fraction * 2.0 ** (power - fraction_bits)


def questions(numbers):
    """Numbers and middles, with their neighbours in float32."""
    middle = (numbers[1:] + numbers[:-1]) / 2
    many = np.concatenate([numbers[:-1], middle]).astype("float32")
    below, above = np.nextafter(many, np.float32([[-np.inf], [np.inf]]))
    every = np.concatenate([many, below, above, [np.inf]])
    return np.concatenate([every, -every]).astype("float32")


numbers = {"float16": all_numbers(5, 10), "bfloat16": all_numbers(8, 7)}
xs, ys = {}, {}
for name in numbers:
    inputs = keras.Input(shape=(1,))
    model = keras.Model(inputs, keras.layers.Identity(dtype=name)(inputs))
    x = questions(numbers[name])[:, np.newaxis]  # (batch, 1)
    xs[name], ys[name] = x, model.predict(x, batch_size=len(x), verbose=0)
    print(f"{name}: {len(x):,} inputs, from {x.min()} to {x.max()}")

# %%
# Compute it
# ----------
# NumPy has a float16. It has no bfloat16, but that is the first half of a
# float32 number: to round, add to the whole number that its bits are, and cut.
# Half of what is cut, less one, carries whatever is above the middle; the last
# bit that stays carries the middle itself, where it is 1.


def float16_bits(values):
    """The 16 bits of the nearest float16 number, as a whole number."""
    with np.errstate(over="ignore"):  # beyond the last number is infinity
        return values.astype("float16").view("uint16")


def bfloat16_bits(values):
    """The same for bfloat16; not for values that are not a number."""
    bits = values.view("uint32").astype("int64")
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


expected = {
    "float16": float16_bits(xs["float16"]),
    "bfloat16": bfloat16_bits(xs["bfloat16"]),
}

# %%
# Check it
# --------
# Bits are compared, not numbers: -0 is not 0 here. The patterns that appear are
# those of all numbers and of infinity, once for each sign.

for name, y in ys.items():
    np.testing.assert_equal((y.shape, y.dtype.name), (xs[name].shape, name))
    bits = y.view("uint16")
    np.testing.assert_array_equal(bits, expected[name], name)

    patterns = np.arange(len(numbers[name]))
    both_signs = np.concatenate([patterns, patterns + 0x8000])
    np.testing.assert_array_equal(np.unique(bits), both_signs, name)

    stays = np.isin(np.abs(xs[name]), numbers[name][:-1])
    exact = y.astype("float64")[stays]
    np.testing.assert_array_equal(exact, xs[name][stays].astype("float64"))
    infinite = np.abs(xs[name])[np.isinf(y.astype("float64"))]
    print(f"{name}: {np.count_nonzero(stays):,} inputs stay,", end=" ")
    print(f"all from {infinite.min()} become infinite")

# %%
# Break it
# --------
# What else one might do with the bits that are cut: nothing, which rounds
# towards zero; or add one half, which rounds a half up.


def towards_zero(bits):
    return bits >> 16


def half_up(bits):
    return (bits + 0x8000) >> 16


bits = xs["bfloat16"].view("uint32").astype("int64")
for mistake in (towards_zero, half_up):
    wrong = np.count_nonzero(mistake(bits) != expected["bfloat16"])
    print(f"{mistake.__name__}: {wrong:,} of {len(bits):,} differ")
    np.testing.assert_equal(wrong > 0, True)

# %%
# Numbers with :math:`e = 0` are called subnormal. Where they are flushed to
# zero, 1023 numbers of float16 are lost, and as many negative ones.

subnormal = (expected["float16"] & 0x7C00 == 0) & (expected["float16"] << 1 > 0)
lost = np.unique(ys["float16"][subnormal])
smallest, largest = np.abs(lost).min(), lost.max()
print(f"{len(lost)} subnormal numbers, {smallest} to {largest} and negative")
np.testing.assert_equal(np.count_nonzero(lost > 0), 1023)
np.testing.assert_equal(np.count_nonzero(lost < 0), 1023)

# %%
# See it
# ------
# The float32 number nearest to 1/3. float16 has more bits of fraction, and
# bfloat16 the whole exponent.

third = np.array([1 / 3], "float32")
rows = {
    "float32": (third.view("uint32"), 32, 8),
    "float16": (float16_bits(third), 16, 5),
    "bfloat16": (bfloat16_bits(third), 16, 8),
}
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
for row, (bits, length, exponent_bits) in enumerate(rows.values()):
    for place, bit in enumerate(f"{bits.item():0{length}b}"):
        color = "C3" if place == 0 else "C1" if place <= exponent_bits else "C0"
        axis.text(place, row, bit, color=color, size=12, ha="center")
axis.set(title="1/3: sign (first), exponent (orange), fraction (blue)")
axis.set(xlim=(-1, 32), ylim=(2.4, -0.8), xticks=[])
axis.set(yticks=range(3), yticklabels=rows)
plt.show()
