r"""
bfloat16 and float16: Dense sums in float32
===========================================

A ``Dense`` layer of ``bfloat16`` or ``float16`` rounds its input and weights to
16 bits, but multiplies and adds in float32. It rounds again when the sum is
complete, and after adding the bias.

.. math::

   z &= \sum_i r(x_i) \, r(W_{ij}) \quad\text{in float32} \\
   y &= r\left(r(z) + r(b)\right)

Here :math:`r` rounds to 16 bits. Long sums would go wrong without float32:
added in bfloat16, ones get no further than 256, because 257 rounds to 256.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

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
print(keras_dense(x, kernel, bias, "bfloat16"))

# %%
# From other pages
# ----------------


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
    last_bit_kept = (bits >> 16) & 1
    bits = ((bits + 0x7FFF + last_bit_kept) >> 16) << 16
    rounded = bits.astype("uint32").view("float32")
    return np.where(np.isnan(values), values, rounded)


# %%
# Compute it
# ----------


def dense_16_bits(x, kernel, bias, rounded):
    """Dense in 16 bits, as float32 (Keras, layers/core/dense.py).

    x: (batch, features), kernel: (features, units), bias: (units,), rounded:
    the function float16 or bfloat16. Processors may round z otherwise.
    """
    z = rounded(x) @ rounded(kernel)
    return rounded(rounded(z) + rounded(bias))


# %%
# Check it
# --------
# :math:`z` and :math:`y` fit into 16 bits here, so that every processor gives
# the same bits. This checks the rounding of the inputs and weights, and that no
# partial sum is rounded.

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
