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

# %%
# From other pages
# ----------------
# Two integers share a byte.


def pack_int4(arr, axis=0):
    """Two numbers a byte along axis, the first in the lower half.

    arr: int8 or uint8, of any shape (keras.quantizers.pack_int4).
    """
    arr = np.moveaxis(arr, axis, 0)
    arr = np.concatenate([arr, np.zeros_like(arr[: len(arr) % 2])])
    lower, upper = arr[::2] & 15, arr[1::2] & 15
    return np.moveaxis(lower | upper << 4, 0, axis)


def unpack_int4(packed, orig_len, axis=0, dtype="int8"):
    """orig_len numbers along axis: -8 to 7, or 0 to 15 with dtype="uint8".

    packed: what pack_int4 returns (keras.quantizers.unpack_int4).
    """
    packed = np.moveaxis(packed, axis, 0)
    halves = np.stack([packed & 15, packed >> 4 & 15], axis=1)
    q = halves.reshape(-1, *packed.shape[1:])[:orig_len].astype(dtype)
    return np.moveaxis((q ^ 8) - 8 if dtype == "int8" else q, 0, axis)


# %%
# Compute it
# ----------


def quantize_int4(kernel, block_size=128):
    """Whole numbers from -8 to 7, scales and zero points of a kernel.

    kernel: (features, units). The scales and the zero points are (blocks,
    units). A weight is read as scale * (number - zero point)
    (keras.quantizers.abs_max_quantize_grouped_with_zero_point).
    """
    starts = np.arange(0, len(kernel), block_size)
    low = np.minimum(np.minimum.reduceat(kernel, starts), 0)
    high = np.maximum(np.maximum.reduceat(kernel, starts), 0)
    scale = (high - low + 1e-7) / 15
    zero = np.rint(-low / scale) - 8
    block = np.arange(len(kernel)) // block_size  # of each feature
    q = np.minimum(np.rint(kernel / scale[block]) + zero[block], 7)
    return q.astype("int8"), scale, zero.astype("int8")


def int4_dense(x, packed, kernel_scale, kernel_zero, g_idx, bias=0):
    """Dense in int4, from what a layer with blocks stores.

    packed: (features, half the units), scales and zero points: (blocks, units),
    g_idx: the block of each feature, (features,). Returns (batch, units).
    """
    block = g_idx.astype("int64")
    q = unpack_int4(packed, kernel_scale.shape[1], axis=1)
    return x @ ((q - kernel_zero[block]) * kernel_scale[block]) + bias


# %%
# Check it
# --------
# What the layer stores, and its outputs, are equal to the bit.

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
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(numbers, "_", color="gray", markersize=24)
axis.plot(kernel[:, 0], "o", markersize=9, label="weight")
axis.plot(read[:, 0], "x", markersize=9, label="weight in int4")
axis.set(title="int4: each block has its own 16 numbers", ylabel="weight")
axis.set(xlabel="feature (blocks: 0 to 2, 3 and 4)", xticks=range(5))
axis.legend(loc="lower left")
plt.show()
