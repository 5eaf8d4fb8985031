r"""
Bytes of a quantized layer: int4 is more than half of int8
==========================================================

int8 stores a byte for each weight, and int4 half a byte. Both need four bytes
for a scale; blocks of int4 add a zero point, and features the number of their
block.

.. math::

   \text{float32: } \quad & 4 n m + 4 m \\
   \text{int8: } \quad & n m + 4 m + 4 m \\
   \text{int4, columns: } \quad & \frac{n m}{2} + 4 m + 4 m \\
   \text{int4, blocks: } \quad &
   \frac{n m}{2} + \frac{5 n m}{B} + 4 n + 4 m

for n features, m units and blocks of B features. The last 4 m are the bias. If
m is odd or B doesn't divide n, then m/2 and n/B are rounded up.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------


def keras_bytes(features, units, config=None):
    """The bytes of all arrays of a Dense layer, by name."""
    layer = keras.layers.Dense(units)
    layer.build((None, features))
    if config is not None:
        layer.quantize(config=config)
    return {weight.name: weight.numpy().nbytes for weight in layer.weights}


Int8 = keras.quantizers.Int8QuantizationConfig
Int4 = keras.quantizers.Int4QuantizationConfig
print("int8:", keras_bytes(256, 32, Int8()))
print("int4:", keras_bytes(256, 32, Int4(block_size=16)))

# %%
# Compute it
# ----------


def dense_bytes(features, units, mode=None, block_size=128):
    """The bytes of a Dense layer with a bias; mode is None, "int8" or "int4".

    block_size is that of int4; -1 stands for whole columns.
    """
    if mode is None:
        return 4 * features * units + 4 * units
    if mode == "int8":
        return features * units + 4 * units + 4 * units
    packed = features * ((units + 1) // 2)
    if block_size == -1:
        return packed + 4 * units + 4 * units
    blocks = -(-features // block_size)  # rounded up
    return packed + 5 * blocks * units + 4 * features + 4 * units


# %%
# Check it
# --------
# Also for an odd number of units, and for blocks that aren't full.

for features, units in ((256, 32), (150, 51), (5, 1)):
    size = sum(keras_bytes(features, units).values())
    np.testing.assert_equal(dense_bytes(features, units), size)
    size = sum(keras_bytes(features, units, Int8()).values())
    np.testing.assert_equal(dense_bytes(features, units, "int8"), size)
    for block_size in (-1, 16, 64, 128):
        config = Int4(block_size=block_size)
        size = sum(keras_bytes(features, units, config).values())
        expected = dense_bytes(features, units, "int4", block_size)
        np.testing.assert_equal(expected, size)

config = Int4()  # blocks of 128
size = sum(keras_bytes(300, 4, config).values())
np.testing.assert_equal(dense_bytes(300, 4, "int4"), size)

# %%
# Break it
# --------
# Would you expect half the bytes of int8 from int4? Small blocks cost most of
# what it saves, and blocks of 8 all of it.

int8 = dense_bytes(1024, 1024, "int8")
for block_size in (128, 32, 16, 8):
    int4 = dense_bytes(1024, 1024, "int4", block_size)
    print(f"blocks of {block_size}: {int4 / int8:.0%} of int8")
    assert int4 != int8 // 2

# %%
# See it
# ------
# A layer of 1024 features and units.

block_sizes = 2 ** np.arange(3, 11)
int4 = [dense_bytes(1024, 1024, "int4", size) for size in block_sizes]
fig, axis = plt.subplots(figsize=(6, 3.2))
axis.plot(block_sizes, np.array(int4) / 1e6, "o-", label="int4 in blocks")
axis.axhline(int8 / 1e6, color="C1", label="int8")
half = dense_bytes(1024, 1024, "int4", -1)
axis.axhline(half / 1e6, color="C2", linestyle="--", label="int4, columns")
axis.set(title="Small blocks cost what int4 saves", ylim=(0, None))
axis.set_xscale("log", base=2)
in_float32 = dense_bytes(1024, 1024) / 1e6
axis.set(xlabel="features in a block")
axis.set(ylabel=f"MB ({in_float32:.1f} MB in float32)")
axis.legend()
plt.show()
