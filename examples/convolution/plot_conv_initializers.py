r"""
Conv2D initializers: fan in and fan out of a kernel
===================================================

Initializers such as ``"he_uniform"`` and ``"glorot_uniform"`` draw smaller
weights for larger layers. For a convolution, *fan in* and *fan out* count the
pixels of the kernel, too:

.. math::

   \text{fan in} &= \text{rows} \cdot \text{columns} \cdot \text{channels} \\
   \text{fan out} &= \text{rows} \cdot \text{columns} \cdot \text{filters}

Keras reads the last two numbers off the shape of the kernel. In depthwise and
transposed convolutions they stand for something else, and the fans are wrong.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.initializers import HeUniform, RandomUniform
from keras.layers import Conv2D, Conv2DTranspose, DepthwiseConv2D

# %%
# Build it
# --------
# The kernel is (rows, columns, channels, filters). Its fan in is 3 * 3 * 16.

layer = Conv2D(32, 3, kernel_initializer=HeUniform(seed=7))
layer.build((None, 8, 8, 16))  # (batch, height, width, channels)
kernel, _ = layer.get_weights()
print(kernel.shape, f"largest weight {kernel.max():.3f}")

# %%
# Compute it
# ----------
# ``HeUniform`` draws numbers between the limits -sqrt(6 / fan in) and
# sqrt(6 / fan in), ``GlorotUniform`` with fan in + fan out in the place of fan
# in.


def kernel_fans(shape):
    """Fan in and fan out of a kernel of this shape (Keras, compute_fans)."""
    *size, fan_in, fan_out = shape
    return np.prod(size) * fan_in, np.prod(size) * fan_out


# %%
# Check it
# --------
# With the same seed, ``RandomUniform`` draws the same numbers between -1 and 1.

np.testing.assert_equal(kernel_fans(kernel.shape), (144, 288))
uniform = RandomUniform(-1, 1, seed=7)
expected = keras.ops.convert_to_numpy(uniform(kernel.shape)) * np.sqrt(6 / 144)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(kernel, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``DepthwiseConv2D`` and
#    ``Conv2DTranspose`` give initializers such as ``HeUniform`` a wrong fan in.
#    The first counts all channels, although each output sees only one. The
#    second exchanges fan in and fan out, as its kernel is (rows, columns,
#    filters, channels).

he = HeUniform(seed=7)
cases = [  # layer, fan in that Keras takes, inputs that an output adds up
    (Conv2D(32, 3, kernel_initializer=he), 144, 9 * 16),
    (Conv2DTranspose(32, 3, kernel_initializer=he), 288, 9 * 16),
    (DepthwiseConv2D(3, depthwise_initializer=he), 144, 9),
]
for layer, fan_in, _ in cases:
    layer.build((None, 8, 8, 16))
    kernel, _ = layer.get_weights()
    np.testing.assert_equal(kernel_fans(kernel.shape)[0], fan_in)
    expected = keras.ops.convert_to_numpy(uniform(kernel.shape))
    expected = expected * np.sqrt(6 / fan_in)
    np.testing.assert_allclose(kernel, expected, tolerance, tolerance)

# %%
# Break it
# --------
# With ``"he_uniform"`` and ``relu``, outputs should be about as large as
# inputs: the mean square stays about 1. Would you use it in a depthwise layer?
# With 16 channels its weights are sqrt(16) = 4 times too small. Set the limit
# for 9 inputs yourself.

rng = np.random.default_rng(313)
x = rng.normal(size=(4, 32, 32, 16)).astype("float32")  # mean square about 1
limit = np.sqrt(6 / 9)
of_nine_inputs = RandomUniform(-limit, limit, seed=7)
kernels = []
for initializer in (he, of_nine_inputs):
    layer = DepthwiseConv2D(
        3, activation="relu", depthwise_initializer=initializer
    )
    y = keras.ops.convert_to_numpy(layer(x))
    print(f"{type(initializer).__name__}: mean square {np.mean(y**2):.2f}")
    kernels.append(layer.get_weights()[0])
wrong, right = kernels
np.testing.assert_allclose(right, 4 * wrong, tolerance, tolerance)
assert not np.allclose(right, wrong)

# %%
# See it
# ------
# Three layers with a kernel of 3 by 3 pixels, on 16 channels. The first two
# have 32 filters.

fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
for layer, fan_in, inputs in cases:
    name = type(layer).__name__
    axis.barh(name, fan_in, color="C0")
    axis.barh(name, inputs, 0.3, color="C1")
    axis.text(
        fan_in + 4, name, f"fan in {fan_in}, inputs {inputs}", va="center"
    )
axis.set(title="Keras' fan in, and the inputs of an output (narrow bars)")
axis.set(xlim=(0, 450))
axis.invert_yaxis()
plt.show()
