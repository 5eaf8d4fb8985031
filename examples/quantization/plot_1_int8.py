r"""
int8 multiplies whole numbers
=============================

A ``Dense`` layer quantized to ``int8`` keeps its kernel as whole numbers from
-127 to 127, with a scale for each unit. Whenever it is called, it rounds each
sample in the same way, multiplies whole numbers, and divides by both scales.

.. math::

   \begin{aligned}
   s_W &= \frac{127}{\max \left|W\right| + 10^{-7}} \;\text{ per unit}, \qquad
   s_x = \frac{127}{\max \left|x\right| + 10^{-7}} \;\text{ per sample} \\
   y &= \frac{\operatorname{round}(s_x x) \operatorname{round}(s_W W)}{s_x s_W}
   + b
   \end{aligned}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Units of very different size. The first has halves, which rounding must send
# somewhere; the last has only zeros, and so has the last sample. All numbers
# are so short that float32 does not round the answer of the float layer.

kernel = np.random.randint(-99, 100, size=(8, 5)).astype("float32")
kernel *= [0.5, 2**-6, 2**-3, 2**-17, 0]  # (features, units)
kernel[0, 0] = 127
bias = np.array([3, -2, -1, 0.5, 0.25], "float32")  # (units,)
x = np.random.randint(-253, 254, size=(6, 8)).astype("float32") / 2
x[:2] /= 64
x[2:, 3] = 127
x[-1] = 0  # (batch, features)

inputs = keras.Input(shape=(8,))
dense = keras.layers.Dense(5)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
y_float = model.predict(x, verbose=0)  # (batch, units)

np.testing.assert_equal((y_float.shape, y_float.dtype), ((6, 5), np.float32))
np.testing.assert_array_equal(y_float, x.astype("float64") @ kernel + bias)

# %%
# ``filters`` chooses the layers by name; without it, Keras warns that an input
# has nothing to quantize. From here on the float kernel is gone.

model.quantize("int8", filters=dense.name)

print(dense.dtype_policy)
np.testing.assert_equal(dense.quantization_mode, "int8")

y = model.predict(x, verbose=0)  # (batch, units)
print(y)

# %%
# Compute it
# ----------
# `np.rint`_ sends a half to the even neighbour, as Keras does. The scales and
# the products to be rounded are float32 here too: a product that lies near a
# half must fall on the same side. The whole numbers need more than the eight
# bits of ``int8`` once they are multiplied.
#
# .. _np.rint: https://numpy.org/doc/stable/reference/generated/numpy.rint.html


def quantized(values, axis):
    """int8 numbers and the scale they share along ``axis``."""
    largest = np.abs(values).max(axis=axis, keepdims=True)
    scale = np.float32(127) / (largest + np.float32(1e-7))
    return np.rint(values * scale).astype("int8"), scale


kernel_q, kernel_scale = quantized(kernel, axis=0)  # a scale for each unit
x_q, x_scale = quantized(x, axis=1)  # a scale for each sample

total = x_q.astype("int64") @ kernel_q.astype("int64")  # (batch, units)
scale = x_scale.astype("float64") * kernel_scale  # (batch, units)
expected = total / scale + bias
print(kernel_q)

# %%
# Check it
# --------
# What the layer stores is equal to the bit. The largest weight of each unit has
# become 127 or -127, so that there is nothing to clip; -128 is not used. The
# small number in the denominator is what keeps a unit of zeros finite.

stored = {weight.name: weight.dtype for weight in dense.weights}
print(stored)
float32 = "float32"
types = {"bias": float32, "kernel": "int8", "kernel_scale": float32}
np.testing.assert_equal(stored, types)

stored_bias, stored_kernel, stored_scale = dense.get_weights()
np.testing.assert_array_equal(stored_kernel, kernel_q)
np.testing.assert_array_equal(stored_scale, kernel_scale[0])
np.testing.assert_array_equal(stored_bias, bias)
np.testing.assert_equal(np.abs(kernel_q.astype(int)).max(axis=0)[:4], [127] * 4)

# %%
# The sum of products is a whole number: nothing is rounded until it is divided.
# The product of the scales is one rounding, the sum with the bias another, and
# the quotient one, or two on a backend that multiplies by the reciprocal. So
# the limit is two rounding units. Turned back, the answers are the very whole
# numbers.

np.testing.assert_equal((y.shape, y.dtype), ((6, 5), np.float32))

rounding_unit = np.finfo("float32").eps * (np.abs(total) / scale + np.abs(bias))
error = np.abs(y - expected)
print(f"largest error: {np.max(error / rounding_unit):.2f} rounding units")

np.testing.assert_array_less(error, 2.0 * rounding_unit)
np.testing.assert_array_equal(np.rint((y - bias) * scale), total)

# %%
# How far the answer moves
# ------------------------
# Rounding moves ``x`` by half a step at most, which is ``0.5 / x_scale``, and
# the kernel by ``0.5 / kernel_scale``. The first counts as often as the
# quantized kernel says, the second as often as the sample says:
#
# .. math::
#
#    \left|y - y_\text{float}\right| \le
#    \frac{1}{2 s_x} \sum_i \left|\hat{W}_{ij}\right| +
#    \frac{1}{2 s_W} \sum_i \left|x_i\right|, \quad
#    \hat{W} = \frac{\operatorname{round}(s_W W)}{s_W}
#
# The half is a little more where float32 rounds the product before it.

half = 0.5 + 127 * np.finfo("float32").eps
weights_read = np.abs(kernel_q / kernel_scale.astype("float64"))
bound = half * weights_read.sum(axis=0) / x_scale
bound = bound + half * np.abs(x).sum(axis=1, keepdims=True) / kernel_scale
move = np.abs(y - y_float)
print(f"largest move: {np.max(move[:-1] / bound[:-1]):.2f} of the bound")

np.testing.assert_array_less(move, bound + 2.0 * rounding_unit)

# %%
# Break it
# --------
# A half does not go up, 127 is not 128, and neither is there one scale for the
# whole kernel, which would leave nothing of a unit with small weights.

half_up = np.floor(kernel * kernel_scale + 0.5)
to_128 = np.rint(kernel * kernel_scale / 127 * 128)
one_scale = quantized(kernel, axis=(0, 1))[0]
mistakes = {"half up": half_up, "128": to_128, "one scale": one_scale}
for name, wrong in mistakes.items():
    print(f"{name}: {np.count_nonzero(wrong != kernel_q)} of 40 differ")
    np.testing.assert_equal(np.array_equal(wrong, kernel_q), False, name)
np.testing.assert_array_equal(one_scale[:, 3], np.zeros(8))

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3.6), layout="constrained")
fig.suptitle("Whatever its size, a unit gets all 255 whole numbers")
for axis, values in zip(axes, [kernel, stored_kernel]):
    axis.axhline(0, color="gray", linewidth=0.8)
    for unit in range(5):
        axis.plot(np.full(8, unit), values[:, unit], "o", alpha=0.7)
    axis.set(xlabel="unit", xticks=range(5))
axes[0].set(title="weights in float32")
axes[1].set(title="weights in int8", yticks=[-127, 0, 127])
plt.show()
