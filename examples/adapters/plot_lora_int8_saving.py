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

from keras_by_hand.quantization import quantize_int8

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
# Compute it
# ----------
# Round the kernel to whole numbers Q, as ``quantize`` does. Turn them back into
# floats and add the product of A and B. Then round the sum in the same way.

s = 127 / np.abs(kernel).max(axis=0)  # (units,)
Q = np.rint(s * kernel)  # (features, units)
M = np.float32(Q / s + 3 / 2 * a @ b)  # (features, units)
new_s = 127 / np.abs(M).max(axis=0)  # (units,)
new_Q = np.rint(new_s * M)  # (features, units)

# %%
# The whole function takes the whole numbers and scales of the layer. It also
# takes units whose weights are all zero.

from keras_by_hand.adapters import merge_lora_int8

# %%
# Check it
# --------
# Both sides round the same numbers.

np.testing.assert_array_equal(stored_q, new_Q.astype("int8"), strict=True)
np.testing.assert_allclose(stored_scale, new_s, rtol=1e-4)

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
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** With LoRA on int8,
#    ``Dense.kernel`` adds the product to the whole numbers, without their
#    scales.

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
