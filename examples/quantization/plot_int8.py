r"""
int8 quantization in Keras: integers, and one scale for each unit
=================================================================

``model.quantize("int8")`` stores the kernel of a ``Dense`` layer in 8 bits, a
quarter of float32: integers from -127 to 127, and one scale for each unit. At
inference the layer rounds its input in the same way, with one scale for each
sample. Then it multiplies integers, and divides the sums by both scales.

.. math::

   s_j &= \frac{127}{\max_k \left|W_{kj}\right| + 10^{-7}} \\
   r_i &= \frac{127}{\max_k \left|x_{ik}\right| + 10^{-7}} \\
   y_{ij} &= \frac{\sum_k \text{round}(r_i x_{ik}) \;
   \text{round}(s_j W_{kj})}{r_i \, s_j} + b_j

:math:`W` is the kernel, :math:`b` the bias and :math:`x` the input;
:math:`s_j` is the scale of unit j, :math:`r_i` that of sample i.
:math:`10^{-7}` keeps a scale finite where all numbers are zero.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# One unit has only zeros, and so has one sample.

kernel = np.float32([[127, 20, 0], [2.5, -254, 0], [-40.5, 7, 0]])
bias = np.float32([0.5, -2, 1])  # (units,)
x = np.float32([[127, -8.25, 3], [25, 254, -99.25], [0, 0, 0]])
layer = keras.layers.Dense(3)
layer.build(x.shape)
layer.set_weights([kernel, bias])
layer.quantize("int8")
y = keras.ops.convert_to_numpy(layer(x))  # (batch, units)
_, stored_kernel, stored_scale = layer.get_weights()

# %%
# Compute it
# ----------
# The largest weight of each unit becomes 127 or -127, and so does the largest
# feature of each sample. ``np.rint`` rounds a half to the even neighbour, as
# Keras does: 2.5 becomes 2. Multiply the integers, and divide by both scales.

s = 127 / (np.abs(kernel).max(axis=0) + 1e-7)  # (units,)
r = 127 / (np.abs(x).max(axis=1, keepdims=True) + 1e-7)  # (batch, 1)
kernel_q = np.rint(s * kernel)  # (features, units)
x_q = np.rint(r * x)  # (batch, features)
by_hand = x_q @ kernel_q / (r * s) + bias  # (batch, units)

# %%
# Check it
# --------
# All scales but that of the zeros are powers of two: all is equal to the bit.

np.testing.assert_array_equal(stored_kernel, kernel_q.astype("int8"))
np.testing.assert_array_equal(stored_scale, s, strict=True)
np.testing.assert_array_equal(y, by_hand, strict=True)

# %%
# Break it
# --------
# Suppose you turn the kernel back into floats, and multiply it by the input as
# it is. Keras rounds the input, too.

wrong = x @ (kernel_q / s) + bias
print("right:", y[1].tolist(), "wrong:", wrong[1].tolist())
assert np.any(y != wrong)

# %%
# In full
# -------
# ``int8_dense`` adds the integers up in ``int32``. With ``weights_only`` it
# leaves the input in float. So does Keras without an activation quantizer. A
# convolution has no int8 form: ``model.quantize`` warns, and skips it.

from keras_by_hand.quantization import int8_dense, quantize_int8

config = keras.quantizers.Int8QuantizationConfig(activation_quantizer=None)
layer = keras.layers.Dense(3)
layer.build(x.shape)
layer.set_weights([kernel, bias])
layer.quantize(config=config)
y = keras.ops.convert_to_numpy(layer(x))
expected = int8_dense(x, *quantize_int8(kernel), bias, weights_only=True)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
assert keras.layers.Conv2D.quantize is keras.Layer.quantize  # none of its own

# %%
# See it
# ------
# In each unit the largest weight sets the size of the steps for all others.

weights = np.linspace(-5.9, 5.9, 1181)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for largest in (127, 254, 508):
    rounded = np.rint(weights * 127 / largest) * largest / 127
    axis.plot(weights, rounded, label=f"largest weight {largest}")
axis.set(title="int8: the largest weight sets the steps of its unit")
axis.set(xlabel="weight", ylabel="weight in int8")
axis.legend()
plt.show()
