r"""
What equal means: a tolerance for floating-point results
========================================================

Two programs that compute the same sum need not get the same number, as both of
them round. So how close is close enough? The pages of this site compare Keras
and NumPy in two ways. Whole numbers must be equal to the bit. Other numbers
must agree to about four digits:

.. math::

   \left|y_\text{Keras} - y_\text{NumPy}\right| \le
   \text{atol} + \text{rtol} \left|y_\text{NumPy}\right|

with ``rtol=1e-4, atol=1e-4`` for numbers of a size of about 1. ``rtol`` allows
a share of the number. ``atol`` is a fixed amount, and decides near zero. A
wrong formula misses that by far. The library behind the pages is compared in
float64, to about 12 digits: 1000 times the distance from 1 to the next number.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The same layer with whole numbers, with others, and in float64. (Other
# backends than TensorFlow compute this layer in float32.)

rng = np.random.default_rng(313)


def dense(x, kernel, bias, dtype="float32"):
    layer = keras.layers.Dense(bias.size, dtype=dtype)
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    return keras.ops.convert_to_numpy(layer(x))


whole = [rng.integers(-9, 10, shape) for shape in [(32, 16), (16, 8), 8]]
real = [rng.normal(size=array.shape) for array in whole]
y_whole = dense(*whole)
y_real = dense(*real)
y_64 = dense(*real, dtype="float64")

# %%
# Compute it
# ----------
# float32 holds every whole number up to ``2**24``. As long as all sums stay
# below that, nothing is rounded, and the order of the additions makes no
# difference. NumPy computes in float64, so its own rounding hardly matters.

x, kernel, bias = whole
by_hand_whole = np.float32(x @ kernel + bias)
x, kernel, bias = real
by_hand = x @ kernel + bias

# %%
# Check it
# --------
# ``strict=True`` compares shape and dtype as well.

np.testing.assert_array_equal(y_whole, by_hand_whole, strict=True)
np.testing.assert_allclose(y_real, by_hand, rtol=1e-4, atol=1e-4)
if keras.backend.backend() == "tensorflow":
    limit = 1000 * np.finfo("float64").eps
    np.testing.assert_allclose(y_64, by_hand, rtol=limit, atol=limit)

# %%
# Break it
# --------
# Suppose you leave out atol, which ``assert_allclose`` then takes as 0. float32
# rounds ``1 + 2**-25`` to 1, and 1 - 1 is 0. This error is tiny beside the
# terms, but as large as the result. Choose ``atol`` by the size of the terms.

one, small = np.float32(1), np.float32(2**-25)
wrong = one + small - one
print("right:", small, "wrong:", wrong)
assert np.isclose(wrong, small, rtol=1e-4, atol=1e-4)
assert not np.isclose(wrong, small, rtol=1e-4, atol=0)

# %%
# See it
# ------
# Three of these five are mistakes. The tolerance of float64 notices them all,
# that of float32 only the last two.

results = {
    "rounding in float64": y_64,
    "rounding in float32": y_real,
    "wrong by a millionth": by_hand * (1 + 1e-6),
    "kernel in float16": x @ kernel.astype("float16") + bias,
    "bias moved by one unit": x @ kernel + np.roll(bias, 1),
}
equal = [np.allclose(y, by_hand, 1e-4, 1e-4) for y in results.values()]
assert equal == [True, True, True, False, False]
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
errors = [np.max(np.abs(y - by_hand)) for y in results.values()]
axis.semilogx(np.maximum(errors, 1e-17), list(results), "o")
axis.axvline(1000 * np.finfo("float64").eps, color="C1", linestyle="--")
axis.axvline(1e-4, color="C2", linestyle="--")
axis.set(title="Tolerances: float64's (left) and float32's (right)")
axis.set(xlabel="largest error")
plt.show()
