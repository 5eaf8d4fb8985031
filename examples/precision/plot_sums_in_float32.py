r"""
bfloat16 and float16: Dense sums in float32
===========================================

A ``Dense`` layer of ``bfloat16`` or ``float16`` rounds its input and weights to
that format, but multiplies and adds in float32. It rounds again when the sum is
complete, and after adding the bias.

.. math::

   z &= \sum_i r(x_i) \, r(W_{ij}) \quad\text{in float32} \\
   y &= r\left(r(z) + r(b)\right)

Here :math:`r` rounds to the format. Long sums would go wrong without float32:
added in bfloat16, ones get no further than 256, because 257 rounds to 256.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.precision import bfloat16, float16

# %%
# Build it
# --------
# Above 256, ``bfloat16`` holds only every second whole number: 257 becomes 256,
# 259 becomes 260, and 258 stays. In ``float16`` this begins at 2048.


def example(limit):
    """Numbers around 256 or 2048, some of which need rounding."""
    x = np.array([[limit + 1, 1, 1]])  # (batch, features)
    kernel = np.array([[1, 0], [1, limit + 3], [1, 0]])  # (features, units)
    bias = np.array([6 - limit, -limit - 1])  # (units,)
    return x, kernel, bias


def keras_dense(x, kernel, bias, dtype):
    inputs = keras.Input(shape=x.shape[1:])
    dense = keras.layers.Dense(bias.size, dtype=dtype)
    model = keras.Model(inputs, dense(inputs))
    dense.set_weights([kernel, bias])
    return model.predict(x, verbose=0)


x, kernel, bias = example(256)
y = keras_dense(x, kernel, bias, "bfloat16")
print(y)
print(bfloat16(np.array([257, 258, 259])))

# %%
# Compute it
# ----------
# Round the input and the kernel. NumPy multiplies and adds the rounded numbers
# in float32, the type that they have. Round the complete sums and the bias, and
# then what they add up to.

z = bfloat16(x) @ bfloat16(kernel)  # (batch, units)
by_hand = bfloat16(bfloat16(z) + bfloat16(bias))

# %%
# The whole function takes ``float16`` or ``bfloat16`` as an argument.

from keras_by_hand.precision import dense_16_bits

# %%
# Check it
# --------
# :math:`z` and :math:`y` need no rounding here, so that every processor gives
# the same bits. This checks the rounding of the inputs and weights, and that no
# partial sum is rounded.

np.testing.assert_array_equal(y.astype("float32"), by_hand, strict=True)

formats = [("float16", float16, 2048), ("bfloat16", bfloat16, 256)]
for dtype, rounded, limit in formats:
    x, kernel, bias = example(limit)
    y = keras_dense(x, kernel, bias, dtype)
    expected = dense_16_bits(x, kernel, bias, rounded)
    print(dtype, expected)
    np.testing.assert_equal(y.dtype.name, dtype)
    np.testing.assert_array_equal(y.astype("float32"), expected, strict=True)

# %%
# Where :math:`z` needs rounding, processors differ. See the page "bfloat16 and
# float16: processors differ in the last bits".
#
# Break it
# --------
# Would you round every sum to bfloat16? Or compute in float32, and round only
# the result?

total = np.zeros((1, 2))
for column, row in zip(bfloat16(x).T, bfloat16(kernel)):
    total = bfloat16(total + np.outer(column, row))
each_sum = bfloat16(total + bfloat16(bias))
only_result = bfloat16(x @ kernel + bias)
for name, wrong in [("each sum", each_sum), ("only the result", only_result)]:
    print(f"rounded {name}: {wrong}")
    assert np.any(wrong != expected)

# %%
# See it
# ------
# A row of k ones, times a kernel of ones, gives k. These even numbers up to 512
# are all ``bfloat16`` numbers.

count = np.arange(2, 513, 2)
ones = np.tril(np.ones((512, 512)))[1::2]  # (batch, features): 2, 4, ... ones
counted = keras_dense(ones, np.ones((512, 1)), np.zeros(1), "bfloat16")
counted = counted.astype("float32")
np.testing.assert_array_equal(counted, count[:, np.newaxis])

total = np.zeros(256)
for column in ones.T:
    total = bfloat16(total + column)

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(count, counted, label="Keras: sums in float32")
axis.plot(count, total, "--", label="sums in bfloat16")
axis.set(title="A sum of ones in bfloat16 would stop at 256")
axis.set(xlabel="number of ones", ylabel="their sum")
axis.legend()
plt.show()
