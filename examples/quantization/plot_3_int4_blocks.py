r"""
int4 puts two weights in a byte
===============================

Quantized to ``int4``, a kernel holds whole numbers from -8 to 7, two of them in
a byte. So few numbers serve a block of features of one unit at a time, 128 by
default: each block has a scale and a zero point. The input is not rounded.

.. math::

   \begin{aligned}
   s &= \frac{\max W - \min W + 10^{-7}}{15}, \qquad
   z = \operatorname{round}\left(\frac{-\min W}{s}\right) - 8
   \;\text{ per block} \\
   q &= \min\left(\operatorname{round}\left(\frac{W}{s}\right) + z, 7\right),
   \qquad y = x \left( s \left(q - z\right) \right) + b
   \end{aligned}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Ten features in blocks of four, so that the last block has two. Five units, so
# that half a byte is left over. In the first two units the range of each block
# is 15 times a power of two, and this power is then the scale. Some of their
# weights lie halfway between two steps; one block is as wide to both sides.
# Each block has weights of both signs: others suffer in Keras 3.15, which has
# `been mended`_ since.
#
# .. _been mended: https://github.com/keras-team/keras/pull/23636

kernel = np.random.normal(size=(10, 5)).astype("float32")
kernel[::4] = np.abs(kernel[::4])
kernel[1::4] = -np.abs(kernel[1::4])
kernel[:, 0] = [-7, 8, 0.5, 2.5, -3, 12, 1.5, 4.5, -20, 10]
kernel[:, 1] = [7.5, -7.5, 1.5, -2.5, 2.5, -1.25, 0.75, 1, 14, -1]
bias = np.array([3, -2, 1, 0.5, -0.25], "float32")  # (units,)
x = np.random.randint(-9, 10, size=(6, 10))  # (batch, features)

inputs = keras.Input(shape=(10,))
dense = keras.layers.Dense(5)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
config = keras.quantizers.Int4QuantizationConfig(block_size=4)
model.quantize(config=config, filters=dense.name)

for weight in dense.weights:
    print(f"{weight.name:13} {weight.dtype:8} {tuple(weight.shape)}")
np.testing.assert_equal(dense.quantization_mode, "int4")

y = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------
# What is rounded to whole numbers is computed in float32, as in Keras.


def quantized(block):
    """Whole numbers, scales and zero points of one block of features.

    The shape of ``block`` is (features, units), of the others (1, units).
    """
    lowest = block.min(axis=0, keepdims=True)
    highest = block.max(axis=0, keepdims=True)
    scale = (highest - lowest + np.float32(1e-7)) / np.float32(15)
    zero = np.rint(-lowest / scale) - 8
    return np.minimum(np.rint(block / scale) + zero, 7), scale, zero


def packed(q):
    """Two units a byte, the first in its lower half: (features, units / 2)."""
    nibbles = q.astype("int64") & 15
    nibbles = np.pad(nibbles, [(0, 0), (0, nibbles.shape[1] % 2)])
    joined = nibbles[:, ::2] | nibbles[:, 1::2] << 4
    return joined.astype("uint8").view("int8")


def unpacked(joined, units):
    """Whole numbers from -8 to 7 (features, units), from such bytes."""
    halves = joined.view("uint8")[:, :, np.newaxis] >> [0, 4] & 15
    nibbles = halves.reshape(len(joined), -1)[:, :units].astype("int64")
    return (nibbles ^ 8) - 8  # 8 to 15 stand for -8 to -1


blocks = [quantized(kernel[start : start + 4]) for start in (0, 4, 8)]
q, scale, zero = (np.concatenate(parts) for parts in zip(*blocks))
kernel_bytes = packed(q)  # (features, 3)
block = np.arange(10) // 4  # of each feature

steps = unpacked(kernel_bytes, 5) - zero[block]
kernel_read = steps * scale[block].astype("float64")  # (features, units)
expected = x @ kernel_read + bias
print(q.astype(int))

# %%
# Check it
# --------
# What the layer stores is equal to the bit, and the whole numbers come out of
# their bytes as they went in.

names = "bias", "kernel", "kernel_scale", "kernel_zero", "g_idx"
shapes = (5,), (10, 3), (3, 5), (3, 5), (10,)
stored = {weight.name: tuple(weight.shape) for weight in dense.weights}
np.testing.assert_equal(stored, dict(zip(names, shapes)))

stored = dict(zip(names, dense.get_weights()))
np.testing.assert_equal(stored["kernel"].dtype, np.int8)
np.testing.assert_array_equal(stored["kernel"], kernel_bytes)
np.testing.assert_array_equal(stored["kernel_scale"], scale)
np.testing.assert_array_equal(stored["kernel_zero"], zero)
np.testing.assert_array_equal(stored["g_idx"], block)
np.testing.assert_array_equal(stored["bias"], bias)
np.testing.assert_array_equal(unpacked(stored["kernel"], 5), q)

# %%
# The layer reads its kernel in float32, which is one rounding a weight; then
# ten products, their sum and the bias round as in any layer: six rounding
# units. Where the scales are powers of two nothing is rounded, and the answer
# is equal to the bit.

np.testing.assert_equal((y.shape, y.dtype), ((6, 5), np.float32))

magnitude = np.abs(x) @ np.abs(kernel_read) + np.abs(bias)
rounding_unit = np.finfo("float32").eps * magnitude
error = np.abs(y - expected)
print(f"largest error: {np.max(error / rounding_unit):.2f} rounding units")

np.testing.assert_array_less(error, 6.0 * rounding_unit)
np.testing.assert_array_equal(y[:, :2], expected[:, :2])
np.testing.assert_equal(scale[:, :2].tolist(), [[1, 1], [1, 0.25], [2, 1]])

# %%
# Break it
# --------
# With its halves exchanged, a byte gives each unit the weights of its
# neighbour. Read without a sign, negative numbers become large. Without zero
# points, all steps are counted from the wrong place; and blocks that begin a
# feature too late mix the scales.

exchanged = unpacked(kernel_bytes, 6)[:, [1, 0, 3, 2, 5]]
unsigned = unpacked(kernel_bytes, 5) & 15
late = np.maximum(np.arange(10) - 1, 0) // 4
mistakes = {
    "halves exchanged": (exchanged - zero[block]) * scale[block],
    "no sign": (unsigned - zero[block]) * scale[block],
    "no zero points": q * scale[block],
    "blocks too late": (q - zero[late]) * scale[late],
}
for name, wrong in mistakes.items():
    right = np.isclose(x @ wrong + bias, y, rtol=0, atol=1e-3)
    print(f"{name}: {np.count_nonzero(~right)} of 30 entries are wrong")
    np.testing.assert_equal(np.count_nonzero(right), 0, name)

# %%
# See it
# ------
# The first unit. Each dash is one of the 16 numbers that its block can hold.

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
levels = (np.arange(-8, 8) - zero[block, :1]) * scale[block, :1]
axis.plot(range(10), levels, "_", color="gray", markersize=14)
axis.plot(kernel[:, 0], "o", markersize=8, label="weight")
axis.plot(kernel_read[:, 0], "x", markersize=8, label="as it is read")
axis.vlines([3.5, 7.5], -21, 13, color="gray", linestyle=":")
axis.set(title="int4 has 16 numbers for each block of a unit")
axis.set(xlabel="feature", ylabel="weight", xticks=range(10))
axis.legend(loc="lower left")
plt.show()
