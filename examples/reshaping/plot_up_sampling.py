r"""
UpSampling1D, UpSampling2D and UpSampling3D: repeat every pixel
===============================================================

A decoder makes images larger. The simplest way is ``UpSampling2D``: it repeats
each row and each column, has no weights, and does not mix channels.
``UpSampling1D`` repeats the steps of a sequence, ``UpSampling3D`` voxels.

.. math::

   y_{i,j,c} = x_{\lfloor i/a \rfloor,\; \lfloor j/b \rfloor,\; c}

Here ``size`` is :math:`(a, b)`, for the new pixel :math:`i, j` and the channel
:math:`c`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# Each row twice, and each column three times.

x = np.array([[1, 2], [3, 4]], "float32").reshape(1, 2, 2, 1)
y = keras.ops.convert_to_numpy(layers.UpSampling2D((2, 3))(x))
print(y[0, ..., 0])  # (height, width)

# %%
# Compute it
# ----------
# ``np.repeat`` puts the copies of a row next to each other. Repeat the rows
# first, then the columns.

taller = np.repeat(x, 2, axis=1)  # (batch, 2 * height, width, channels)
larger = np.repeat(taller, 3, axis=2)  # (batch, 2 * height, 3 * width, ...)

# %%
# Check it
# --------
# Copies are equal to the bit.

np.testing.assert_array_equal(y, larger, strict=True)

# %%
# In full
# -------
# ``repeat_entries`` serves all three layers. ``UpSampling2D`` can interpolate,
# too: see the page "UpSampling2D, bilinear".

from keras_by_hand.layers.reshaping import repeat_entries

volumes = np.arange(120, dtype="float32").reshape(1, 2, 3, 4, 5)
y_3d = keras.ops.convert_to_numpy(layers.UpSampling3D((1, 2, 3))(volumes))
np.testing.assert_array_equal(y_3d, repeat_entries(volumes, size=(1, 2, 3)))

# %%
# A transposed convolution can learn this. For one channel, kernel and strides
# are as large as ``size``, and each weight is 1.

ones = {"kernel_initializer": "ones"}
transposed = layers.Conv2DTranspose(1, (2, 3), strides=(2, 3), **ones)
y_transposed = keras.ops.convert_to_numpy(transposed(x))
np.testing.assert_array_equal(y_transposed, y)

# %%
# Break it
# --------
# ``np.tile`` puts copies of the image side by side. And in signal processing,
# upsampling inserts zeros: the first step of a transposed convolution.

tiled = np.tile(x, (1, 2, 3, 1))
zeros_inserted = np.zeros_like(y)
zeros_inserted[:, ::2, ::3] = x
print("right:", y[0, 0, :, 0])
for wrong in (tiled, zeros_inserted):
    print("wrong:", wrong[0, 0, :, 0])
    assert np.any(y != wrong)

# %%
# See it
# ------
# The image and the three results:

titles = ("x", "UpSampling2D", "np.tile", "zeros inserted")
pictures = (x, y, tiled, zeros_inserted)
fig, axes = plt.subplots(1, 4, figsize=(7, 2.4), layout="constrained")
fig.suptitle("UpSampling2D((2, 3)) repeats each pixel in its place")
for axis, title, picture in zip(axes, titles, pictures):
    axis.imshow(picture[0, ..., 0], cmap="Blues", vmin=0, vmax=7)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), number in np.ndenumerate(picture[0, ..., 0]):
        axis.text(column, row, int(number), ha="center", va="center", color="k")
plt.show()
