r"""
What a smaller kernel costs
===========================

In ``int8`` the answers of a layer move by a hundredth of their size, in
``int4`` by a tenth. Small blocks bring some of it back, and cost most of the
bytes that were saved. ``float8`` saves none, since it stores float32.

.. math::

   \text{move} = \frac{\left\| y - y_\text{float} \right\|}
   {\left\| x W \right\|}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Seven layers with the same kernel, and 100 samples for all of them. Training
# would find the scales of ``float8``; here they are set as it would do, but to
# powers of two. What ``float8`` would hold with fewer bits is made zero.

features, units = 256, 32
kernel = np.random.normal(size=(features, units)).astype("float32") / 16
bias = np.random.normal(size=units).astype("float32")
x = np.random.normal(size=(100, features)).astype("float32")  # (batch, ...)
kernel[np.abs(kernel) < 2**-16] = 0
x[np.abs(x) < 2**-12] = 0

Int8 = keras.quantizers.Int8QuantizationConfig
Int4 = keras.quantizers.Int4QuantizationConfig
configs = {
    "float8": keras.quantizers.Float8QuantizationConfig(),
    "int8": Int8(),
    "int8, weights only": Int8(activation_quantizer=None),
    "int4, blocks of 16": Int4(block_size=16),
    "int4, blocks of 64": Int4(block_size=64),
    "int4, blocks of 128": Int4(),
    "int4, whole columns": Int4(block_size=-1),
}
inputs = keras.Input(shape=(features,))
layers = {name: keras.layers.Dense(units) for name in configs}
model = keras.Model(inputs, {name: layers[name](inputs) for name in layers})
for name, layer in layers.items():
    layer.set_weights([kernel, bias])
    layer.quantize(config=configs[name])
    np.testing.assert_equal(layer.quantization_mode, configs[name].mode)
layers["float8"].kernel_scale.assign(2**-10)
layers["float8"].inputs_scale.assign(2**-6)
answers = model.predict(x, verbose=0)  # {name: (batch, units)}

# %%
# Compute it
# ----------
# What a layer reads of its input and of its kernel, in each mode. The pages
# before this one have the steps between.


def by_largest(values, axis, steps):
    """Rounded to so many steps on either side of zero."""
    largest = np.abs(values).max(axis=axis, keepdims=True)
    scale = np.float32(steps) / (largest + np.float32(1e-7))
    return np.rint(values * scale) / scale.astype("float64")


def by_blocks(values, size):
    """Rounded to 16 numbers a unit, in blocks of so many features.

    The zero point of a block is added before storing and subtracted again.
    """
    blocks = values.reshape(-1, size, units)
    scale = np.ptp(blocks, axis=1, keepdims=True) / np.float64(15)
    return (np.rint(blocks / scale) * scale).reshape(values.shape)


def by_bits(values, bits):
    """Rounded to so many bits of fraction: 3 in float8, 7 in bfloat16.

    A scale that is a power of two does not change how numbers are rounded.
    """
    step = 2.0 ** (np.frexp(values)[1] - 1 - bits)
    return np.rint(values / step) * step


kernel_int8 = by_largest(kernel, 0, 127)
read = {  # of the input, the kernel, the bias
    "float8": (by_bits(x, 3), by_bits(kernel, 3), by_bits(bias, 7)),
    "int8": (by_largest(x, 1, 127), kernel_int8, bias),
    "int8, weights only": (x, kernel_int8, bias),
    "int4, blocks of 16": (x, by_blocks(kernel, 16), bias),
    "int4, blocks of 64": (x, by_blocks(kernel, 64), bias),
    "int4, blocks of 128": (x, by_blocks(kernel, 128), bias),
    "int4, whole columns": (x, by_largest(kernel, 0, 7), bias),
}

# %%
# Bytes: of a kernel in float32, in one byte a weight, or in half of one; of the
# bias; of the scales. A block has a scale and a byte for its zero point with
# each unit, and each feature has four bytes to say which is its block.

weights = features * units
vector = 4 * units
sizes = {
    "float8": 4 * weights + vector + 3 * (4 + 4 * 1024),
    "int8": weights + vector + vector,
    "int8, weights only": weights + vector + vector,
    "int4, whole columns": weights // 2 + vector + vector,
}
for size in (16, 64, 128):
    blocks = features // size
    sizes[f"int4, blocks of {size}"] = (
        weights // 2 + vector + blocks * units * (4 + 1) + 4 * features
    )

# %%
# Check it
# --------
# The limit is that of any sum of 256 products, 128 rounding units, with six
# more for the bias and what is rounded on the way. That is wide, but a small
# part of what these modes do to an answer; the pages before compare all that is
# rounded to whole numbers one by one.

y_float = x.astype("float64") @ kernel + bias
moves = {}
for name in configs:
    y, (x_read, kernel_read, bias_read) = answers[name], read[name]
    np.testing.assert_equal((y.shape, y.dtype), ((100, units), np.float32))
    magnitude = np.abs(x_read) @ np.abs(kernel_read) + np.abs(bias_read)
    limit = 134 * np.finfo("float32").eps * magnitude
    error = np.abs(y - (x_read.astype("float64") @ kernel_read + bias_read))
    np.testing.assert_array_less(error, limit, name)

    size = 0
    for weight in layers[name].weights:
        size += (
            np.prod(weight.shape, dtype=int) * np.dtype(weight.dtype).itemsize
        )
    np.testing.assert_equal(size, sizes[name], name)
    distance = np.linalg.norm(y - y_float)
    np.testing.assert_array_less(np.linalg.norm(limit), distance / 30, name)
    moves[name] = distance / np.linalg.norm(y_float - bias)
    print(f"{name:19} {size:6,} bytes, answers move by {moves[name]:.4f}")

# %%
# Break it
# --------
# Half the bits do not make twice the error but 18 times as much, 127 / 7: that
# is how many steps to a side there are. Blocks bring some of that back, but
# small ones cost most of the bytes that were saved. And ``float8`` is not eight
# bits in store.

ratio = moves["int4, whole columns"] / moves["int8, weights only"]
print(f"whole columns: int4 moves {ratio:.1f} times as far as int8")
small, large = "int4, blocks of 16", "int8, weights only"
saved = sizes[large] - sizes["int4, whole columns"]
cost = sizes[small] - sizes["int4, whole columns"]
print(f"{small}: {cost} of {saved} bytes that were saved")

np.testing.assert_array_less(abs(ratio - 127 / 7), 1)
np.testing.assert_array_less(moves[large], moves[small])
np.testing.assert_equal(0.8 < cost / saved < 1, True)
by_block = [moves[name] for name in configs if name.startswith("int4")]
np.testing.assert_array_less(by_block[:-1], by_block[1:])
np.testing.assert_array_less(4 * weights + vector, sizes["float8"])

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
for name in configs:
    color = f"C{['float8', 'int8', 'int4'].index(name.split(',')[0])}"
    axis.plot(sizes[name] / 1000, moves[name], "o", color=color)
    side, gap = ("right", -6) if name in ("float8", "int8") else ("left", 6)
    axis.annotate(
        name,
        (sizes[name] / 1000, moves[name]),
        color=color,
        xytext=(gap, 0),
        textcoords="offset points",
        ha=side,
        va="center",
    )
float32 = (4 * weights + vector) / 1000
axis.axvline(float32, color="gray", linestyle=":", label="float32")
axis.set(title="What a layer stores, and how far its answers move")
axis.set(xlabel="kilobytes", ylabel="how far, of their size", ylim=(0, None))
axis.legend()
plt.show()
