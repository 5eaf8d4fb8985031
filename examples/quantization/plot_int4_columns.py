r"""
int4 with block_size=-1: one scale for each unit
================================================

Without blocks, int4 stores whole numbers from -7 to 7, a scale for each unit,
and no zero points. As in int8, you divide by the scale.

.. math::

   s_j &= \frac{7}{\max_i |W_{ij}| + 10^{-7}} \\
   q_{ij} &= \operatorname{round}(s_j W_{ij}) \\
   W_{ij} &\approx \frac{q_{ij}}{s_j}

With blocks, the default, you multiply by the scale: see the page on int4.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import unpack_int4

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Given the identity matrix, a layer without a bias returns the kernel it reads.

kernel = rng.normal(size=(16, 5)).astype("float32")  # (features, units)
layer = keras.layers.Dense(5, use_bias=False)
layer.build((None, 16))
layer.set_weights([kernel])
config = keras.quantizers.Int4QuantizationConfig(block_size=-1)
layer.quantize(config=config)
packed, kernel_scale = layer.get_weights()
read = keras.ops.convert_to_numpy(layer(np.eye(16)))
print("packed:", packed.shape, "scale:", kernel_scale)

# %%
# Compute it
# ----------
# The largest weight of each unit becomes 7 or -7. The layer reads a number by
# dividing it by the scale.

s = 7 / (np.abs(kernel).max(axis=0) + 1e-7)  # (units,)
by_hand = np.rint(s * kernel) / s  # (features, units)

# %%
# The whole function returns the numbers, as ``int8``, and the scales.

from keras_by_hand.quantization import quantize_int4_columns

# %%
# Check it
# --------
# The layer stores the same whole numbers, two units in a byte.

np.testing.assert_allclose(read, by_hand, rtol=1e-4, atol=1e-4)

q, scale = quantize_int4_columns(kernel)
unpacked = unpack_int4(packed, 5, axis=1)
np.testing.assert_array_equal(unpacked, q, strict=True)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(kernel_scale, scale, tolerance)
np.testing.assert_allclose(read, q / scale, tolerance)

# %%
# Break it
# --------
# Would you multiply by the scale, as you do with blocks?

wrong = q * scale
print(f"{np.mean(np.isclose(wrong, read)):.0%} of the weights are right")
assert not np.allclose(wrong, read)

# %%
# See it
# ------
# The lines are the numbers that the first unit can hold. Its largest weight
# sets the length of all steps.

numbers = np.arange(-7, 8) / scale[0]
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.hlines(numbers, -0.5, 15.5, color="gray", linewidth=0.5)
axis.plot(kernel[:, 0], "o", label="weight", fillstyle="none")
axis.plot(read[:, 0], ".", label="as read from int4")
axis.set(title=f"Each weight moves to the nearest of {len(numbers)} numbers")
axis.set(xlabel="feature", ylabel="weight of the first unit")
axis.legend()
plt.show()
