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
print("scales of the blocks:", stored[1], sep="\n")

# %%
# Compute it
# ----------


def int4_embedding(
    x, embeddings, embeddings_scale, embeddings_zero=None, g_idx=None,
    *, output_dim,
):  # fmt: skip
    """An Embedding layer in int4 (Keras documentation, Embedding).

    x: tokens, any shape, embeddings: packed, (input_dim, half of output_dim),
    scales and zero points: (input_dim, blocks), g_idx: the block of each
    number, (output_dim,). Without blocks the scales are (input_dim,). Returns
    (*x.shape, output_dim).
    """
    q = unpack_int4(embeddings[x], output_dim, axis=-1)
    if embeddings_zero is None:
        return q / embeddings_scale[x][..., np.newaxis]
    block = g_idx.astype("int64")
    q = q - embeddings_zero[x][..., block]
    return q * embeddings_scale[x][..., block]


# %%
# From other pages
# ----------------
# The last two expect a kernel, with blocks of rows. This page gives them the
# table, transposed.


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


def quantize_int4_columns(kernel):
    """int4 with block_size=-1: whole numbers, and a scale for each unit.

    kernel: (features, units). A weight is its number divided by the scale.
    """
    scale = 7 / (np.abs(kernel).max(axis=0) + 1e-7)
    return np.rint(kernel * scale).astype("int8"), scale


# %%
# Check it
# --------
# What the layer stores, and its outputs, are equal to the bit.

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
