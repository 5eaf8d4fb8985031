r"""
Scales: convert int8 and int4 kernels to ONNX
=============================================

A quantized weight is stored as a whole number and a scale. In Keras' int8 you
divide by the scale: it is the number of steps per 1. ONNX multiplies by it: it
is the size of one step.

.. math::

   W = \frac{q}{s} \quad\text{or}\quad W = s \, (q - z)

========================  ================  ===================
stored by                 scale :math:`s`   weight
========================  ================  ===================
int8                      127 / largest     :math:`q / s`
int4, ``block_size=-1``   7 / largest       :math:`q / s`
int4 with blocks, GPTQ    range / 15        :math:`s (q - z)`
AWQ                       range / 15        :math:`s (q - z) / a`
float8                    largest / 448     :math:`s \, q`
ONNX, TFLite              size of a step    :math:`s (q - z)`
========================  ================  ===================

"Largest" is the largest absolute weight that shares the scale. "Range" is the
highest weight minus the lowest, if one is negative and one positive. The zero
point is :math:`z`; the factors of AWQ are :math:`a`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import unpack_int4

# %%
# Build it
# --------
# Given the identity matrix, a layer without a bias returns the kernel it reads.

kernel = np.array([[-7, 3], [8, -1.5], [2, 0], [0.5, 1]], "float32")


def quantized(config):
    """The kernel that a layer reads, (features, units), and what it stores."""
    layer = keras.layers.Dense(2, use_bias=False)
    layer.build((None, 4))
    layer.set_weights([kernel])
    layer.quantize(config=config)
    read = keras.ops.convert_to_numpy(layer(np.eye(4)))
    return read, layer.get_weights()


int8 = keras.quantizers.Int8QuantizationConfig(activation_quantizer=None)
int4 = keras.quantizers.Int4QuantizationConfig(block_size=4)
read_int8, (q_int8, scale_int8) = quantized(int8)
read_int4, (packed, scale, zero, _) = quantized(int4)
print("int8:", scale_int8, "int4, one block:", scale[0])

# %%
# Compute it
# ----------
# ONNX multiplies by the size of a step. For int8, this is 1 divided by Keras'
# scale. For int4 with blocks it is the scale; here one block has all features.

step_int8 = 1 / scale_int8  # (units,)
int8_by_hand = step_int8 * q_int8  # (features, units)
q_int4 = unpack_int4(packed, orig_len=2, axis=1)
int4_by_hand = scale[0] * (q_int4 - zero[0])  # (features, units)

# %%
# The whole functions take more than one block. `ONNX <https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html>`__
# specifies ``dequantize_linear``, `TFLite
# <https://ai.google.dev/edge/litert/models/quantization_spec>`__ the same for
# the transposed kernel. This page does not run them.

from keras_by_hand.porting.onnx import dequantize_linear, int8_to_onnx

# %%
# Check it
# --------
# For int8, and int4 with blocks, the formula of ONNX gives the kernel that
# Keras uses. (Other pages check the other rows.) Scales and zero points of int4
# with blocks stay as they are, and its numbers are unpacked.

np.testing.assert_allclose(read_int8, int8_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(read_int4, int4_by_hand, rtol=1e-4, atol=1e-4)

tolerance = 1000 * np.finfo("float32").eps
kernel_onnx = dequantize_linear(*int8_to_onnx(q_int8, scale_int8))
np.testing.assert_allclose(kernel_onnx, read_int8, tolerance)

q = unpack_int4(packed, orig_len=2, axis=1)
kernel_onnx = dequantize_linear(q, scale, zero, axis=0, block_size=4)
np.testing.assert_allclose(kernel_onnx, read_int4, tolerance)

# %%
# Break it
# --------
# Would you hand the scales of int8 to ONNX? Weights become s**2 times as large.

wrong = dequantize_linear(q_int8, scale_int8, np.zeros(2))
np.testing.assert_allclose(wrong, read_int8 * scale_int8**2, tolerance)
assert not np.allclose(wrong, read_int8)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3))
numbers_int8 = np.arange(-127, 128) / scale_int8[0]
numbers_int4 = (np.arange(-8, 8) - zero[0, 0]) * scale[0, 0]
axis.vlines(numbers_int8, -0.3, 0.3, "C0", linewidth=1)
axis.vlines(numbers_int4, 0.7, 1.3, "C1", linewidth=1)
axis.vlines(kernel[:, 0], -0.5, 1.5, "C3", linestyles="--", label="weight")
axis.set(title="The numbers that one unit can hold", xlabel="weight")
axis.set(yticks=[0, 1], yticklabels=["int8", "int4"], ylim=(-0.6, 2.2))
axis.legend(loc="upper left")
plt.show()
