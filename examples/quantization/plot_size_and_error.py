r"""
Quantization error: about 1 % in int8, and 10 % in int4
=======================================================

Rounding to steps of size d moves a number by about 0.29 d. If weights and
inputs are normally distributed, then the outputs of a Dense layer are off by
about 1 % in int8, and by about 10 % in int4.

.. math::

   \frac{\left\| y - y_\text{float} \right\|}
   {\left\| y_\text{float} \right\|} \approx
   \sqrt{\frac{\text{mean}(d^2)}{12 \; \text{mean}(W^2)}}

Errors that are equally likely between -d/2 and d/2 have the root mean square d
divided by the root of 12, or 0.29 d. If the input is rounded, too, then the
squares of both errors are added.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------

kernel = rng.normal(size=(256, 64)).astype("float32") / 16  # (features, units)
x = rng.normal(size=(1000, 256)).astype("float32")  # (batch, features)
Int8 = keras.quantizers.Int8QuantizationConfig
Int4 = keras.quantizers.Int4QuantizationConfig


def keras_layer(config):
    """A quantized layer, and the error of its outputs."""
    layer = keras.layers.Dense(64, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    y_float = keras.ops.convert_to_numpy(layer(x))
    layer.quantize(config=config)
    y = keras.ops.convert_to_numpy(layer(x))
    return layer, np.linalg.norm(y - y_float) / np.linalg.norm(y_float)


_, error = keras_layer(Int8())
print(f"int8: {error:.2%}")

# %%
# Compute it
# ----------


def rounding_error(values, steps):
    """The error of rounding to steps, relative to the values.

    values: of any shape, steps: one for each group of equally many values.
    """
    return np.sqrt(np.mean(steps**2) / 12 / np.mean(values**2))


def int4_steps(kernel, block_size=128):
    """The steps of int4 with full blocks: range / 15, (blocks, units)."""
    blocks = kernel.reshape(-1, block_size, kernel.shape[1])
    return (blocks.max(axis=1) - blocks.min(axis=1)) / 15


# %%
# Check it
# --------
# Keras' errors are those of the formula, to 3 %. Its scales in int4 are the
# steps.

print(f"1 / sqrt(12): {1 / np.sqrt(12):.2f}")
largest = np.abs(kernel).max(axis=0)
kernel_error = rounding_error(kernel, largest / 127)
x_error = rounding_error(x, np.abs(x).max(axis=1) / 127)
errors, sizes = {}, {}
for name, config, expected in (
    ("int8", Int8(), np.hypot(kernel_error, x_error)),
    ("int8, kernel only", Int8(activation_quantizer=None), kernel_error),
    ("int4, columns", Int4(block_size=-1), rounding_error(kernel, largest / 7)),
    ("int4, 128", Int4(), rounding_error(kernel, int4_steps(kernel))),
    (
        "int4, 16",
        Int4(block_size=16),
        rounding_error(kernel, int4_steps(kernel, 16)),
    ),
):
    layer, errors[name] = keras_layer(config)
    sizes[name] = sum(weight.nbytes for weight in layer.get_weights())
    print(f"{name:18} {sizes[name]:6,} bytes, error {errors[name]:.2%}")
    np.testing.assert_allclose(errors[name], expected, rtol=0.03)
np.testing.assert_allclose(layer.kernel_scale, int4_steps(kernel, 16), 1e-5)

# %%
# Break it
# --------
# Would you expect twice the error from half the bits? int8 has 127 steps to
# each side, and int4 without blocks has 7. So the error is 18 times
# as large.

ratio = errors["int4, columns"] / errors["int8, kernel only"]
print(f"{ratio:.1f} times the error")
np.testing.assert_allclose(ratio, 127 / 7, rtol=0.05)
assert not np.isclose(ratio, 2, rtol=0.1)

# %%
# See it
# ------
# Smaller blocks lower the error, but with blocks of 16 int4 stores nearly as
# much as int8. (The next page counts the bytes.)

fig, axis = plt.subplots(figsize=(6, 3.4))
for name, error in errors.items():
    axis.plot(sizes[name] / 1000, error, "o")
    axis.annotate(f"  {name}", (sizes[name] / 1000, error), va="center")
axis.set(title="What a layer stores, and how far its outputs are off")
in_float32 = kernel.size * 4 / 1000
axis.set(xlabel=f"kB ({in_float32} kB in float32)", ylabel="relative error")
axis.set(xlim=(8, 22), yscale="log")
plt.show()
