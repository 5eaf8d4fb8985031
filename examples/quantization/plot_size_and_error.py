r"""
Quantization error and size of int8 and int4, computed beforehand
=================================================================

How much memory does a ``Dense`` layer save by quantization, and how far off are
its outputs? You can tell without trying it. (A model's loss of accuracy you
must measure.) int8 stores one byte for each weight, a quarter of float32, and
is off by about 1 %. int4 stores half a byte, and is off by about 10 %. Small
blocks lower its error, but then it takes almost as much memory as int8.

.. math::

   \frac{\left\| y - y_\text{float} \right\|}
   {\left\| y_\text{float} \right\|} \approx
   \sqrt{\frac{\text{mean}(d^2)}{12 \; \text{mean}(W^2)}}

:math:`y` are the outputs, :math:`W` is the kernel, and :math:`d` the size of a
step from one stored number to the next. Rounding is off by up to half a step.
If each error is equally likely, the mean of their squares is :math:`d^2 / 12`.
This assumes features that are uncorrelated and of similar size, as here.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``measure`` quantizes a layer, and compares its outputs with those in float.
rng = np.random.default_rng(313)
kernel = rng.normal(size=(256, 64)) / 16  # (features, units)
x = rng.normal(size=(1000, 256))  # (batch, features)
Int8 = keras.quantizers.Int8QuantizationConfig
Int4 = keras.quantizers.Int4QuantizationConfig


def measure(config):
    """A layer's bytes, the error of its outputs, and the size of its steps."""
    layer = keras.layers.Dense(64, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    layer.quantize(config=config)
    error = keras.ops.convert_to_numpy(layer(x)) - x @ kernel
    error = np.linalg.norm(error) / np.linalg.norm(x @ kernel)
    size = sum(weight.nbytes for weight in layer.get_weights())
    scale = layer.get_weights()[1]
    return size, error, 1 / scale if scale.ndim == 1 else scale


# %%
# Compute it
# ----------
# From 0 to the largest weight of a unit, int8 has 127 steps, and int4 without
# blocks 7. A block has 15 steps from its lowest weight to its highest. A scale
# takes four bytes. With blocks there are also zero points, of one byte, and the
# number of each feature's block, of four.

n, m = kernel.shape
largest = np.abs(kernel).max(axis=0)  # (units,)
steps = {"int8": largest / 127, "int4, no blocks": largest / 7}
sizes = [n * m + 4 * m, n * m / 2 + 4 * m]
for size in (128, 32, 16):
    blocks = kernel.reshape(n // size, size, m)
    d = (blocks.max(axis=1) - blocks.min(axis=1)) / 15  # (blocks, units)
    steps[f"int4, blocks of {size}"] = d
    sizes.append(n * m / 2 + 5 * n * m / size + 4 * n)
mean = np.mean(kernel**2)
errors = [np.sqrt(np.mean(d**2) / 12 / mean) for d in steps.values()]

# %%
# Check it
# --------
# The bytes are exact, the errors are right to 3 %.

configs = [Int8(activation_quantizer=None)]  # by default, x is rounded, too
configs += [Int4(block_size=size) for size in (-1, 128, 32, 16)]
bytes_of_keras, errors_of_keras, steps_of_keras = zip(*map(measure, configs))
np.testing.assert_array_equal(bytes_of_keras, sizes)
np.testing.assert_allclose(errors_of_keras, errors, rtol=0.03)
for name, size, error, step in zip(steps, sizes, errors, steps_of_keras):
    print(f"{name:18} {size:6,.0f} bytes, error {error:.1%}")
    np.testing.assert_allclose(step, steps[name], rtol=1e-4)

# %%
# Break it
# --------
# Suppose half the bits meant twice the error, and half the bytes of int8.

times, share = errors[1] / errors[0], sizes[-1] / sizes[0]
print(f"error, right: {times:.1f} times, wrong: 2 times")
print(f"bytes, blocks of 16, right: {share:.2f}, wrong: 0.5")
assert times > 15 and share > 0.8

# %%
# See it
# ------
# The smaller and the lower, the better.
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, size, error in zip(steps, sizes, errors):
    axis.semilogy(size / 1000, error, "o", label=name)
axis.set(title="Small blocks: a smaller error, and more bytes")
axis.set(xlabel=f"kB (float32: {4 * n * m / 1000:.0f} kB)", ylabel="error")
axis.legend()
plt.show()
