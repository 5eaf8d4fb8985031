r"""
int4 packing: two weights in a byte
===================================

Keras stores two numbers of four bits in a byte. The first stands in the lower
half, the second in the upper half. ``int4`` packs neighbouring units of its
kernel, GPTQ and AWQ pack neighbouring rows of theirs.

.. math::

   \text{byte} = (\text{first} \bmod 16) + 16 \, (\text{second} \bmod 16)

A negative number counts from 16 down: -1 is stored as 15, and -8 as 8. If the
length is odd, then the last upper half is 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Each unit reaches from -8 to 7, so that int4 keeps its weights as they are.

kernel = np.array([[-8, 7, -8, 7, -8], [7, -8, 7, -8, 7], [1, 2, 3, -1, -5]])
layer = keras.layers.Dense(5, use_bias=False)
layer.build((None, 3))
layer.set_weights([kernel])
layer.quantize("int4")
stored = layer.get_weights()[0]  # (features, half the units)
last_row = stored[2].view("uint8")
print([f"{byte:08b}" for byte in last_row])

# %%
# The first byte of the last row is ``00100001``: 2 in the upper half, and 1 in
# the lower.
#
# Compute it
# ----------
# Modulo 16, each number is from 0 to 15. There are five units, so add a sixth
# one of zeros. The first, third and fifth unit are the lower halves of the
# bytes. The others, times 16, are the upper halves.

halves = np.pad(kernel % 16, [(0, 0), (0, 1)])  # (features, six units)
by_hand = halves[:, ::2] + 16 * halves[:, 1::2]  # (features, half the units)

# %%
# The whole functions pack along any axis, and unpack. ``& 15`` keeps the lower
# four bits. ``<< 4`` moves them to the upper half, and ``>> 4`` moves them
# back. The slice ``arr[: len(arr) % 2]`` is empty if the length is even, and
# has one entry if it is odd: then one zero is added. For the numbers 8 to 15
# ``(q ^ 8) - 8`` is ``q - 16``, and for 0 to 7 it is ``q``.

from keras_by_hand.quantization import pack_int4, unpack_int4

# %%
# Check it
# --------
# The layer stores the same bytes, and reads its kernel from them.

stored_bytes = stored.view("uint8")
np.testing.assert_array_equal(
    stored_bytes, by_hand.astype("uint8"), strict=True
)

q = kernel.astype("int8")
np.testing.assert_array_equal(stored, pack_int4(q, axis=1), strict=True)
np.testing.assert_array_equal(unpack_int4(stored, 5, axis=1), q, strict=True)
y = keras.ops.convert_to_numpy(layer(np.eye(3)))
np.testing.assert_array_equal(y, np.float32(kernel), strict=True)

# %%
# Keras' own functions agree, too, for all pairs of numbers, from -8 to 7 and
# from 0 to 15.

unsigned = np.indices((16, 16), "uint8").reshape(2, 256)
for pairs in (unsigned, unsigned.astype("int8") - 8):
    dtype = pairs.dtype.name
    keras_packed, _, _ = keras.quantizers.pack_int4(pairs, dtype=dtype)
    packed = pack_int4(pairs, dtype=dtype)
    np.testing.assert_array_equal(keras_packed, packed, strict=True)
    read = keras.quantizers.unpack_int4(packed, 2, dtype=dtype)
    np.testing.assert_array_equal(read, pairs, strict=True)
    read = unpack_int4(packed, 2, dtype=dtype)
    np.testing.assert_array_equal(read, pairs, strict=True)

# %%
# Break it
# --------
# Would you take the first number from the upper half, as you read the digits?

exchanged = (stored << 4) | (stored >> 4 & 15)
wrong = unpack_int4(exchanged, 5, axis=1)
print(wrong[2], "instead of", q[2])
assert np.any(wrong != q)

# %%
# See it
# ------

bits = np.unpackbits(last_row).reshape(3, 8)
fig, axis = plt.subplots(figsize=(6, 2.8))
axis.imshow(bits, cmap="Blues", vmax=2)
for (row, column), bit in np.ndenumerate(bits):
    axis.text(column, row, bit, color="black", ha="center", va="center")
axis.axvline(3.5, color="gray")
axis.set(title="Three bytes hold 1, 2, 3, -1 and -5")
axis.set(xlabel="second, fourth and no number | first, third and fifth")
axis.set(xticks=[], yticks=range(3), ylabel="byte")
plt.show()
