r"""
Embedding in int4: blocks inside the vector of a word
=====================================================

An ``Embedding`` in int4 cuts each row of its table into blocks of 128 numbers
(the default). Each block has a scale and a zero point of its own. Two numbers
share a byte.

.. math::

   y_j &= s_{x,k} \, (q_{x,j} - z_{x,k}) \\
   k &= \lfloor j / \text{block size} \rfloor

With ``block_size=-1``, a whole row has one scale and no zero point, and is
divided by its scale: :math:`y_j = q_{x,j} / s_x`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import (
    pack_int4,
    quantize_int4,
    quantize_int4_columns,
    unpack_int4,
)

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three words, with vectors of five numbers in blocks of two.

embeddings = np.array(
    [[-7.5, 7.5, -3, 12, 0], [-12, 18, 0, 0, 0], [5, -10, -2.5, 5, 30]],
    "float32",
)  # (input_dim, output_dim)
x = np.array([[0, 1, 2, 0], [2, 2, 1, 1]])  # (batch, steps)


def keras_int4(block_size):
    layer = keras.layers.Embedding(3, 5)
    layer.build()
    layer.set_weights([embeddings])
    config = keras.quantizers.Int4QuantizationConfig(block_size=block_size)
    layer.quantize(config=config)
    return layer


layer = keras_int4(block_size=2)
y = keras.ops.convert_to_numpy(layer(x))
stored = layer.get_weights()
assert keras.quantizers.Int4QuantizationConfig().block_size == 128
print("scales of the blocks:", stored[1], sep="\n")

# %%
# Compute it
# ----------
# Cut each stored byte into its lower and its upper four bits. There, 8 to 15
# stand for -8 to -1. From each number, subtract the zero point of its block,
# and multiply by the scale of its block. Then look up the rows of the tokens.

packed, scales, zeros, _ = stored
halves = np.stack([packed & 15, packed >> 4 & 15], axis=-1)
four_bits = halves.reshape(3, 6)[:, :5]  # the last half byte holds no number
signed = np.where(four_bits < 8, four_bits, four_bits - 16)
block_of = np.arange(5) // 2  # 0, 0, 1, 1, 2
table = scales[:, block_of] * (signed - zeros[:, block_of])
vectors = table[x]  # (batch, steps, output_dim)

# %%
# The function takes the block of each number from the layer (``g_idx``), and
# reads tables without blocks, too.

from keras_by_hand.quantization import int4_embedding

# %%
# Check it
# --------
# What the layer stores, and its outputs, are equal to the bit.

np.testing.assert_array_equal(y, np.float32(vectors), strict=True)

q, scale, zero = quantize_int4(embeddings.T, block_size=2)
g_idx = np.array([0, 0, 1, 1, 2], "float32")
weights = [pack_int4(q.T, axis=1), scale.T, zero.T, g_idx]
for of_keras, of_numpy in zip(stored, weights, strict=True):
    np.testing.assert_array_equal(of_keras, of_numpy, strict=True)
expected = int4_embedding(x, *weights, output_dim=5)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Without blocks (``block_size=-1``):

layer = keras_int4(block_size=-1)
q, scale = quantize_int4_columns(embeddings.T)
packed, stored_scale = layer.get_weights()
np.testing.assert_array_equal(packed, pack_int4(q.T, axis=1), strict=True)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(stored_scale, scale, tolerance)
y_rows = keras.ops.convert_to_numpy(layer(x))
expected = int4_embedding(x, packed, scale, output_dim=5)
np.testing.assert_allclose(y_rows, expected, tolerance)

# %%
# Break it
# --------
# Would you divide by the scales, as you do without blocks? The scale of a block
# multiplies.

packed, scale, zero, g_idx = weights
block = g_idx.astype("int64")
numbers = unpack_int4(packed, 5, axis=1) - zero[:, block]
wrong = (numbers / scale[:, block])[x]
print(f"{np.mean(wrong == y):.0%} of the outputs are right")
assert np.any(wrong != y)

# %%
# See it
# ------
# One vector in blocks of four. Each dash is a number that its block can hold.

vector = (rng.normal(size=16) * np.repeat([1, 3, 0.5, 2], 4)).round(2)
q, scale, zero = quantize_int4(vector[:, np.newaxis], block_size=4)
block = np.arange(16) // 4
numbers = (np.arange(-8, 8) - zero[block]) * scale[block]
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(numbers, "_", color="gray", markersize=14)
axis.plot(vector, "o", label="number")
axis.plot((q - zero[block]) * scale[block], "x", color="C1", label="in int4")
axis.set(title="int4: each block of a word's vector has its own 16 numbers")
axis.set(xlabel="place in the vector", xticks=range(0, 16, 4))
axis.legend(loc="lower right")
plt.show()
