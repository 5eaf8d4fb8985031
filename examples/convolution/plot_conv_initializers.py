r"""
DepthwiseConv2D and Conv2DTranspose: he_uniform takes a wrong fan in
====================================================================

With ``"he_uniform"``, the weights of a ``DepthwiseConv2D`` of 16 channels are 4
times too small. Initializers scale weights by *fan in*, how many inputs an
output adds up. They read it off the kernel: rows times columns times the last
axis but one (*fan out*: the last). That is not always what is added up.
"""

import keras
import numpy as np
from keras.initializers import HeUniform, RandomUniform
from keras.layers import Conv2D, Conv2DTranspose, DepthwiseConv2D

# %%
# Build it
# --------
# ``HeUniform`` draws between -sqrt(6 / fan in) and sqrt(6 / fan in).

he = HeUniform(seed=7)
layers = [
    Conv2D(32, 3, kernel_initializer=he),
    Conv2DTranspose(32, 3, kernel_initializer=he),
    DepthwiseConv2D(3, depthwise_initializer=he),
]

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``DepthwiseConv2D`` and
#    ``Conv2DTranspose`` give initializers such as ``HeUniform`` a wrong fan in.
#    The first counts all channels, although each output sees only one. The
#    second counts its 32 filters, not the 16 channels that it reads.
#
# With the same seed, ``RandomUniform`` draws the same numbers up to 1.

for layer, fan_in in zip(layers, (9 * 16, 9 * 32, 9 * 16)):
    layer.build((None, 8, 8, 16))  # (batch, height, width, channels)
    kernel, _ = layer.get_weights()
    uniform = keras.ops.convert_to_numpy(RandomUniform(-1, 1, 7)(kernel.shape))
    expected = uniform * np.sqrt(6 / fan_in)
    np.testing.assert_allclose(kernel, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# With the right fan in, outputs keep the mean square of inputs, 1, after a
# relu. Use ``RandomUniform``. Fan in is rows times columns, and for a
# ``Conv2DTranspose`` (here of strides 1) times the channels that it reads.

x = np.random.default_rng(313).normal(size=(4, 32, 32, 16))
limit = np.sqrt(6 / 9)
sizes = []
for initializer in (RandomUniform(-limit, limit, seed=7), he):
    layer = DepthwiseConv2D(3, 1, "same", depthwise_initializer=initializer)
    y = np.maximum(keras.ops.convert_to_numpy(layer(x)), 0)  # relu
    sizes.append(np.mean(y**2))
print(f"mean square: right {sizes[0]:.2f}, wrong {sizes[1]:.2f}")
np.testing.assert_allclose(sizes[0], 16 * sizes[1], rtol=1e-4)
