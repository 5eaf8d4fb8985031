r"""
int4 to GPTQ: the same kernel, transposed and without signs
===========================================================

A kernel in int4 with blocks can be stored as GPTQ without quantizing it again.
GPTQ has a row for each unit, and its numbers begin at 0, where int4 has -8.

.. math::

   q_\text{GPTQ} &= (q + 8)^T \\
   z_\text{GPTQ} &= (z + 8)^T \\
   s_\text{GPTQ} &= s^T

The difference :math:`q - z` stays the same, and so does the weight
:math:`s \, (q - z)`, to the bit.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import unpack_int4

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two blocks of four features, and three units. Given the identity matrix, a
# layer without a bias returns the kernel it reads.

kernel = rng.normal(size=(8, 3))  # (features, units)
layer = keras.layers.Dense(3, use_bias=False)
layer.build((None, 8))
layer.set_weights([kernel])
layer.quantize(config=keras.quantizers.Int4QuantizationConfig(block_size=4))
packed, scale, zero, g_idx = layer.get_weights()
read_int4 = keras.ops.convert_to_numpy(layer(np.eye(8)))
print("packed:", packed.shape, "scale:", scale.shape, "groups:", g_idx)

# %%
# Compute it
# ----------
# Transpose the three arrays. Add 8 to the numbers and to the zero points.

numbers = unpack_int4(packed, 3, axis=1)  # (features, units)
numbers_by_hand = (numbers.T + 8).astype("uint8")  # (units, features)
zero_by_hand = (zero.T + 8).astype("uint8")  # (units, blocks)
scale_by_hand = scale.T  # (units, blocks)

# %%
# The whole function also packs the numbers again, two units in a byte.

from keras_by_hand.quantization import int4_to_gptq

# %%
# Check it
# --------
# A layer in GPTQ with groups of four reads the same kernel, to the bit.


def read_gptq(packed, kernel_scale, kernel_zero):
    """The kernel that a layer in GPTQ reads, (features, units)."""
    gptq = keras.layers.Dense(3, use_bias=False, dtype="gptq/4/4_from_float32")
    gptq.build((None, 8))
    stored = [packed, kernel_scale, kernel_zero, g_idx]
    gptq.load_own_variables({str(n): array for n, array in enumerate(stored)})
    return keras.ops.convert_to_numpy(gptq(np.eye(8)))


bytes_of_keras, _, _ = keras.quantizers.pack_int4(
    numbers_by_hand, dtype="uint8"
)
read = read_gptq(bytes_of_keras, scale_by_hand, zero_by_hand)
np.testing.assert_array_equal(read, read_int4, strict=True)

gptq_packed, gptq_scale, gptq_zero = int4_to_gptq(packed, scale, zero)
read = read_gptq(gptq_packed, gptq_scale, gptq_zero)
np.testing.assert_array_equal(read, read_int4, strict=True)

# %%
# Break it
# --------
# Would you only transpose the bytes, as both formats pack two units in a byte?
# A negative number is then read as one from 8 up.

not_moved = read_gptq(packed.T.view("uint8"), gptq_scale, gptq_zero)
right = np.isclose(not_moved, read_int4)
print(f"{np.mean(right):.0%} of the weights are right")
assert not np.allclose(not_moved, read_int4)

# %%
# See it
# ------

q = unpack_int4(packed, 3, axis=1)
q_gptq = unpack_int4(gptq_packed, 3, dtype="uint8")
fig, axes = plt.subplots(1, 2, figsize=(6, 3))
for axis, title, numbers in [(axes[0], "int4", q), (axes[1], "GPTQ", q_gptq)]:
    axis.imshow(numbers, cmap="Purples", vmax=30, aspect="auto")
    axis.set(title=f"{title}: whole numbers as stored", xticks=[], yticks=[])
    for (row, column), number in np.ndenumerate(numbers):
        axis.text(column, row, str(number), ha="center", va="center")
axes[0].set(xlabel="unit", ylabel="feature")
axes[1].set(xlabel="feature", ylabel="unit")
plt.show()
