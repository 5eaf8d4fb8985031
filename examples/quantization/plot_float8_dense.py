r"""
float8: Dense with e4m3 inputs and e5m2 gradients
=================================================

A ``Dense`` layer in float8 rounds its input and its kernel to e4m3. In training
it rounds the gradient at its output to e5m2. Kernel, products and sums are
float32.

.. math::

   \hat{x} &= s_x \, \text{e4m3}\left(\frac{x}{s_x}\right) \\
   \hat{W} &= s_W \, \text{e4m3}\left(\frac{W}{s_W}\right) \\
   y &= \hat{x} \hat{W} + \text{bfloat16}(b) \\
   \frac{\partial L}{\partial W} &= \hat{x}^T \,
   \text{e5m2}\left(\frac{\partial L}{\partial y}\right)

The scales :math:`s_x` and :math:`s_W` begin as 1. So does the scale of e5m2,
which is left out here. How they change is on the page "float8: a scale that
follows the input two steps late".
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import quantize_and_dequantize, round_bits

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Multiples of 1/4, some of which have too many bits for e4m3.

kernel = np.array([[3, -1.25], [-2, 7], [1, 2]])  # (features, units)
bias = np.array([1 + 2**-8, -3])  # (units,)
x = rng.integers(-127, 128, size=(8, 3)) / 4  # (batch, features)
target = rng.integers(-30, 31, size=(8, 2))  # (batch, units)

dense = keras.layers.Dense(2, dtype="float8_from_float32")
model = keras.Sequential([keras.Input(shape=(3,)), dense])
dense.kernel.assign(kernel)
dense.bias.assign(bias)
y = model.predict(x, verbose=0)  # (batch, units)
print(y[:2])

# %%
# Compute it
# ----------
# Round the input and the kernel to e4m3, with scales of 1, and the bias to
# bfloat16, which has 7 bits of fraction. Multiply the rounded numbers.

x_e4m3 = quantize_and_dequantize(x, 1)  # (batch, features)
kernel_e4m3 = quantize_and_dequantize(kernel, 1)  # (features, units)
by_hand = x_e4m3 @ kernel_e4m3 + round_bits(bias, 7, -126)  # (batch, units)

# %%
# The whole function takes any scales.

from keras_by_hand.quantization import float8_dense

# %%
# Check it
# --------
# float32 multiplies and adds such short numbers exactly.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** A ``Dense`` layer in
#    float8 rounds its float32 bias to bfloat16, and the gradient of the bias,
#    too. A bias of 1 + 2**-8 counts as 1.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

expected = float8_dense(x, kernel, bias)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Then a step of SGD. The gradient of the bias is a sum of the gradients at the
# output before they are rounded to e5m2.

model.compile(keras.optimizers.SGD(learning_rate=1.0), "mean_squared_error")
model.train_on_batch(x, target)
gradient = 2 * (y - target) / y.size  # at the output, (batch, units)
g = quantize_and_dequantize(gradient, 1, "float8_e5m2")
new_kernel = kernel - quantize_and_dequantize(x, 1).T @ g
new_bias = bias - round_bits(gradient.sum(axis=0), 7, -126)
np.testing.assert_array_equal(dense.kernel, new_kernel)
np.testing.assert_array_equal(dense.bias, new_bias)

# %%
# Break it
# --------
# Would you use e4m3 for the gradient, too? Or x as it was before it was
# rounded?

g_e4m3 = quantize_and_dequantize(gradient, 1)
finer_gradient = kernel - quantize_and_dequantize(x, 1).T @ g_e4m3
exact_input = kernel - x.T @ g
kernel_after = keras.ops.convert_to_numpy(dense.kernel)
assert np.any(kernel_after != finer_gradient)
assert np.any(kernel_after != exact_input)

# %%
# See it
# ------
# The products of a larger layer, from float8 and from float32.

x = rng.normal(size=(64, 32))
kernel = rng.normal(size=(32, 1))
exact = x @ kernel
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.axline((0, 0), slope=1, color="gray")
axis.plot(exact, float8_dense(x, kernel), "o", markersize=4)
axis.set(title="float8 follows float32, with visible errors")
axis.set(xlabel="x W", ylabel="in float8")
plt.show()
