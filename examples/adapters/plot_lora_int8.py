r"""
LoRA on int8: float matrices beside a kernel of whole numbers
=============================================================

A kernel in int8 cannot take the small steps of training, so it is frozen. LoRA
trains A and B in float32 beside it. They take the input before it is rounded,
and their product is added to the output of the int8 layer.

.. math::

   y &= \frac{\text{round}(s_x x) \; \text{round}(s_W W)}{s_x \, s_W} \\
   &\quad + \frac{\alpha}{r} \, x A B + b

The scale :math:`s_x` is 127 divided by the largest size of a number in the
sample, and :math:`s_W` by the largest in the unit's column of :math:`W`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import int8_dense, quantize_int8

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# In each unit (row 0 of the kernel) and sample (column 0 of the input), the
# largest number is 127 times a power of two. So the scales are powers of two in
# float32, and nothing else is rounded.

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
y_int8 = keras.ops.convert_to_numpy(dense(x))
dense.enable_lora(rank=2, lora_alpha=3)
y_enabled = keras.ops.convert_to_numpy(dense(x))
dense.lora_kernel_a.assign(a)
dense.lora_kernel_b.assign(b)
y = keras.ops.convert_to_numpy(dense(x))
for weight in dense.weights:
    print(weight.name, weight.dtype, "trained" if weight.trainable else "")

# %%
# Compute it
# ----------
# Round the input and the kernel to whole numbers, multiply these, and divide by
# the scales. Then add what A and B make of the input before it is rounded.

s_x = 127 / np.abs(x).max(axis=1, keepdims=True)  # (batch, 1)
s_W = 127 / np.abs(kernel).max(axis=0)  # (units,)
whole_sums = np.rint(s_x * x) @ np.rint(s_W * kernel)  # (batch, units)
by_hand = whole_sums / (s_x * s_W) + 3 / 2 * x @ a @ b + bias

# %%
# The whole function takes the whole numbers and scales that the layer stores.
# The weights stand in the order in which Keras has them.

from keras_by_hand.adapters import lora_int8_dense

# %%
# Check it
# --------
# B begins with zeros, so at first the outputs are those of the int8 layer.
# Kernel and input are rounded by both sides alike: equal to the bit.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

kernel_q, kernel_scale = quantize_int8(kernel)
int8_output = int8_dense(x, kernel_q, kernel_scale, bias)
np.testing.assert_array_equal(y_int8, int8_output)
np.testing.assert_array_equal(y_enabled, int8_output)
weights = bias, a, b, kernel_q, kernel_scale[0]
expected = lora_int8_dense(x, *weights, lora_alpha=3)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
trained = [weight.name for weight in dense.trainable_weights]
np.testing.assert_equal(trained, ["bias", "lora_kernel_a", "lora_kernel_b"])

# %%
# Break it
# --------
# Does LoRA take the input that the int8 layer has rounded? No, that would round
# what LoRA adds, too.

x_q, x_scale = quantize_int8(x, axis=-1)
of_rounded = int8_output + 3 / 2 * (x_q / x_scale) @ a @ b
assert np.any(y != of_rounded)

# %%
# See it
# ------
# With LoRA the int8 layer is as far from the exact output as without it.

exact = x @ kernel + bias
exact_lora = exact + 3 / 2 * x @ a @ b
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(np.ravel(y_int8 - exact), "s", markersize=9, label="int8")
axis.plot(np.ravel(y - exact_lora), "o", label="int8 with LoRA")
axis.plot(np.ravel(of_rounded - exact_lora), "x", label="LoRA of rounded input")
axis.set(title="LoRA adds no rounding to int8", ylabel="error")
axis.set(xlabel="outputs of three samples and four units")
axis.legend()
plt.show()
