r"""
int4: sixteen numbers for each block of weights
===============================================

A Dense layer in int4 stores its kernel as integers from -8 to 7. A block of
features, 128 by default, has a scale and a zero point for each unit: its 16
numbers reach from its lowest weight to its highest. The input stays in float.

.. math::

   s &= \frac{\text{high} - \text{low} + 10^{-7}}{15} \\
   z &= \text{round}\left(\frac{-\text{low}}{s}\right) - 8 \\
   q &= \min\left(\text{round}\left(\frac{W}{s}\right) + z, \; 7\right) \\
   y &= x \left( s \, (q - z) \right) + b

Low and high are the lowest and the highest of the block's weights and 0. (Keras
3.15.1 leaves the 0 out: the page on blocks of one sign shows when it matters.)
With ``block_size=-1`` other numbers are stored: they have a page, too.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import pack_int4

# %%
# Build it
# --------
# Five features in blocks of three, so that the second block has two.

kernel = np.array(
    [[-7.5, 0], [7.5, 0], [2.5, 0], [-30, 15], [-10, 7]], "float32"
)
bias = np.array([3, -2], "float32")  # (units,)
x = np.array([[1, -2, 3, 4, 5], [7, 0, -6, 8, -9]], "float32")


def keras_int4(x, kernel, bias, block_size):
    """The outputs of a Dense layer in int4, and its weights."""
    config = keras.quantizers.Int4QuantizationConfig(block_size=block_size)
    layer = keras.layers.Dense(len(bias))
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    layer.quantize(config=config)
    return keras.ops.convert_to_numpy(layer(x)), layer.get_weights()


y, weights = keras_int4(x, kernel, bias, block_size=3)
print("scales of the blocks:", weights[2], sep="\n")
assert keras.quantizers.Int4QuantizationConfig().block_size == 128

# %%
# Compute it
# ----------
# One block after the other: its lowest and highest weights give each unit a
# scale s and a zero point z. Round the weights to whole numbers q. The layer
# reads them as s (q - z), and adds up the products of all blocks.

by_hand = bias
for first in (0, 3):
    W = kernel[first : first + 3]  # (features of this block, units)
    low = np.minimum(W.min(axis=0), 0)  # (units,)
    high = np.maximum(W.max(axis=0), 0)  # (units,)
    s = (high - low + 1e-7) / 15
    z = np.rint(-low / s) - 8
    q = np.minimum(np.rint(W / s) + z, 7)
    by_hand = by_hand + x[:, first : first + 3] @ (s * (q - z))

# %%
# The whole functions take any size of a block. They store ``int8`` numbers, and
# read them from packed bytes.

from keras_by_hand.quantization import int4_dense, quantize_int4

# %%
# Check it
# --------
# What the layer stores, and its outputs, are equal to the bit.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

q, scale, zero = quantize_int4(kernel, block_size=3)
packed = pack_int4(q, axis=1)
g_idx = np.array([0, 0, 0, 1, 1], "float32")
wanted = [bias, packed, scale, zero, g_idx]
for stored, expected in zip(weights, wanted, strict=True):
    np.testing.assert_array_equal(stored, expected, strict=True)
expected = int4_dense(x, packed, scale, zero, g_idx, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Would you divide by the scale, as in int8?

block = g_idx.astype("int64")
wrong = x @ ((q - zero[block]) / scale[block]) + bias
print(f"{np.mean(wrong == y):.0%} of the outputs are right")
assert np.any(wrong != y)

# %%
# See it
# ------
# The first unit: each dash is one of the 16 numbers that a block can hold.

numbers = (np.arange(-8, 8) - zero[block, :1]) * scale[block, :1]
read = (q - zero[block]) * scale[block]
print("numbers of a block:", numbers.shape[1])
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(numbers, "_", color="gray", markersize=24)
axis.plot(kernel[:, 0], "o", markersize=9, label="weight")
axis.plot(read[:, 0], "x", markersize=9, label="weight in int4")
axis.set(title="int4: each block has its own 16 numbers", ylabel="weight")
axis.set(xlabel="feature (blocks: 0 to 2, 3 and 4)", xticks=range(5))
axis.legend(loc="lower left")
plt.show()
