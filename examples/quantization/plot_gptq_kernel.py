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

rng = np.random.default_rng(313)

# %%
# From other pages
# ----------------
# Two integers share a byte.


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


packed = pack_int4(q)  # (half the units, features)
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


def gptq_kernel(packed, kernel_scale, kernel_zero, g_idx):
    """The kernel that a layer in GPTQ reads, (features, units).

    packed: (half the units, features), scales and zero points: (units, groups),
    g_idx: (features,). The group of a feature is the whole part of its g_idx.
    """
    group = g_idx.astype("int64")
    q = unpack_int4(packed, len(kernel_scale), axis=0, dtype="uint8")
    steps = q.astype("float64") - kernel_zero[:, group]
    return (steps * kernel_scale[:, group]).T


def awq_kernel(packed, kernel_scale, kernel_zero, awq_scales, g_idx):
    """The kernel that a layer in AWQ reads, (features, units).

    awq_scales: the factors, (features,); the others as in gptq_kernel.
    """
    kernel = gptq_kernel(packed, kernel_scale, kernel_zero, g_idx)
    return kernel / awq_scales[:, np.newaxis]


# %%
# Check it
# --------
# All numbers are whole, or divided by powers of two, so both are equal to the
# bit.

kernel = gptq_kernel(packed, scale, zero, g_idx)
expected = np.float32(x @ kernel + bias)
np.testing.assert_array_equal(y_gptq, expected, strict=True)

kernel_awq = awq_kernel(packed, scale, zero, factors, g_idx)
expected = np.float32(x @ kernel_awq + bias)
np.testing.assert_array_equal(y_awq, expected, strict=True)

# %%
# Break it
# --------
# In GPTQ Keras stores the group of a feature with a fraction: 0.75 is group 0.
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
