r"""
Float LoRA beside an int8 kernel
================================

A kernel of whole numbers cannot take the small steps of training, so an
``int8`` layer is frozen but for its bias. LoRA gives it more to train: A and B
are float32, take the input before it is rounded, and what they compute is added
to what the whole numbers give.

.. math::

   y = \frac{\operatorname{round}(s_x x) \operatorname{round}(s_W W)}{s_x s_W}
   + \frac{\alpha}{r} \, x A B + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# The largest entry of each unit, and of each sample, is 127 times a power of
# two. Then the scales are powers of two, and float32 rounds nothing but what is
# meant to be rounded: the input has quarters, the kernel has odd numbers where
# its scale is below one. The last sample is zero.

features, units, rank, alpha = 8, 5, 2, 3
kernel_step = np.array([1, 2, 4, 1, 2])  # (units,)
x_step = np.array([[1], [2], [1], [4], [1], [2], [0]])  # (batch, 1)
kernel = np.random.randint(-126, 127, size=(features, units)) * kernel_step
kernel += np.random.randint(0, 2, size=kernel.shape)
kernel[3] = [127, -254, 508, -127, 254]
x = np.random.randint(-400, 400, size=(7, features)) / 4 * x_step
x[:, 5] = [127, 254, -127, 508, -127, 254, 0]
bias = np.array([3, -2, -1, 4, 6])
a = np.random.randint(-3, 4, size=(features, rank))
b = np.random.randint(-3, 4, size=(rank, units))

dense = keras.layers.Dense(units)
model = keras.Sequential([keras.Input(shape=(features,)), dense])
dense.set_weights([kernel, bias])
model.quantize("int8", filters=dense.name)
y_before = model.predict(x, verbose=0)
trained_before = [weight.name for weight in dense.trainable_weights]
dense.enable_lora(rank, lora_alpha=alpha)

weights = {
    weight.name: (tuple(weight.shape), weight.dtype, weight.trainable)
    for weight in dense.weights
}
for name, (shape, dtype, trainable) in weights.items():
    print(f"{name:14} {shape} {dtype:8} {'trained' if trainable else 'frozen'}")

# %%
# Compute it
# ----------
# The scales are those of the page about int8: 127 over the largest entry and
# 1e-7, in float32. Beside 127 that vanishes; where all is zero, it is needed.


def scales(values, axis):
    """What to multiply by before rounding, with ``axis`` kept: float32."""
    largest = np.abs(values.astype("float32")).max(axis=axis, keepdims=True)
    return np.float32(127) / (largest + np.float32(1e-7))


def lora_int8(x, kernel_q, kernel_scale, bias, a, b, alpha):
    """y, (batch, units), from whole numbers beside a product of floats."""
    x_scale = scales(x, axis=1)  # (batch, 1)
    whole = np.rint(x * x_scale) @ kernel_q / x_scale / kernel_scale
    return whole + alpha / a.shape[1] * x @ a @ b + bias


def quantized(kernel):
    """Whole numbers, (features, units), and their scales, (units,)."""
    scale = scales(kernel, axis=0)
    return np.rint(kernel * scale), scale[0]


kernel_q, kernel_scale = quantized(kernel)
expected = lora_int8(x, kernel_q, kernel_scale, bias, a, b, alpha)
unadapted = lora_int8(x, kernel_q, kernel_scale, bias, a, 0 * b, alpha)

# %%
# Check it
# --------
# Without LoRA only the bias could be trained. The answer is the same to the bit
# while B is zero.

np.testing.assert_equal(trained_before, ["bias"])
np.testing.assert_equal(
    weights,
    {
        "bias": ((units,), "float32", True),
        "lora_kernel_a": ((features, rank), "float32", True),
        "lora_kernel_b": ((rank, units), "float32", True),
        "kernel": ((features, units), "int8", False),
        "kernel_scale": ((units,), "float32", False),
    },
)
model.compile()
y_enabled = model.predict(x, verbose=0)
np.testing.assert_array_equal(y_before, unadapted)
np.testing.assert_array_equal(y_enabled, unadapted)

_, drawn_a, drawn_b, stored_kernel, stored_scale = dense.get_weights()
np.testing.assert_equal(np.unique(drawn_a).size, drawn_a.size)
np.testing.assert_equal(np.abs(drawn_a).max() < np.sqrt(6 / features), True)
np.testing.assert_array_equal(drawn_b, np.zeros((rank, units)))
np.testing.assert_array_equal(stored_kernel, kernel_q)
np.testing.assert_array_equal(stored_scale, kernel_scale)

# %%
# With A and B, it is equal to the bit again.

dense.set_weights([bias, a, b, stored_kernel, stored_scale])
y = model.predict(x, verbose=0)
print(y)
np.testing.assert_equal((y.shape, y.dtype), ((7, 5), np.float32))
np.testing.assert_array_equal(y, expected)

# %%
# Merge it
# --------
# A file gets one kernel of whole numbers, and new scales: the product is added
# to what the old ones stand for, and all is rounded anew. float32 here too, so
# that what lies near a half falls on the same side.

store = {}
dense.save_own_variables(store)
merged = (kernel_q / kernel_scale + alpha / rank * a @ b).astype("float32")
merged_q, merged_scale = quantized(merged)
wanted = {"0": merged_q, "1": bias, "2": merged_scale}
np.testing.assert_equal(list(store), list(wanted))
for key, array in wanted.items():
    written = keras.ops.convert_to_numpy(store[key])
    np.testing.assert_equal(
        written.dtype, np.int8 if key == "0" else np.float32
    )
    np.testing.assert_array_equal(written, array, err_msg=key)

# %%
# Break it
# --------
# A and B do not see the rounded input, nor the scale of the kernel. And the
# property ``kernel`` is of no use here: it adds their product to the whole
# numbers, as if these had no scale.

x_scale = scales(x, axis=1)
added = alpha / rank * a @ b
mistakes = {
    "rounded input": unadapted + np.rint(x * x_scale) / x_scale @ added,
    "scaled": unadapted + x @ added / kernel_scale,
    "kernel": x @ (kernel_q + added) + bias,
}
for name, wrong in mistakes.items():
    differ = np.count_nonzero(y != wrong)
    print(f"{name}: {differ} of {wrong.size} entries differ")
    np.testing.assert_equal(differ > wrong.size / 2, True, err_msg=name)
property_kernel = keras.ops.convert_to_numpy(dense.kernel)
np.testing.assert_array_equal(property_kernel, kernel_q + added)

# %%
# See it
# ------
# What is trained beside a kernel of 512 by 512: the bias, and ``rank * (512 +
# 512)`` numbers.

ranks, trained = [1, 4, 16, 64], []
for r in ranks:
    large = keras.layers.Dense(512)
    large.build((None, 512))
    large.enable_lora(r)
    trained.append(sum(int(np.prod(w.shape)) for w in large.trainable_weights))
    np.testing.assert_equal(trained[-1], 512 + r * (512 + 512))
    np.testing.assert_equal(large.count_params(), 512 * 512 + trained[-1])
fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
bars = axis.bar([*map(str, ranks), "all"], [*trained, 512 * 513])
bars[-1].set_color("C1")
axis.bar_label(bars)
axis.set(title=f"A small rank trains few of {512 * 513} numbers")
axis.set(xlabel="rank", ylabel="numbers that are trained", ylim=(0, 300000))
plt.show()
