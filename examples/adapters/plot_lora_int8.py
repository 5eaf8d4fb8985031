r"""
LoRA on int8: float matrices beside a kernel of whole numbers
=============================================================

A kernel in int8 cannot take the small steps of training, so it is frozen. LoRA
trains A and B in float32 beside it. They take the input before it is rounded,
and what they compute is added to the answer of the int8 layer.

.. math::

   y &= \frac{\text{round}(s_x x) \; \text{round}(s_W W)}{s_x \, s_W} \\
   &\quad + \frac{\alpha}{r} \, x A B + b

The scale of each sample is :math:`s_x`, and that of each unit :math:`s_W`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# In the first row, the largest number of each unit and sample is 127 times a
# power of two. So the scales are powers of two.

kernel = rng.integers(-127, 128, size=(6, 4))  # (features, units)
kernel[0] = [127, -254, 508, 127]
bias = np.array([3, -2, -1, 4])  # (units,)
a = rng.integers(-3, 4, size=(6, 2))  # (features, rank)
b = rng.integers(-3, 4, size=(2, 4))  # (rank, units)
x = rng.integers(-250, 251, size=(3, 6)) / 4  # (batch, features)
x[:, 0] = [127, 254, -127]

dense = keras.layers.Dense(4)
dense.build((None, 6))
dense.set_weights([kernel, bias])
dense.quantize("int8")
dense.enable_lora(rank=2, lora_alpha=3)
_, first_a, first_b, *frozen = dense.get_weights()
y_enabled = keras.ops.convert_to_numpy(dense(x.astype("float32")))
dense.set_weights([bias, a, b, *frozen])
y = keras.ops.convert_to_numpy(dense(x.astype("float32")))
for weight in dense.weights:
    print(weight.name, weight.dtype, "trained" if weight.trainable else "")

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


def int8_dense(x, kernel_q, kernel_scale, bias=0, weights_only=False):
    """Dense in int8; weights_only is Keras' activation_quantizer=None.

    x: (batch, features), kernel_q: (features, units), kernel_scale: (units,) or
    (1, units), bias: (units,). Returns (batch, units).
    """
    if weights_only:
        return x @ kernel_q / kernel_scale + bias
    x_q, x_scale = quantize_int8(x, axis=-1)
    total = x_q.astype("int32") @ kernel_q.astype("int32")
    return total / (x_scale * kernel_scale) + bias


# %%
# Compute it
# ----------


def lora_int8_dense(x, bias, a, b, kernel_q, kernel_scale, *, lora_alpha=None):
    """A Dense layer in int8 with LoRA (Hu et al., 2021, section 4.1).

    x: (batch, features), bias: (units,), a: (features, rank), b: (rank,
    units), kernel_q: (features, units) in int8, kernel_scale: (units,).
    Returns (batch, units). By default alpha is the rank.
    """
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    return int8_dense(x, kernel_q, kernel_scale, bias) + factor * (x @ a @ b)


# %%
# Check it
# --------
# Only the bias, A and B are trained. B begins with zeros, so at first the
# answers are those of the int8 layer. Nothing but the kernel and the input is
# rounded: equal to the bit.

trained = [weight.name for weight in dense.trainable_weights]
np.testing.assert_equal(trained, ["bias", "lora_kernel_a", "lora_kernel_b"])
x, kernel = x.astype("float32"), kernel.astype("float32")
kernel_q, kernel_scale = quantize_int8(kernel)
weights = bias, a, b, kernel_q, kernel_scale[0]
expected = lora_int8_dense(x, *weights, lora_alpha=3)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
np.testing.assert_array_equal(
    y_enabled, int8_dense(x, kernel_q, kernel_scale, bias)
)

# %%
# Saving rounds once more: it adds the product to the numbers that the kernel
# stands for, and makes new whole numbers and new scales.

store = {}
dense.save_own_variables(store)
merged = np.float32(kernel_q / kernel_scale + 3 / 2 * a @ b)
merged_q, merged_scale = quantize_int8(merged)
stored_q = keras.ops.convert_to_numpy(store["0"])
stored_scale = keras.ops.convert_to_numpy(store["2"])
np.testing.assert_array_equal(stored_q, merged_q, strict=True)
np.testing.assert_array_equal(stored_scale, merged_scale[0], strict=True)

dense.lora_alpha = 2  # the default for this rank
y_default = keras.ops.convert_to_numpy(dense(x))
np.testing.assert_array_equal(y_default, lora_int8_dense(x, *weights))

# %%
# Break it
# --------
# Would you give A the rounded input? Or use ``dense.kernel``?
#
# .. warning:: **Seen in Keras 3.15.1:** With LoRA on int8, ``dense.kernel``
#    adds the product to the whole numbers, without their scales.

x_q, x_scale = quantize_int8(x, axis=-1)
unadapted = int8_dense(x, kernel_q, kernel_scale, bias)
assert np.any(y != unadapted + 3 / 2 * (x_q / x_scale) @ a @ b)
mixed = keras.ops.convert_to_numpy(dense.kernel)
np.testing.assert_array_equal(mixed, kernel_q + a @ b)
assert np.any(mixed != merged)

# %%
# See it
# ------
# What does merging cost? Rounding again moves each number of the kernel.

moved = np.abs(merged_q / merged_scale - merged)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
image = axis.imshow(moved, aspect="auto")
axis.set(title="int8: a saved LoRA is rounded once more")
axis.set(xlabel="unit", ylabel="feature", xticks=range(4))
fig.colorbar(image, label="move of the merged kernel")
plt.show()
