r"""
bfloat16: a Dense layer sums in float32
=======================================

A ``Dense`` layer of ``bfloat16`` rounds its input and weights to that format,
but multiplies and accumulates (adds up) in float32. In bfloat16, ones would add
up to no more than 256, as 257 rounds to 256. The layer rounds again after
adding the bias. Some processors round the complete sum before that, too.

.. math::

   z &= \sum_i r(x_i) \, r(W_{ij}) \quad\text{in float32} \\
   y &= r\left(z + r(b)\right) \\
   \text{or } y &= r\left(r(z) + r(b)\right)

:math:`r` rounds to the format; :math:`x` is the input, :math:`W` the kernel,
:math:`b` the bias.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.precision import bfloat16

# %%
# Build it
# --------
# Above 256, bfloat16 has only even numbers: it rounds 257 and 259.
x = np.array([[257, 1, 1]])  # (batch, features)
kernel = np.array([[1, 0], [1, 259], [1, 0]])  # (features, units)
bias = np.array([-250, -257])  # (units,)


def keras_dense(x, kernel, bias):
    inputs = keras.Input(shape=x.shape[1:])
    dense = keras.layers.Dense(bias.size, dtype="bfloat16")
    model = keras.Model(inputs, dense(inputs))
    dense.set_weights([kernel, bias])
    return model.predict(x, verbose=0).astype("float32")


y = keras_dense(x, kernel, bias)  # (batch, units)

# %%
# Compute it
# ----------
# NumPy adds up here; only factors, sum, bias and result are rounded.
z = bfloat16(x) @ bfloat16(kernel)  # (batch, units)
by_hand = bfloat16(bfloat16(z) + bfloat16(bias))

# %%
# Check it
# --------
# Here z needs no rounding, so every processor gives the same bits.
np.testing.assert_array_equal(y, by_hand, strict=True)

# %%
# Break it
# --------
# Suppose you round after each product that you add, as bfloat16 arrays would.

total = np.zeros((1, 2))
for column, row in zip(bfloat16(x).T, bfloat16(kernel)):
    total = bfloat16(total + np.outer(column, row))
wrong = bfloat16(total + bfloat16(bias))
print("right:", y[0], "wrong:", wrong[0])
assert np.any(wrong != y)

# %%
# In full
# -------
# Where z needs rounding, processors differ in the last bits: they may round z,
# as ``dense_16_bits`` does, cut off what does not fit, or leave z as it is.
# Often two ways lead to the same answer; then it counts for both.
from keras_by_hand.precision import cut_off, dense_16_bits

rng = np.random.default_rng(313)
x = rng.integers(-127, 128, size=(40, 8))
kernel = rng.integers(-127, 128, size=(8, 5)) / 16
bias = rng.integers(-127, 128, size=5) * 16
y = keras_dense(x, kernel, bias)
z = x @ kernel
twice = dense_16_bits(x, kernel, bias, bfloat16)
cut, once = bfloat16(cut_off(z, fraction_bits=7) + bias), bfloat16(z + bias)
for way, answer in [("twice", twice), ("cut off", cut), ("once", once)]:
    print(f"as if rounded {way}: {np.mean(y == answer):.0%} of the answers")
possible = (y == twice) | (y == cut) | (y == once)
np.testing.assert_array_equal(possible, True)

# %%
# See it
# ------
ones = np.tril(np.ones((512, 512)))  # k ones in row k
sums = keras_dense(ones, ones[:, :1], np.zeros(1))
totals = [0]
while len(totals) < 512:
    totals.append(bfloat16(totals[-1] + 1))
print("ones, added up in float32:", sums[-1], "in bfloat16:", totals[-1])
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(sums, label="Keras: sums in float32")
axis.plot(totals, "--", label="sums in bfloat16")
axis.set(title="Ones, added up in bfloat16, stop at 256", xlabel="ones")
axis.legend()
plt.show()
