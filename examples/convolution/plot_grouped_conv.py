r"""
Grouped convolution (groups): a group of channels has its own filters
=====================================================================

With ``groups=2``, half of the filters of ``Conv2D`` read the first half of the
channels, and the other filters read the other half. Each filter has half as
many weights.

With :math:`G` groups, :math:`C` channels and :math:`F` filters, filter
:math:`f` is in group :math:`g`:

.. math::

   g &= \lfloor f \, G / F \rfloor \\
   y_{i,j,f} &= b_f + \sum_{u,v} \sum_{c < C/G} \\
   &\quad x_{i+u,\; j+v,\; g \, C/G + c} \; W_{u,v,c,f}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D

from keras_by_hand import conv2d

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Six channels and six filters. The kernel is (rows, columns, channels / groups,
# filters): two groups have half the weights. The bias has a number for each
# filter, as usual. ``groups`` must divide both channels and filters.

x = rng.integers(-9, 10, size=(2, 5, 6, 6)).astype("float32")
for groups in (1, 2, 3, 6):  # (batch, height, width, channels)
    layer = Conv2D(6, 3, groups=groups)
    layer.build(x.shape)
    kernel, bias = layer.get_weights()
    print(f"groups={groups}: kernel {kernel.shape}, {kernel.size} weights")

# %%
# Compute it
# ----------
# Cut the channels of ``x`` and the filters of the kernel into groups, compute
# an ordinary convolution for each, and put the results side by side.


def grouped(x, kernel, bias, groups=1):
    """Conv2D with groups, without activation (Keras documentation).

    x: (batch, height, width, channels), kernel: (rows, columns,
    channels / groups, filters), bias: (filters,). Returns (batch,
    height - rows + 1, width - columns + 1, filters).
    """
    channels = np.split(x, groups, axis=-1)
    filters = np.split(kernel, groups, axis=-1)
    y = [conv2d(channels[g], filters[g]) for g in range(groups)]
    return np.concatenate(y, axis=-1) + bias


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

for filters, groups in [(6, 2), (12, 3)]:
    layer = Conv2D(filters, (2, 3), groups=groups)
    layer.build(x.shape)
    weights = [rng.integers(-9, 10, size=w.shape) for w in layer.weights]
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x))
    expected = grouped(x, *weights, groups=groups)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Random numbers are rounded: the results agree up to a tolerance, in float32
# and in float64. (Only TensorFlow computes a whole layer in float64.)

x = rng.normal(size=x.shape).astype("float32")
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    layer = Conv2D(6, 3, groups=2, bias_initializer="normal", dtype=dtype)
    y = keras.ops.convert_to_numpy(layer(x))
    kernel, bias = layer.get_weights()
    expected = grouped(x.astype("float64"), kernel, bias, groups=2)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)

# %%
# Break it
# --------
# Would you take every other channel for a group? Here channels 0, 1 and 2 are
# the first group, and 3, 4 and 5 the second. The same goes for filters.

every_other = [0, 2, 4, 1, 3, 5]
of_channels = grouped(x[..., every_other], kernel, bias, groups=2)
of_filters = grouped(x, kernel[..., every_other], bias, groups=2)
for wrong in (of_channels, of_filters):
    print(f"{np.isclose(y, wrong).mean():.0%} of the entries are right")
    assert not np.allclose(y, wrong)

# %%
# See it
# ------
# Each row is a channel, each column a filter. A 1 by 1 kernel of ones shows
# which filters read a channel: each image has a 1 in one channel.

channels = np.eye(6).reshape(6, 1, 1, 6)  # (batch, height, width, channels)
fig, axes = plt.subplots(1, 3, figsize=(6, 2.5), layout="constrained")
fig.suptitle("Grouped convolution: which filters read a channel")
for axis, groups in zip(axes, (1, 2, 6)):
    ones = np.ones((1, 1, 6 // groups, 6))
    read = grouped(channels, ones, 0, groups).reshape(6, 6)
    axis.pcolormesh(read, cmap="Blues", vmin=0, vmax=1.5, edgecolor="gray")
    axis.set(title=f"groups={groups}: {read.sum():.0f} weights")
    axis.set(xticks=[], yticks=[], xlabel="filter", aspect=1)
    axis.invert_yaxis()
axes[0].set_ylabel("channel")
plt.show()
