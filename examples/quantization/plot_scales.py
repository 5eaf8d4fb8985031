r"""
ONNX and TFLite scales: do you multiply or divide by them?
==========================================================

When you convert a quantized kernel to ONNX or TFLite, its integers :math:`q`
can stay, but the scales :math:`s` of int8 can't: in Keras a scale is the number
of steps per 1, in ONNX it is the size of a step. Give ONNX :math:`1 / s`.
(A model that is not quantized has no scales: ``model.export`` converts it, with
``format="onnx"``, or ``format="litert"`` for TFLite, TensorFlow Lite.)

.. math::

   W = \frac{q}{s} \quad\text{or}\quad W = s \, (q - z)

========================  ================  ===================
stored by                 scale :math:`s`   weight :math:`W`
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
point is :math:`z`. AWQ first multiplies the weights by factors, :math:`a`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import unpack_int4

# %%
# Build it
# --------
# One layer in int8, and one in int4 with a single block of four features.
kernel = np.float32([[-7, 3], [8, -1.5], [2, 0], [0.5, 1]])


def quantized(config):
    """The kernel (features, units) that a layer reads, and what it stores."""
    layer = keras.layers.Dense(2, use_bias=False)
    layer.build((None, 4))
    layer.set_weights([kernel])
    layer.quantize(config=config)
    read = keras.ops.convert_to_numpy(layer(np.eye(4)))
    return read, layer.get_weights()


int8 = keras.quantizers.Int8QuantizationConfig(activation_quantizer=None)
int4 = keras.quantizers.Int4QuantizationConfig(block_size=4)
read_int8, (q_int8, scale_int8) = quantized(int8)
read_int4, (packed, scale_int4, zero, _) = quantized(int4)

# %%
# Compute it
# ----------
# In int8 a step is 1 divided by the scale. In int4 with blocks it is the scale.
step = 1 / scale_int8  # (units,)
int8_by_hand = step * q_int8  # (features, units)
q_int4 = unpack_int4(packed, orig_len=2, axis=1)
int4_by_hand = scale_int4[0] * (q_int4 - zero[0])  # (features, units)

# %%
# Check it
# --------
np.testing.assert_allclose(read_int8, int8_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(read_int4, int4_by_hand, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you hand the scales of int8 to ONNX as they are, which multiplies.
wrong = scale_int8 * q_int8  # for ONNX: 1 / scale_int8
print("right:", read_int8[:2].tolist(), "wrong:", wrong[:2].tolist())
assert not np.any(np.isclose(wrong, read_int8) & (read_int8 != 0))

# %%
# In full
# -------
# ``dequantize_linear`` is the formula of `ONNX
# <https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html>`__. (This page
# doesn't run ONNX.) `TFLite
# <https://ai.google.dev/edge/litert/models/quantization_spec>`__ has the same
# formula for the transposed kernel.
from keras_by_hand.porting.onnx import dequantize_linear, int8_to_onnx

of_onnx = dequantize_linear(*int8_to_onnx(q_int8, scale_int8))
np.testing.assert_allclose(read_int8, of_onnx, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
numbers = (np.arange(-8, 8) - zero[0, 0]) * scale_int4[0, 0]
axis.plot(numbers, np.ones(16), "|")
numbers = np.arange(-127, 128) * step[0]
axis.plot(numbers, np.zeros(255), "|")
axis.vlines(kernel[:, 0], -0.3, 1.3, "gray", linestyles="--")
axis.set(title="What one unit can hold (int4 above), and its weights (dashed)")
plt.show()
