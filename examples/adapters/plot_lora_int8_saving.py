r"""
LoRA on int8, saved: the merged kernel is rounded once more
===========================================================

Saving a quantized ``Dense`` layer with LoRA turns its kernel back into floats,
adds the product of A and B, and rounds the sum to int8 again, with new scales.

.. math::

   M &= \frac{Q}{s} + \frac{\alpha}{r} A B \\
   s' &= \frac{127}{\max |M|} \\
   Q' &= \text{round}(s' M)

Here :math:`Q` and :math:`s` are the kernel's whole numbers and its scales, one
for each unit; :math:`Q'` and :math:`s'` go into the file.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The largest number of each unit is 127 times a power of two, so the first
# scales are powers of two in float32. ``save_own_variables`` fills what a file
# gets: "0" is the kernel, "1" the bias, "2" the scale.

kernel = rng.integers(-127, 128, size=(6, 4)).astype("float32")
kernel[0] = [127, -254, 508, 127]  # (features, units)
bias = np.array([3, -2, -1, 4])  # (units,)
a = rng.integers(-3, 4, size=(6, 2))  # (features, rank)
b = rng.integers(-3, 4, size=(2, 4))  # (rank, units)

dense = keras.layers.Dense(4)
dense.build((None, 6))
dense.set_weights([kernel, bias])
dense.quantize("int8")
dense.enable_lora(rank=2, lora_alpha=3)
dense.lora_kernel_a.assign(a)
dense.lora_kernel_b.assign(b)
store = {}
dense.save_own_variables(store)
stored_q = keras.ops.convert_to_numpy(store["0"])
stored_scale = keras.ops.convert_to_numpy(store["2"])
print("scales before:", keras.ops.convert_to_numpy(dense.kernel_scale))
print("scales in the file:", stored_scale)

# %%
# From other pages
# ----------------


def quantize_int8(values, axis=0):
    """Whole numbers from -127 to 127, and the scale they share along axis.

    A kernel (features, units) has a scale for each unit, (1, units). Inputs
    (batch, features) with axis=-1 have one for each sample, (batch, 1). To get
    a number back, divide by its scale (keras.quantizers.abs_max_quantize).
    """
    scale = 127 / (np.abs(values).max(axis=axis, keepdims=True) + 1e-7)
    return np.rint(values * scale).astype("int8"), scale


# %%
# Compute it
# ----------


def merge_lora_int8(kernel_q, kernel_scale, a, b, *, lora_alpha=None):
    """The int8 kernel and its scale that Keras saves (Dense, merged LoRA).

    kernel_q: (features, units) in int8, kernel_scale: (units,), a: (features,
    rank), b: (rank, units). Returns arrays like the first two.
    """
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    merged = np.float32(kernel_q / kernel_scale + factor * a @ b)
    merged_q, merged_scale = quantize_int8(merged)
    return merged_q, merged_scale[0]


# %%
# Check it
# --------
# Both sides round the same numbers.

kernel_q, kernel_scale = quantize_int8(kernel)
merged_q, merged_scale = merge_lora_int8(
    kernel_q, kernel_scale[0], a, b, lora_alpha=3
)
np.testing.assert_array_equal(stored_q, merged_q, strict=True)
np.testing.assert_array_equal(stored_scale, merged_scale, strict=True)

# %%
# Break it
# --------
# Can the product be added to the whole numbers, or to ``dense.kernel``?
#
# .. warning:: **Seen in Keras 3.15.1:** With LoRA on int8, ``dense.kernel``
#    adds the product to the whole numbers, without their scales.

merged = kernel_q / kernel_scale + 3 / 2 * a @ b
mixed = keras.ops.convert_to_numpy(dense.kernel)
np.testing.assert_array_equal(mixed, kernel_q + 3 / 2 * a @ b)
assert np.any(mixed != merged)
assert np.any(mixed / kernel_scale != merged)

# %%
# See it
# ------
# A number of the kernel moves by at most half a step, where a step is one
# divided by the scale.

moved = merged_q / merged_scale - merged
steps = np.ravel(moved * merged_scale)
print(f"largest move: {np.abs(steps).max():.2f} steps")
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.bar(np.arange(24), steps)
axis.axhline(0.5, color="gray", linestyle="--")
axis.axhline(-0.5, color="gray", linestyle="--")
axis.set(title="Saving LoRA on int8 rounds the kernel once more")
axis.set(xlabel="entry of the kernel", ylabel="moved by, in steps")
plt.show()
