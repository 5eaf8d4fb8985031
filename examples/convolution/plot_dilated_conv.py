r"""
Dilated convolution (dilation_rate): a kernel with gaps
=======================================================

To see more of an image, a kernel needs more weights, or gaps. With
``dilation_rate=2``, ``Conv2D`` reads every second pixel: its kernel sees more
with as many weights. (This is also called atrous convolution.)

.. math::

   y_{i,j,f} = b_f + \sum_{u,v,c} x_{i+ud,\; j+vd,\; c} \; W_{u,v,c,f}

Here :math:`d` is the rate, :math:`i, j` a pixel of the output, :math:`f` a
filter, :math:`c` a channel, and :math:`u, v` a pixel of the kernel. A kernel of
size :math:`k` spans :math:`(k - 1) \, d + 1` pixels.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D

from keras_by_hand.layers.convolution import conv
from keras_by_hand.layers.windows import patches

# %%
# Build it
# --------
# A kernel of 2 by 3, and a rate of its own for each axis.

rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(2, 7, 7, 3)).astype("float32")
kernel = rng.integers(-9, 10, size=(2, 3, 3, 4))  # (rows, columns, in, filters)
bias = np.array([3, -2, 5, 1])
layer = Conv2D(4, (2, 3), dilation_rate=(3, 2))
layer.build(x.shape)  # (batch, height, width, channels)
layer.set_weights([kernel, bias])
y = keras.ops.convert_to_numpy(layer(x))
print(x.shape, "becomes", y.shape)

# %%
# Compute it
# ----------
# Write the kernel into every third row and every second column of an array of
# zeros, (2 - 1) * 3 + 1 = 4 by (3 - 1) * 2 + 1 = 5. The result is an ordinary
# kernel. In an image of 7 by 7, its patches begin at 4 rows and 3 columns.

wide = np.zeros((4, 5, 3, 4))
wide[::3, ::2] = kernel
windows = np.lib.stride_tricks.sliding_window_view(x, (4, 5), axis=(1, 2))
by_hand = np.einsum("bijcuv,uvcf->bijf", windows, wide) + bias

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

# %%
# ``Conv2D`` refuses strides together with dilation. For finished weights, the
# kernel with zeros is a way out: a layer without dilation takes it, and returns
# every second pixel. (Training would change the zeros. To train, slice the
# output of the dilated layer: ``y[:, ::2, ::2]``.)

options = {"strides": 2, "dilation_rate": (3, 2)}
np.testing.assert_raises(ValueError, Conv2D, 4, (2, 3), **options)
ordinary = Conv2D(4, (4, 5), strides=2)
ordinary.build(x.shape)
ordinary.set_weights([wide, bias])
y_strided = keras.ops.convert_to_numpy(ordinary(x))
np.testing.assert_array_equal(y_strided, y[:, ::2, ::2], strict=True)

# %%
# Break it
# --------
# Write ``Conv2D(4, 3, dilation_rate=2)``, not ``Conv2D(4, 3, 2)``: its third
# argument is ``strides``, which skips patches. Dilation skips pixels inside a
# patch. On images of 7 by 7 pixels, both return the same shape.

square = rng.integers(-9, 10, size=(3, 3, 3, 4))
right = conv(x, square, dilation_rate=2)
wrong = conv(x, square, strides=2)
print("shapes:", right.shape, wrong.shape)
print("right:", right[0, 0, 0], "wrong:", wrong[0, 0, 0])
assert np.any(right != wrong)

# %%
# See it
# ------
# The nine pixels that the output in the middle reads, for three rates.

pixels = np.arange(81).reshape(1, 9, 9, 1)  # each is its own number
fig, axes = plt.subplots(1, 3, figsize=(6, 2.4), layout="constrained")
fig.suptitle("A kernel of 3 by 3: the pixels that one output reads")
for axis, rate in zip(axes, (1, 2, 3)):
    cut = patches(pixels, (3, 3), padding="same", dilation_rate=rate)
    read = np.isin(pixels, cut[0, 4, 4])[0, :, :, 0]
    axis.pcolormesh(read, cmap="Blues", vmin=0, vmax=1.5, edgecolor="gray")
    axis.set(title=f"dilation_rate={rate}", xticks=[], yticks=[], aspect=1)
plt.show()
