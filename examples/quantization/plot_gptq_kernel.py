r"""
GPTQ and AWQ kernels: a row for each unit
=========================================

A Dense layer in GPTQ or AWQ stores its kernel transposed: a row for each unit,
integers from 0 to 15, two units in a byte. A group of features has a scale and
a zero point for each unit; AWQ also has a factor for each feature.

.. math::

   \text{GPTQ: } \quad W_{ij} &= s_{jg} \, (q_{ji} - z_{jg}) \\
   \text{AWQ: } \quad W_{ij} &= \frac{s_{jg} \, (q_{ji} - z_{jg})}{a_i}

for feature i, which is in group g, and unit j.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import pack_int4

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Eight features in groups of four, and five units. A policy makes layers that
# are quantized from the start; the arrays are loaded in the order of a file.

q = rng.integers(0, 16, size=(5, 8), dtype="uint8")  # (units, features)
scale = rng.integers(257, 512, size=(5, 2))  # (units, groups)
zero = rng.integers(0, 16, size=(5, 2), dtype="uint8")
factors = 2.0 ** rng.integers(-3, 4, size=8)  # (features,)
g_idx = np.arange(8) / 4  # the group of each feature, with a fraction
bias = np.arange(5)
x = rng.integers(-9, 10, size=(6, 8)).astype("float32")  # (batch, features)


def keras_outputs(policy, *arrays):
    layer = keras.layers.Dense(5, dtype=policy)
    layer.build(x.shape)
    numbered = {str(place): array for place, array in enumerate(arrays)}
    layer.load_own_variables(numbered)
    return keras.ops.convert_to_numpy(layer(x))


packed = pack_int4(q, dtype="uint8")  # (half the units, features)
y_gptq = keras_outputs(
    "gptq/4/4_from_float32", bias, packed, scale, zero, g_idx
)
y_awq = keras_outputs(
    "awq/4/4_from_float32", bias, packed, scale, zero, factors, g_idx
)
print(y_gptq[0], y_awq[0], sep="\n")

# %%
# Compute it
# ----------
# Take two units out of each byte. The first is the lower half. There are five
# units, so the sixth row is left out. Subtract the zero points, multiply by the
# scales, and transpose. AWQ also divides by the factor of each feature.

rows = np.zeros((6, 8))  # (units and one more, features)
rows[::2] = packed & 15
rows[1::2] = packed >> 4
group = g_idx.astype("int64")  # of each feature
W = (scale[:, group] * (rows[:5] - zero[:, group])).T  # (features, units)
gptq_by_hand = x @ W + bias
awq_by_hand = x @ (W / factors[:, np.newaxis]) + bias

# %%
# The whole functions take kernels of any size.

from keras_by_hand.quantization import awq_kernel, gptq_kernel

# %%
# Check it
# --------
# All numbers are whole, or divided by powers of two, so both are equal to the
# bit.

np.testing.assert_array_equal(y_gptq, np.float32(gptq_by_hand), strict=True)
np.testing.assert_array_equal(y_awq, np.float32(awq_by_hand), strict=True)

kernel = gptq_kernel(packed, scale, zero, g_idx)
expected = np.float32(x @ kernel + bias)
np.testing.assert_array_equal(y_gptq, expected, strict=True)

kernel_awq = awq_kernel(packed, scale, zero, factors, g_idx)
expected = np.float32(x @ kernel_awq + bias)
np.testing.assert_array_equal(y_awq, expected, strict=True)

# %%
# Break it
# --------
# In GPTQ Keras stores the group of a feature with a fraction: 3/4 is group 0.
# Would you round it?

rounded = np.rint(g_idx).clip(0, 1)
wrong = x @ gptq_kernel(packed, scale, zero, rounded) + bias
print(f"{np.mean(wrong == y_gptq):.0%} of the outputs are right")
assert np.any(wrong != y_gptq)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3))
axes[0].imshow(q, cmap="Purples", vmax=30, aspect="auto")
axes[0].set(title="stored", xlabel="feature", ylabel="unit")
axes[1].imshow(kernel, cmap="PuOr", vmin=-9000, vmax=9000, aspect="auto")
axes[1].set(title="read", xlabel="unit", ylabel="feature")
for axis, numbers in zip(axes, (q, kernel), strict=True):
    for (row, column), number in np.ndenumerate(numbers):
        place = {"ha": "center", "va": "center", "fontsize": 7}
        axis.text(column, row, f"{number:.0f}", color="black", **place)
plt.show()
