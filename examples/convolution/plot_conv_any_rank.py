r"""
Conv1D, Conv2D and Conv3D: the same along one, two or three axes
================================================================

``Conv1D`` reads sequences, ``Conv2D`` images and ``Conv3D`` volumes or videos.
All three multiply each patch of their input by the kernel. ``Conv2D`` computes

.. math:: y_{i,j,f} = b_f + \sum_{u,v,c} x_{i+u,\; j+v,\; c} \; W_{u,v,c,f}

Here :math:`i, j` is a pixel of the output, :math:`u, v` one of the kernel,
:math:`c` is a channel and :math:`f` a filter. :math:`W` is the kernel, and
:math:`b` the bias. In ``Conv1D``, drop :math:`j` and :math:`v`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv1D, Conv2D, Conv3D

from keras_by_hand import conv1d

# %%
# Build it
# --------
# Each layer has 4 filters of size 3, for 6 channels. The biases are 1.

built = []
for layer, shape in [  # (batch, *space, channels)
    (Conv1D(4, 3, bias_initializer="ones"), (2, 8, 6)),
    (Conv2D(4, 3, bias_initializer="ones"), (2, 8, 8, 6)),
    (Conv3D(4, 3, bias_initializer="ones"), (2, 8, 8, 8, 6)),
]:
    layer.build(shape)
    kernel, bias = layer.get_weights()
    x = np.arange(np.prod(shape)).reshape(shape).astype("float32") % 10
    built.append((x, kernel, bias, keras.ops.convert_to_numpy(layer(x))))

# %%
# Compute it
# ----------
# ``sliding_window_view`` cuts the patches, and puts the axes inside a patch
# last, behind the channels. Move the channels to the end: a patch now has the
# axes of a filter. ``np.tensordot`` multiplies and sums along them.

by_hand = []
for x, kernel, bias, _ in built:
    rank = x.ndim - 2  # all axes but the batch and the channels
    size, axes = kernel.shape[:rank], range(1, rank + 1)
    cut = np.lib.stride_tricks.sliding_window_view(x, size, axes)
    cut = np.moveaxis(cut, rank + 1, -1)  # (batch, *positions, *size, channels)
    by_hand.append(np.tensordot(cut, kernel, rank + 1) + bias)

# %%
# Check it
# --------
for (_, _, _, y), expected in zip(built, by_hand):
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# Padding puts zeros around the input. Strides of 2 keep every second position:
# with ``cut[:, ::2]`` above, the code is ``Conv1D(4, 3, strides=2)``. Dilation
# skips pixels inside a patch. Groups of channels have their own filters.

from keras_by_hand import conv2d
from keras_by_hand.layers.convolution import conv

options = {"strides": (1, 2), "padding": "same", "groups": 2}
images = np.random.default_rng(313).normal(size=(2, 7, 8, 6))
layer = Conv2D(4, 3, **options)
y = keras.ops.convert_to_numpy(layer(images))
expected = conv(images, *layer.get_weights(), **options)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you swap height and width, as Pillow's ``image.size`` has them. Both
# orders fit, but a kernel is (rows, columns). ``np.asarray`` of an image is
# right: (height, width, channels).

kernel = built[1][1]
right = conv2d(images, kernel)
wrong = conv2d(images.swapaxes(1, 2), kernel).swapaxes(1, 2)
print("right:", right[0, 0, 0].round(2), "wrong:", wrong[0, 0, 0].round(2))
assert not np.allclose(right, wrong)

# %%
# See it
# ------
# A kernel of 3 on eight steps. Each line leads from a step to an output.

panels = [("strides", 2), ("dilation_rate", 2)]
panels += [("padding", "same"), ("padding", "causal")]
steps = np.eye(8)[:, :, np.newaxis]  # each sequence has a 1 at another step
fig, axes = plt.subplots(2, 2, figsize=(6, 3.4), layout="constrained")
fig.suptitle("Which input steps (below) each output (above) reads")
for axis, (name, value) in zip(axes.flat, panels):
    y = conv1d(steps, np.ones((3, 1, 1)), **{name: value})
    for step, output, _ in np.argwhere(y):
        above = output * value if name == "strides" else output
        axis.plot([step, above], [0, 1], "o-", color="C0")
    axis.set(title=f"{name}={value!r}", xticks=[], yticks=[])
plt.show()
