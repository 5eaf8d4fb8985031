r"""
Scales: divide in int8, multiply in int4, GPTQ and ONNX
=======================================================

A quantized weight is stored as a whole number and a scale. In Keras' int8 you
divide by the scale: it counts the steps from 0 to 1. In int4 and GPTQ, and in
ONNX and TFLite, you multiply by it: it is the size of a step.

.. math::

   \text{int8: } \quad W &= \frac{q}{s} \\
   \text{others: } \quad W &= s \, (q - z)

========================  ================  ===================
stored by                 scale :math:`s`   weight
========================  ================  ===================
int8                      127 / largest     :math:`q / s`
int4, ``block_size=-1``   7 / largest       :math:`q / s`
int4, blocks              range / 15        :math:`s (q - z)`
GPTQ                      range / 15        :math:`s (q - z)`
AWQ                       range / 15        :math:`s (q - z) / a`
float8                    largest / 448     :math:`s \, q`
ONNX, TFLite              largest / 127     :math:`s (q - z)`
========================  ================  ===================

"Largest" is the largest absolute weight that shares the scale; "range" is the
highest weight minus the lowest. The factors of AWQ are :math:`a`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Without a bias, a layer answers the identity matrix with the kernel that it
# reads. In the first unit the largest weight is 8, and the range is 15.

kernel = np.array([[-7, 3], [8, -1.5], [2, 0], [0.5, 1]], "float32")


def keras_reads(config):
    """The kernel that a quantized layer reads, and what it stores."""
    layer = keras.layers.Dense(2)
    layer.build((None, 4))
    layer.set_weights([kernel, np.zeros(2)])
    layer.quantize(config=config)
    read = keras.ops.convert_to_numpy(layer(np.eye(4)))
    return read, layer.get_weights()[1:]


Int8 = keras.quantizers.Int8QuantizationConfig
Int4 = keras.quantizers.Int4QuantizationConfig
read_int8, int8 = keras_reads(Int8(activation_quantizer=None))
read_int4, int4 = keras_reads(Int4(block_size=4))
read_columns, columns = keras_reads(Int4(block_size=-1))
print("scales of int8:", int8[1])
print("int4, block_size=-1:", columns[1])
print("int4, one block:", int4[1][0])

# %%
# From other pages
# ----------------


def pack_int4(arr, axis=0):
    """Two numbers a byte along axis, the first in the lower half.

    arr: int8 or uint8, of any shape (keras.quantizers.pack_int4).
    """
    arr = np.moveaxis(arr, axis, 0)
    arr = np.concatenate([arr, np.zeros_like(arr[: len(arr) % 2])])
    lower, upper = arr[::2] & 15, arr[1::2] & 15
    return np.moveaxis(lower | upper << 4, 0, axis)


def unpack_int4(packed, orig_len, axis=0, dtype="int8"):
    """orig_len numbers along axis: -8 to 7, or 0 to 15 with dtype="uint8".

    packed: what pack_int4 returns (keras.quantizers.unpack_int4).
    """
    packed = np.moveaxis(packed, axis, 0)
    halves = np.stack([packed & 15, packed >> 4 & 15], axis=1)
    q = halves.reshape(-1, *packed.shape[1:])[:orig_len].astype(dtype)
    return np.moveaxis((q ^ 8) - 8 if dtype == "int8" else q, 0, axis)


# %%
# Compute it
# ----------
# `ONNX <https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html>`__ reads
# all of them with one operator. `TFLite
# <https://ai.google.dev/edge/litert/models/quantization_spec>`__ has the same
# formula, and transposes the kernel of a fully connected layer.


def dequantize_linear(x, x_scale, x_zero_point, axis=1, block_size=0):
    """ONNX's DequantizeLinear for a matrix.

    The scales and zero points are one for each place on the axis; with a
    block_size they have two dimensions, with a place for each block.
    """
    if block_size:
        block = np.arange(x.shape[axis]) // block_size
        x_scale = np.take(x_scale, block, axis)
        x_zero_point = np.take(x_zero_point, block, axis)
    elif axis == 0:
        x_scale, x_zero_point = x_scale[:, None], x_zero_point[:, None]
    return (x.astype("float32") - x_zero_point) * x_scale


def int8_to_onnx(kernel_q, kernel_scale):
    """Keras' int8 kernel (features, units) and scales for axis=1."""
    return kernel_q, 1 / kernel_scale, np.zeros(len(kernel_scale), "int8")


def int8_to_tflite(kernel_q, kernel_scale):
    """Keras' int8 kernel as (units, features), and scales for dimension 0."""
    return kernel_q.T, 1 / kernel_scale, np.zeros(len(kernel_scale), "int8")


def int4_to_onnx(packed, kernel_scale, kernel_zero):
    """Keras' int4 kernel with blocks, for axis=0 and its block_size."""
    q = unpack_int4(packed, kernel_scale.shape[1], axis=1)
    return q, kernel_scale, kernel_zero


def int4_to_gptq(packed, kernel_scale, kernel_zero):
    """The same weights from 0 to 15, a row for each unit, as GPTQ has them."""
    q = unpack_int4(packed, kernel_scale.shape[1], axis=1)
    packed = pack_int4((q.T + 8).astype("uint8"))
    return packed, kernel_scale.T, (kernel_zero.T + 8).astype("uint8")


def quantize_int4_columns(kernel):
    """int4 with block_size=-1: whole numbers, and a scale for each unit.

    kernel: (features, units). A weight is its number divided by the scale.
    """
    scale = 7 / (np.abs(kernel).max(axis=0) + 1e-7)
    return np.rint(kernel * scale).astype("int8"), scale


# %%
# Check it
# --------
# ONNX's operator reads the same kernel from what is converted.

onnx = int8_to_onnx(*int8)
tflite = int8_to_tflite(*int8)
onnx_columns = int8_to_onnx(*quantize_int4_columns(kernel))
onnx_int4 = int4_to_onnx(*int4[:3])
print("scales of int8 in ONNX:", onnx[1])

tolerance = 1000 * np.finfo("float32").eps
for read, expected in (
    (dequantize_linear(*onnx), read_int8),
    (dequantize_linear(*tflite, axis=0).T, read_int8),
    (dequantize_linear(*onnx_columns), read_columns),
    (dequantize_linear(*onnx_int4, axis=0, block_size=4), read_int4),
):
    np.testing.assert_allclose(read, expected, tolerance)

# %%
# A layer in GPTQ reads the same kernel as the one in int4, to the bit.

gptq = keras.layers.Dense(2, dtype="gptq/4/4_from_float32")
gptq.build((None, 4))
variables = [np.zeros(2), *int4_to_gptq(*int4[:3]), np.zeros(4)]
gptq.load_own_variables(dict(zip("01234", variables)))
read = keras.ops.convert_to_numpy(gptq(np.eye(4)))
np.testing.assert_array_equal(read, read_int4, strict=True)

# %%
# Break it
# --------
# Would you hand the scales of int8 to ONNX as they are? The kernel becomes too
# large, by the square of the scale.

wrong = dequantize_linear(int8[0], int8[1], np.zeros(2))
print("too large by", wrong[0] / read_int8[0])
assert not np.allclose(wrong, read_int8)

# %%
# See it
# ------
# The numbers that the first unit can hold, and its weights.

rows = {
    "int8": np.arange(-127, 128) / int8[1][0],
    "int4, columns": np.arange(-7, 8) / columns[1][0],
    "int4, blocks": (np.arange(-8, 8) - int4[2][0, 0]) * int4[1][0, 0],
}
fig, axis = plt.subplots(figsize=(6, 3))
for row, numbers in enumerate(rows.values()):
    axis.vlines(numbers, row - 0.3, row + 0.3, color=f"C{row}", linewidth=1)
axis.vlines(kernel[:, 0], -0.5, 2.5, "C3", linestyles="--", label="weight")
axis.set(title="The numbers that one unit can hold", xlabel="weight")
axis.set(yticks=range(3), yticklabels=rows, ylim=(-0.6, 3.3))
axis.legend(loc="upper left")
plt.show()
