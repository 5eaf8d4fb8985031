r"""
GPTQ and AWQ weights in Keras: a row for each unit, two units in a byte
=======================================================================

To read a quantized kernel outside Keras, or to bring one from elsewhere into
Keras, you need its layout. A ``Dense`` layer in GPTQ or AWQ stores its kernel
transposed: a row for each unit, integers from 0 to 15. A group of features has
a scale and a zero point for each unit. AWQ also has a factor for each feature.

.. math::

   \text{GPTQ: } \quad W_{ij} &= s_{jg} \, (q_{ji} - z_{jg}) \\
   \text{AWQ: } \quad W_{ij} &= \frac{s_{jg} \, (q_{ji} - z_{jg})}{a_i}

for feature i, which is in group g, and unit j. In Keras the integers :math:`q`
are ``quantized_kernel``, the scales :math:`s` ``kernel_scale``, the zero points
:math:`z` ``kernel_zero`` and the factors :math:`a` ``awq_scales``. In files of
Keras 3.15.1, :math:`z` is missing: see the page "GPTQ or AWQ".
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Eight features in groups of four, and five units. The dtype (mode, bits, group
# size) makes a quantized layer. It loads arrays by number, as from a file.
rng = np.random.default_rng(313)
packed = rng.integers(0, 256, size=(3, 8))  # (half the units, features)
scale = rng.integers(257, 512, size=(5, 2))  # (units, groups)
zero = rng.integers(0, 16, size=(5, 2))
factors = 2.0 ** rng.integers(-3, 4, size=8)  # (features,)
g_idx = np.arange(8) / 4  # groups of features, with a fraction as in Keras
shared = [np.arange(5), packed, scale, zero]  # the bias comes first


def read_by_keras(mode, *arrays):
    """The kernel (features, units) that a layer reads from these arrays."""
    layer = keras.layers.Dense(5, dtype=f"{mode}/4/4_from_float32")
    layer.build((None, 8))
    layer.load_own_variables({str(n): array for n, array in enumerate(arrays)})
    return keras.ops.convert_to_numpy(layer(np.eye(8))) - np.arange(5)


kernel_gptq = read_by_keras("gptq", *shared, g_idx)
kernel_awq = read_by_keras("awq", *shared, factors, g_idx)

# %%
# Compute it
# ----------
# A byte holds two units of a feature, the first in its lower half. (The sixth
# row is left out.) A feature has the scale and the zero point of its group.
q = np.stack([packed & 15, packed >> 4], axis=1)  # (3, 2, features)
q = q.reshape(6, 8)[:5]  # (units, features)
group = g_idx.astype("int64")  # 3/4 is group 0
gptq_by_hand = (scale[:, group] * (q - zero[:, group])).T  # (features, units)
awq_by_hand = gptq_by_hand / factors[:, np.newaxis]

# %%
# Check it
# --------
np.testing.assert_array_equal(kernel_gptq, gptq_by_hand)
np.testing.assert_array_equal(kernel_awq, awq_by_hand)
# To bring your own integers q (units, features) into Keras, pack two rows.
rows = np.pad(q, [(0, 1), (0, 0)])  # five is odd, so add a row of zeros
shared[1] = rows[::2] + 16 * rows[1::2]
np.testing.assert_equal(read_by_keras("gptq", *shared, g_idx), kernel_gptq)

# %%
# Break it
# --------
# Suppose you take the first unit of a byte from its upper half.
exchanged = np.stack([packed >> 4, packed & 15], axis=1).reshape(6, 8)[:5]
wrong = (scale[:, group] * (exchanged - zero[:, group])).T
print("right:", gptq_by_hand[0], "wrong:", wrong[0])
assert np.any(wrong != gptq_by_hand)

# %%
# In full
# -------
# ``int4_to_gptq`` turns the arrays of an int4 layer with blocks into those of
# GPTQ: it transposes them, and adds 8 to the integers and zero points.
from keras_by_hand.quantization import awq_kernel, gptq_kernel, int4_to_gptq

expected = awq_kernel(*shared[1:], factors, g_idx)
np.testing.assert_array_equal(kernel_awq, expected)
int4 = keras.layers.Dense(5, use_bias=False)
int4.build((None, 8))
int4.quantize(config=keras.quantizers.Int4QuantizationConfig(block_size=4))
*arrays, blocks = int4.get_weights()
read = keras.ops.convert_to_numpy(int4(np.eye(8)))
converted = gptq_kernel(*int4_to_gptq(*arrays), blocks)
np.testing.assert_array_equal(read, converted, strict=True)

# %%
# See it
# ------
fig, axes = plt.subplots(1, 2, figsize=(6, 2.6), layout="constrained")
axes[0].imshow(q, cmap="Purples", aspect="auto")
axes[0].set(title="stored", xlabel="feature", ylabel="unit")
axes[1].imshow(gptq_by_hand, cmap="PuOr", aspect="auto")
axes[1].set(title="read", xlabel="unit", ylabel="feature")
plt.show()
