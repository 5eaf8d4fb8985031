r"""
Quantization: what a smaller kernel costs
=========================================

Fewer bits make a layer smaller and its answers less exact. For normally
distributed weights and inputs, answers move by about a hundredth of their size
in int8, and by about a tenth in int4. Small blocks help, but cost most of the
bytes that int4 saves.

.. math::

   \text{move} &= \frac{\left\| y - y_\text{float} \right\|}
   {\left\| y_\text{float} \right\|} \\
   \text{bytes in int4} &= \frac{n m}{2} + 4 m + \frac{5 n m}{B} + 4 n

for :math:`n` features, :math:`m` units and blocks of :math:`B` features.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Layers with the same kernel. Training would set the scales of float8; here
# they are powers of two.

features, units = 256, 32
kernel = rng.normal(size=(features, units)).astype("float32")
x = rng.normal(size=(20, features)).astype("float32")  # (batch, features)

Int8 = keras.quantizers.Int8QuantizationConfig
Int4 = keras.quantizers.Int4QuantizationConfig
configs = {
    "float8": keras.quantizers.Float8QuantizationConfig(),
    "int8": Int8(),
    "int8, kernel only": Int8(activation_quantizer=None),
    "int4, blocks of 16": Int4(block_size=16),
    "int4, blocks of 64": Int4(block_size=64),
    "int4, blocks of 128": Int4(),
    "int4, columns": Int4(block_size=-1),
}
found, sizes = {}, {}
for name, config in configs.items():
    layer = keras.layers.Dense(units)
    layer.build(x.shape)
    layer.set_weights([kernel, np.zeros(units)])
    layer.quantize(config=config)
    if name == "float8":
        layer.kernel_scale.assign(2**-6)
        layer.inputs_scale.assign(2**-6)
    found[name] = keras.ops.convert_to_numpy(layer(x))
    sizes[name] = sum(weight.nbytes for weight in layer.get_weights())

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


def quantize_int4(kernel, block_size=128):
    """Whole numbers from -8 to 7, scales and zero points of a kernel.

    kernel: (features, units). The scales and the zero points are (blocks,
    units). A weight is read as scale * (number - zero point)
    (keras.quantizers.abs_max_quantize_grouped_with_zero_point).
    """
    starts = np.arange(0, len(kernel), block_size)
    low = np.minimum(np.minimum.reduceat(kernel, starts), 0)
    high = np.maximum(np.maximum.reduceat(kernel, starts), 0)
    scale = (high - low + 1e-7) / 15
    zero = np.rint(-low / scale) - 8
    block = np.arange(len(kernel)) // block_size  # of each feature
    q = np.minimum(np.rint(kernel / scale[block]) + zero[block], 7)
    return q.astype("int8"), scale, zero.astype("int8")


def quantize_int4_columns(kernel):
    """int4 with block_size=-1: whole numbers, and a scale for each unit.

    kernel: (features, units). A weight is its number divided by the scale.
    """
    scale = 7 / (np.abs(kernel).max(axis=0) + 1e-7)
    return np.rint(kernel * scale).astype("int8"), scale


def round_bits(values, fraction_bits, lowest):
    """The nearest number with so many bits of fraction, a half to the even one.

    Below 2**lowest the numbers are equally spaced.
    """
    power = np.maximum(np.frexp(values)[1] - 1, lowest)
    step = 2.0 ** (power - fraction_bits)
    return np.rint(values / step) * step


def quantize_and_dequantize(inputs, scale, quantized_dtype="float8_e4m3fn"):
    """The inputs as float8 reads them (keras.quantizers)."""
    bits, lowest, largest = 3, -6, 448
    if quantized_dtype == "float8_e5m2":
        bits, lowest, largest = 2, -14, 57344
    clipped = np.clip(inputs / scale, -largest, largest)
    return scale * round_bits(clipped, bits, lowest)


# %%
# Compute it
# ----------


def int4_kernel(kernel, block_size):
    """The kernel that a layer in int4 reads: (features, units)."""
    q, scale, zero = quantize_int4(kernel, block_size)
    block = np.arange(len(kernel)) // block_size
    return (q - zero[block]) * scale[block]


def int4_bytes(features, units, block_size=128):
    """What a Dense layer in int4 with blocks and a bias stores."""
    pairs, blocks = (units + 1) // 2, -(-features // block_size)
    return features * (pairs + 4) + units * (4 + 5 * blocks)


# %%
# Check it
# --------
# Keras' layers give the same answers, and store as many bytes.


def answers(x, kernel):
    """The answers in each mode, {name: (batch, units)}."""
    q, scale = quantize_int8(kernel)
    columns_q, columns_scale = quantize_int4_columns(kernel)
    return {
        "float8": quantize_and_dequantize(x, 2**-6)
        @ quantize_and_dequantize(kernel, 2**-6),
        "int8": int8_dense(x, q, scale),
        "int8, kernel only": int8_dense(x, q, scale, weights_only=True),
        "int4, blocks of 16": x @ int4_kernel(kernel, 16),
        "int4, blocks of 64": x @ int4_kernel(kernel, 64),
        "int4, blocks of 128": x @ int4_kernel(kernel, 128),
        "int4, columns": x @ (columns_q / columns_scale),
    }


tolerance = 1000 * np.finfo("float32").eps
for name, y in answers(x, kernel).items():
    largest = np.abs(y).max()
    np.testing.assert_allclose(found[name], y, tolerance, tolerance * largest)
for size in (16, 64, 128):
    stored = sizes[f"int4, blocks of {size}"]
    np.testing.assert_equal(stored, int4_bytes(features, units, size))

# %%
# One kernel says little about others, so twenty are drawn.

moves = {name: [] for name in configs}
for _ in range(20):
    kernel = rng.normal(size=(features, units))
    x = rng.normal(size=(50, features))
    y_float = x @ kernel
    for name, y in answers(x, kernel).items():
        distance = np.linalg.norm(y - y_float)
        moves[name].append(distance / np.linalg.norm(y_float))
for name, move in moves.items():
    low, middle, high = np.percentile(move, [5, 50, 95])
    print(f"{name:19} {sizes[name]:6,} bytes, answers move by", end=" ")
    print(f"{middle:.2%} ({low:.2%} to {high:.2%})")

# %%
# Break it
# --------
# Do half the bits double the error? No: int8 has 127 steps to each side, and
# int4 has 7, so the error is about 18 times as large. Is float8 smaller? No: it
# stores its kernel in float32.

ratio = np.divide(moves["int4, columns"], moves["int8, kernel only"])
print(f"{ratio.min():.1f} to {ratio.max():.1f} times the error of int8")
assert np.all(ratio > 4)
assert sizes["float8"] > 4 * (features + 1) * units

# %%
# See it
# ------
# Medians of twenty kernels. The kernels differ by less than the size of a
# point.

fig, axis = plt.subplots(figsize=(6, 3.4))
for name, move in moves.items():
    axis.plot(sizes[name] / 1000, np.median(move), "o", label=name)
float32 = 4 * (features + 1) * units / 1000
axis.axvline(float32, linestyle=":", color="gray", label="float32")
axis.set(title="What a layer stores, and how far its answers move")
axis.set(xlabel="kB", ylabel="move / size of the answer", yscale="log")
axis.legend()
plt.show()
