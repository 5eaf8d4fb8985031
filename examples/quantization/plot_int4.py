r"""
int4 quantization in Keras: sixteen numbers for each block of weights
=====================================================================

``model.quantize("int4")`` stores each weight in 4 bits, an eighth of float32. A
``Dense`` layer then has integers from -8 to 7, packed two to a byte. Each block
of features, 128 by default, has a scale and a zero point for each unit.

.. math::

   s &= \frac{\text{high} - \text{low} + 10^{-7}}{15} \\
   z &= \text{round}\left(\frac{-\text{low}}{s}\right) - 8 \\
   q &= \min\left(\text{round}\left(\frac{W}{s}\right) + z, \; 7\right)

:math:`W` is the kernel, :math:`s` the scale, :math:`z` the zero point; the
integers :math:`q` are read as :math:`s (q - z)`. Low and high are the lowest
and highest of the block's weights and 0. If both roundings go up, 8 becomes 7.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Blocks of three features. The second has two; Keras fills it up with a zero.
kernel = np.float32([[-7.5, 0], [7.5, 0], [2.5, 0], [-30, 15], [-10, 7]])


def quantized(kernel, block_size):  # the kernel that is read, and the arrays
    layer = keras.layers.Dense(2, use_bias=False)
    layer.build((None, len(kernel)))
    layer.set_weights([kernel])
    config = keras.quantizers.Int4QuantizationConfig(block_size=block_size)
    layer.quantize(config=config)
    read = keras.ops.convert_to_numpy(layer(np.eye(len(kernel))))
    return read, layer.get_weights()


read, (packed, scale, zero, block) = quantized(kernel, block_size=3)

# %%
# Compute it
# ----------
# The lowest and highest weights of a block give each unit its scale and zero
# point. A byte has two units, the first in its lower half. -1 is stored as 15.
by_hand, bytes_by_hand = [], []
for first in (0, 3):
    W = kernel[first : first + 3]  # (features of the block, units)
    low = np.minimum(W.min(axis=0), 0)  # (units,)
    high = np.maximum(W.max(axis=0), 0)
    s = (high - low + 1e-7) / 15
    z = np.rint(-low / s) - 8
    q = np.minimum(np.rint(W / s) + z, 7)
    by_hand.extend(s * (q - z))
    bytes_by_hand.extend(q[:, 0] % 16 + 16 * (q[:, 1] % 16))

# %%
# Check it
# --------
np.testing.assert_array_equal(read, np.float32(by_hand), strict=True)
np.testing.assert_array_equal(packed.view("uint8").ravel(), bytes_by_hand)
# To unpack, take both halves (nibbles) of each byte. 15 becomes -1 again.
halves = np.stack([packed & 15, packed >> 4 & 15], axis=2)
unpacked = (halves.reshape(5, -1)[:, :2] ^ 8) - 8  # (features, units)
np.testing.assert_array_equal(unpacked[3:], q)  # the second block

# %%
# Break it
# --------
# Suppose low and high leave out the 0. Then the zero point can be cut off.
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** A
#    ``Dense`` layer in int4 has wrong values for a full block whose weights all
#    have the same sign: 8, 12 and 15 all become 7. (`Fixed since
#    <https://github.com/keras-team/keras/pull/23636>`__.)
right = np.float32([[8, -15], [12, -12], [15, -8]])
wrong, _ = quantized(right, block_size=3)
print("right:", right[:, 0], "wrong:", wrong[:, 0])
np.testing.assert_allclose(wrong, [[7, -7]] * 3, rtol=1e-4)
assert np.all(wrong != right)

# %%
# In full
# -------
# With ``block_size=-1``, weights of one sign come out right: a unit has one
# scale, by which its integers are divided, and no zero point.
from keras_by_hand.quantization import int4_dense, quantize_int4_columns

y = int4_dense(np.eye(5), packed, scale, zero, block)
np.testing.assert_array_equal(read, np.float32(y), strict=True)
read, _ = quantized(right, block_size=-1)
q, scale = quantize_int4_columns(right)
print("weights:", right[:, 0], "without blocks:", read[:, 0].round(2))
np.testing.assert_allclose(read, q / scale, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 2), layout="constrained")
axis.vlines((np.arange(-8, 8) - z[0]) * s[0], 0, 1)  # of the second block
axis.plot(kernel[3:, 0], [0.5, 0.5], "oC1")
axis.set(title="Two weights (dots) and their block's 16 numbers", yticks=[])
plt.show()
