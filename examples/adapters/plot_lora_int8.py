r"""
LoRA on a quantized layer (int8): float matrices beside integers
================================================================

A kernel in int8 takes little memory, but it cannot take the small steps of
training. So it is frozen, and LoRA trains two thin matrices A and B in float32
beside it. They take the input as it is, not rounded to int8. (QLoRA is the same
with four bits: in Keras, ``quantize("int4")`` and then ``enable_lora``.)

.. math::

   y &= \frac{\text{round}(s_x x) \; \text{round}(s_W W)}{s_x \, s_W} \\
   &\quad + \frac{\alpha}{r} \, x A B + b

:math:`W` is the kernel, :math:`b` the bias, :math:`r` the rank, and
:math:`\alpha` is ``lora_alpha``. The scales are 127 divided by the largest
absolute input of a sample (:math:`s_x`) or weight of a unit (:math:`s_W`).
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The largest numbers are 127 times a power of two, so the scales are exact.

rng = np.random.default_rng(313)
kernel = rng.integers(-127, 128, size=(6, 4)).astype("float32")
kernel[0] = [127, -254, 508, 127]  # (features, units)
bias = np.array([3, -2, -1, 4])  # (units,)
a = rng.integers(-3, 4, size=(6, 2))  # (features, rank)
b = rng.integers(-3, 4, size=(2, 4))  # (rank, units)
x = rng.integers(-250, 251, size=(3, 6)).astype("float32") / 4
x[:, 0] = [127, 254, -127]  # (batch, features)
dense = keras.layers.Dense(4)
dense.build((None, 6))
dense.set_weights([kernel, bias])
dense.quantize("int8")
dense.enable_lora(rank=2, lora_alpha=3)
dense.lora_kernel_a.assign(a)
dense.lora_kernel_b.assign(b)
y = keras.ops.convert_to_numpy(dense(x))  # (batch, units)
merged_by_keras = keras.ops.convert_to_numpy(dense.kernel)
dense.save_own_variables(store := {})  # what a file gets
q_stored = keras.ops.convert_to_numpy(store["0"])

# %%
# Compute it
# ----------
# Round the input and the kernel to integers, multiply these, and divide by the
# scales. Then add what A and B make of the input before it is rounded.

s_x = 127 / np.abs(x).max(axis=1, keepdims=True)  # (batch, 1)
s_W = 127 / np.abs(kernel).max(axis=0)  # (units,)
kernel_q = np.rint(s_W * kernel)  # (features, units)
rounded = np.rint(s_x * x) / s_x  # (batch, features)
by_hand = rounded @ kernel_q / s_W + 3 / 2 * x @ a @ b + bias

# %%
# To save the layer, Keras turns the kernel into floats, adds the product, and
# rounds the sum to int8 once more, with new scales.

merged = kernel_q / s_W + 3 / 2 * a @ b  # (features, units)
q_by_hand = np.rint(merged * 127 / np.abs(merged).max(axis=0))

from keras_by_hand.adapters import lora_int8_dense, merge_lora_int8

# %%
# Check it
# --------
# The functions need only what a quantized layer keeps: integers and scales.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)
np.testing.assert_array_equal(q_stored, q_by_hand.astype("int8"), strict=True)
q = kernel_q.astype("int8")
expected = lora_int8_dense(x, bias, a, b, q, s_W, lora_alpha=3)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
expected, _ = merge_lora_int8(q, s_W, a, b, lora_alpha=3)
np.testing.assert_array_equal(q_stored, expected, strict=True)

# %%
# Break it
# --------
# Add the product of A and B to ``kernel_q / s_W``, not to ``kernel_q``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** With LoRA on int8,
#    ``Dense.kernel`` adds the product to the whole numbers, without their
#    scales.

np.testing.assert_array_equal(merged_by_keras, kernel_q + 3 / 2 * a @ b)
print("right:", merged[0], "wrong:", merged_by_keras[0])
assert np.any(merged != merged_by_keras)

# %%
# See it
# ------
steps = np.ravel(q_by_hand - merged * 127 / np.abs(merged).max(axis=0))
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.bar(np.arange(24), steps)
axis.set(title="Saving moves the merged kernel by up to half a step")
axis.set(xlabel="entry of the kernel", ylabel="steps of int8")
plt.show()
