r"""
int8: integers, and one scale for each unit
===========================================

A Dense layer in int8 stores its kernel as integers from -127 to 127, with one
scale for each unit. On each call it rounds its input in the same way, with one
scale for each sample, and multiplies integers.

.. math::

   s_j &= \frac{127}{\max_k \left|W_{kj}\right| + 10^{-7}} \\
   r_i &= \frac{127}{\max_k \left|x_{ik}\right| + 10^{-7}} \\
   y_{ij} &= \frac{\sum_k \text{round}(r_i x_{ik}) \;
   \text{round}(s_j W_{kj})}{r_i \, s_j} + b_j

:math:`10^{-7}` keeps a scale finite where all numbers are zero. If only the
kernel is in int8, then :math:`x` isn't rounded, and :math:`r_i` is 1.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The scales become 1 and 0.5. One unit and one sample are all zero.

kernel = np.array([[127, 20, 0], [2.5, -254, 0], [-40.5, 7, 0]], "float32")
bias = np.array([0.5, -2, 1], "float32")  # (units,)
x = np.array([[127, -8.25, 3], [25, 254, -99.25], [0, 0, 0]], "float32")


def keras_int8(x, kernel, bias, weights_only=False):
    """The outputs of a Dense layer in int8, and its weights."""
    Config = keras.quantizers.Int8QuantizationConfig
    config = Config(activation_quantizer=None) if weights_only else Config()
    layer = keras.layers.Dense(len(bias))
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    layer.quantize(config=config)
    return keras.ops.convert_to_numpy(layer(x)), layer.get_weights()


y, (_, stored_kernel, stored_scale) = keras_int8(x, kernel, bias)
print(stored_kernel, stored_scale, sep="\n")

# %%
# Compute it
# ----------
# Each unit has a scale, and so has each sample. Multiply by the scales, and
# round. Multiply the whole numbers, and divide by both scales. ``np.rint``
# rounds a half to the even neighbour, as Keras does: 2.5 becomes 2.

s = 127 / (np.abs(kernel).max(axis=0) + 1e-7)  # (units,)
r = 127 / (np.abs(x).max(axis=1, keepdims=True) + 1e-7)  # (batch, 1)
whole_kernel = np.rint(s * kernel)  # (features, units)
whole_x = np.rint(r * x)  # (batch, features)
by_hand = whole_x @ whole_kernel / (r * s) + bias  # (batch, units)

# %%
# The whole functions store ``int8`` numbers. Their products need more bits, so
# they are summed in ``int32``. With ``weights_only``, the input stays in float.

from keras_by_hand.quantization import int8_dense, quantize_int8

# %%
# Check it
# --------
# Keras stores exactly these integers, and these scales in float32. The scales
# in use are powers of two, so the outputs are equal to the bit, too, both with
# the input in int8 and with the input in float.

whole_kernel = whole_kernel.astype("int8")
np.testing.assert_array_equal(stored_kernel, whole_kernel, strict=True)
np.testing.assert_array_equal(y, by_hand, strict=True)

kernel_q, kernel_scale = quantize_int8(kernel)
np.testing.assert_array_equal(stored_kernel, kernel_q, strict=True)
np.testing.assert_array_equal(stored_scale, kernel_scale[0], strict=True)

for weights_only in (False, True):
    found, _ = keras_int8(x, kernel, bias, weights_only)
    expected = int8_dense(x, kernel_q, kernel_scale, bias, weights_only)
    np.testing.assert_array_equal(found, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Would you round a half up? Then 2.5 becomes 3, where Keras stores 2.

half_up = np.floor(kernel * kernel_scale + 0.5).astype("int8")
wrong = int8_dense(x, half_up, kernel_scale, bias)
print(f"{np.mean(wrong == y):.0%} of the outputs are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# In each unit the largest weight sets the size of the steps for all others.

weights = np.linspace(-5.9, 5.9, 1181)
fig, axis = plt.subplots(figsize=(6, 3.4))
for largest in (127, 254, 508):
    rounded = np.rint(weights * 127 / largest) * largest / 127
    axis.plot(weights, rounded, label=f"largest weight {largest}")
axis.set(title="int8: the largest weight sets the steps of its unit")
axis.set(xlabel="weight", ylabel="weight in int8")
axis.legend()
plt.show()
