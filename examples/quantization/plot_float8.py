r"""
float8 in Keras: the numbers e4m3 and e5m2
==========================================

A number in float8 (fp8) has 8 bits, a quarter of float32. A layer in float8
rounds its input and its kernel to *e4m3*, with 4 bits of exponent and 3 of
fraction. In training it rounds gradients to *e5m2*, with 5 and 2 bits, which is
coarser and reaches further. A number is

.. math::

   (-1)^s \; 2^{e - B} \left(1 + \frac{f}{2^p}\right)

with a sign :math:`s`, an exponent :math:`e` and a fraction :math:`f` of
:math:`p` bits. With n bits of exponent, :math:`B = 2^{n - 1} - 1`. Where
:math:`e = 0`, the 1 is left out and the power is :math:`2^{1 - B}`. e4m3 ends
at 448: the bits that would come next mean NaN. e5m2 ends at 57344: its largest
:math:`e` means infinity or NaN. What is larger becomes the largest number.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A layer with a kernel of 1 returns its input, rounded to e4m3.

x = np.array([[0.3], [17], [21], [-1000], [0.0025]])  # (batch, features)
layer = keras.layers.Dense(
    1, kernel_initializer="ones", dtype="float8_from_float32"
)
y = keras.ops.convert_to_numpy(layer(x))

# %%
# Compute it
# ----------
# Clip the numbers to 448. ``np.frexp`` finds the power of two in a number.
# Numbers next to zero share one power, 1 - B = -6, so they are equally spaced.
# From one power of two to the next there are 8 steps, as there are 3 bits of
# fraction. Round to a whole number of steps; halves go to the even one.

clipped = np.clip(x, -448, 448)
power = np.maximum(np.frexp(clipped)[1] - 1, -6)
step = 2.0 ** (power - 3)
by_hand = np.rint(clipped / step) * step

# %%
# Check it
# --------
# All of these numbers need few bits, so they are equal to the bit.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

# %%
# Break it
# --------
# Suppose you only shorten the fraction, and forget that e4m3 ends at 448, and
# that its steps do not get smaller next to zero.

power = np.frexp(x)[1] - 1
wrong = np.rint(x / 2.0 ** (power - 3)) * 2.0 ** (power - 3)
for i in (3, 4):
    print(f"{x[i, 0]}, right: {y[i, 0]:.6f}, wrong: {wrong[i, 0]:.6f}")
    assert y[i, 0] != wrong[i, 0]

# %%
# In full
# -------
# ``quantize_and_dequantize`` has both formats, and a scale by which the numbers
# are divided first. The page "float8 Dense" says where that comes from.

from keras_by_hand.quantization import quantize_and_dequantize

numbers = np.float32([0.3, 17, 21, 100000, 0.0025])
for kind in ("float8_e4m3fn", "float8_e5m2"):
    y = keras.quantizers.quantize_and_dequantize(numbers, 0.5, kind, "float32")
    y = keras.ops.convert_to_numpy(y)
    expected = quantize_and_dequantize(numbers, 0.5, kind)
    print(
        f"{kind} ends at {y.max() / 0.5:.0f}; with a scale of 0.5:", y.tolist()
    )
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# See it
# ------
# The numbers of both formats lie closer together towards zero.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
values = np.linspace(0, 1, 1001)
for kind in ("float8_e4m3fn", "float8_e5m2"):
    axis.plot(values, quantize_and_dequantize(values, 1, kind), label=kind)
axis.set(title="e4m3 is finer than e5m2")
axis.set(xlabel="number", ylabel="rounded to float8")
axis.legend()
plt.show()
