r"""
int4: blocks whose weights have one sign
========================================

In Keras 3.15.1 int4 gives wrong values for a full block whose weights all have
the same sign: its numbers begin at 0, and don't reach far enough.

.. math::

   s &= \frac{\text{high} - \text{low} + 10^{-7}}{15} \\
   z &= \text{clip}\left(\text{round}\left(\frac{-\text{low}}{s}\right) - 8, \;
   -8, \; 7\right)

If low is positive, then :math:`z` is clipped to -8, and the highest number is
:math:`15 s`, or high - low. The remedy: low and high have to be the lowest and
the highest of the weights and 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import quantize_int4

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The identity matrix as input gives the kernel that the layer reads.

kernel = np.array([[8, -15], [12, -12], [15, -8]], "float32")


def keras_reads(kernel, block_size):
    """The kernel that a Dense layer in int4 reads, (features, units)."""
    features, units = kernel.shape
    config = keras.quantizers.Int4QuantizationConfig(block_size=block_size)
    layer = keras.layers.Dense(units, use_bias=False)
    layer.build((None, features))
    layer.set_weights([kernel])
    layer.quantize(config=config)
    return keras.ops.convert_to_numpy(layer(np.eye(features)))


wrong = keras_reads(kernel, block_size=3)
print(wrong)

# %%
# Compute it
# ----------
# What Keras 3.15.1 stores, for one block with all features. Its numbers would
# reach from low to high. But the zero point is clipped, so they begin or end
# at 0.

low, high = kernel.min(axis=0), kernel.max(axis=0)  # (units,)
s = (high - low + 1e-7) / 15
z = np.clip(np.rint(-low / s) - 8, -8, 7)
numbers = np.clip(np.rint(kernel / s) + z, -8, 7)  # (features, units)
by_hand = s * (numbers - z)  # the kernel that the layer reads

# %%
# The whole function takes blocks of any size. ``read_blocks`` is the last of
# the lines above, for several blocks.

from keras_by_hand.quantization import quantize_int4_without_zero


def read_blocks(q, scale, zero):
    """The kernel (features, units) from blocks of equal size."""
    block = np.arange(len(q)) * len(scale) // len(q)  # of each feature
    return scale[block] * (q - zero[block])


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** A
#    ``Dense`` layer in int4 has wrong values for a block whose weights all have
#    the same sign: 8, 12 and 15 all become 7. (`Fixed since
#    <https://github.com/keras-team/keras/pull/23636>`__.)

np.testing.assert_allclose(wrong, by_hand, rtol=1e-4)
np.testing.assert_allclose(wrong, [[7, -7], [7, -7], [7, -7]], rtol=1e-6)
mixed = rng.normal(loc=1, size=(64, 20)).astype("float32")
expected = read_blocks(*quantize_int4_without_zero(mixed, block_size=4))
np.testing.assert_allclose(keras_reads(mixed, 4), expected, rtol=1e-4)

# %%
# With the 0 the weights are right. In Keras they are, too, if the block isn't
# full, because then it is filled with zeros.

right = read_blocks(*quantize_int4(kernel, block_size=3))
np.testing.assert_allclose(right, kernel, rtol=1e-6)
np.testing.assert_allclose(keras_reads(kernel, block_size=4), right, rtol=1e-6)

# %%
# Break it
# --------
# Would you leave the 0 out, as the scale gets smaller without it?

print(f"largest error: {np.abs(wrong - kernel).max():.1f}")
assert not np.allclose(wrong, right)

# %%
# See it
# ------
# Where m is between -1 and 1, the block has weights of both signs.

offsets = np.linspace(-2, 2, 41)
unit = np.linspace(-1, 1, 128, dtype="float32")[:, np.newaxis]
fig, axis = plt.subplots(figsize=(6, 3.4))
for label, quantize in (
    ("Keras 3.15.1", quantize_int4_without_zero),
    ("with 0", quantize_int4),
):
    errors = []
    for offset in offsets:
        weights = unit + np.float32(offset)
        read = read_blocks(*quantize(weights))
        errors.append(np.abs(read - weights).max())
    axis.plot(offsets, errors, label=label)
axis.set(title="int4: a block with 128 weights from m - 1 to m + 1")
axis.set(xlabel="m, the mean of the weights", ylabel="largest error")
axis.legend()
plt.show()
