r"""
AveragePooling1D, AveragePooling2D, AveragePooling3D: padding does not count
============================================================================

To make an image smaller, ``AveragePooling2D`` moves a window over it and takes
the mean of the pixels. Pixels that padding adds at the border do not count.

.. math::

   y_{p,c} = \frac{1}{|\text{window}_p|}
   \sum_{q \in \text{window}_p} x_{q,c}

The window at position :math:`p` has :math:`|\text{window}_p|` pixels :math:`q`
of ``x``. Each channel :math:`c` is pooled by itself.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import AveragePooling1D, AveragePooling2D, AveragePooling3D

# %%
# Build it
# --------
# The pixels of an image are numbered from 0. Here the windows overlap. If you
# leave out ``strides``, they are ``pool_size``: then windows do not overlap.

x = np.arange(20).reshape(1, 4, 5, 1).astype("float32")  # (1, rows, columns, 1)
layer = AveragePooling2D(pool_size=3, strides=1, padding="same")
y = keras.ops.convert_to_numpy(layer(x))[0, :, :, 0]
print(y)

# %%
# Compute it
# ----------
# Put zeros around the image, and cut windows of 3 by 3 pixels. The zeros of the
# padding do not change a sum. To count the real pixels of each window, sum up
# an image of ones that is padded in the same way.

padded = np.pad(x[0, :, :, 0], 1)
real = np.pad(np.ones((4, 5)), 1)  # 1 for a pixel, 0 for padding
windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
counted = np.lib.stride_tricks.sliding_window_view(real, (3, 3))
means = windows.sum(axis=(2, 3)) / counted.sum(axis=(2, 3))  # (height, width)

# %%
# Check it
# --------

np.testing.assert_allclose(y, means, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    PyTorch, ``AveragePooling1D``, ``AveragePooling2D`` and
#    ``AveragePooling3D`` count the last number twice where ``"same"`` pads the
#    end more than the start. The mean of 10 and 20 becomes 16.67 instead of 15.

from keras_by_hand import (
    average_pooling1d,
    average_pooling2d,
    average_pooling3d,
)

volume = np.arange(32, dtype="float32").reshape(1, 2, 4, 4, 1)
y_volume = AveragePooling3D(2)(volume)
np.testing.assert_allclose(y_volume, average_pooling3d(volume, pool_size=2))
expected = average_pooling2d(x, pool_size=3, strides=1, padding="same")
np.testing.assert_allclose(y, expected[0, :, :, 0], rtol=1e-4, atol=1e-4)
steps = np.float32([[[10], [20]]])  # (batch, steps, channels)
y_steps = AveragePooling1D(3, strides=2, padding="same")(steps)
y_steps = keras.ops.convert_to_numpy(y_steps)
expected = average_pooling1d(steps, pool_size=3, strides=2, padding="same")
if keras.backend.backend() == "torch":
    expected = [[[(10 + 20 + 20) / 3]]]
np.testing.assert_allclose(y_steps, expected, rtol=1e-6)
print("right:", (10 + 20) / 2, "wrong, on PyTorch:", round(50 / 3, 2))

# %%
# Break it
# --------
# PyTorch's ``AvgPool2d(3, stride=1, padding=1)`` divides by nine at the border,
# too. For Keras' means, pass it ``count_include_pad=False``. For PyTorch's
# in Keras, put a ``ZeroPadding2D`` first, and leave out ``padding``.

wrong = windows.mean(axis=(2, 3))
zeros_first = AveragePooling2D(3, strides=1)(keras.layers.ZeroPadding2D(1)(x))
np.testing.assert_allclose(zeros_first[0, :, :, 0], wrong, rtol=1e-4)
print("first row, right:", y[0])
print("first row, wrong:", wrong[0].round(2))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# How many pixels of each window are real:

number = counted.sum(axis=(2, 3))
fig, axis = plt.subplots(figsize=(5, 2.8))
axis.imshow(number, cmap="Blues", vmin=0, vmax=14)
axis.set(title="AveragePooling2D divides by 4, 6 or 9", xticks=[], yticks=[])
for (row, column), real in np.ndenumerate(number):
    axis.text(column, row, int(real), ha="center", va="center", color="k")
plt.show()
