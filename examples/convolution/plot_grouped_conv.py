r"""
Grouped convolution (groups): a group of channels has its own filters
=====================================================================

Wide layers have many weights. With ``groups=2``, half of the filters of
``Conv2D`` read the first half of the channels, and the other filters read the
other half. So each filter has half as many weights. ResNeXt is built so.

.. math::

   g &= \lfloor f \, G / F \rfloor \\
   y_{i,j,f} &= b_f + \sum_{u,v} \sum_{c < C/G} \\
   &\quad x_{i+u,\; j+v,\; g \, C/G + c} \; W_{u,v,c,f}

Of :math:`F` filters and :math:`C` channels in :math:`G` groups, filter
:math:`f` is in group :math:`g`. A pixel of the output is :math:`i, j`, one of
the kernel :math:`u, v`, and :math:`c` is a channel of the group.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D

from keras_by_hand import conv2d

# %%
# Build it
# --------
# Six channels and eight filters in two groups. The kernel is (rows, columns,
# channels / groups, filters). ``groups`` must divide both.

rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(2, 5, 6, 6)).astype("float32")
kernel = rng.integers(-9, 10, size=(3, 2, 3, 8))
bias = np.arange(8)
layer = Conv2D(8, (3, 2), groups=2)
layer.build(x.shape)  # (batch, height, width, channels)
layer.set_weights([kernel, bias])
y = keras.ops.convert_to_numpy(layer(x))

# %%
# Compute it
# ----------
# Cut the channels of ``x`` and the filters of the kernel into groups, compute
# an ordinary convolution for each, and put the results side by side.

channels = np.split(x, 2, axis=-1)
filters = np.split(kernel, 2, axis=-1)
groups = []
for own, of_group in zip(channels, filters):
    cut = np.lib.stride_tricks.sliding_window_view(own, (3, 2), axis=(1, 2))
    groups.append(np.einsum("bijcuv,uvcf->bijf", cut, of_group))
by_hand = np.concatenate(groups, axis=-1) + bias

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

# %%
# Break it
# --------
# A group is a block: channels 0, 1 and 2, then 3, 4 and 5, as ``np.split`` or a
# reshape to (..., 2, 3) has them. A reshape to (..., 3, 2) takes every other
# channel, 0, 2 and 4, for a group, and fits as well.

every_other = [0, 2, 4, 1, 3, 5]
wrong = conv2d(x[..., every_other], kernel, bias, groups=2)
print("right:", y[0, 0, 0], "wrong:", wrong[0, 0, 0])
assert np.any(y != wrong)

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
    read = conv2d(channels, ones, groups=groups).reshape(6, 6)
    axis.pcolormesh(read, cmap="Blues", vmin=0, vmax=1.5, edgecolor="gray")
    axis.set(title=f"groups={groups}: {read.sum():.0f} weights")
    axis.set(xticks=[], yticks=[], xlabel="filter", aspect=1)
    axis.invert_yaxis()
axes[0].set_ylabel("channel")
plt.show()
