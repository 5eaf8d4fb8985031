r"""
MaxPooling1D, MaxPooling2D, MaxPooling3D: the largest of each window
====================================================================

``MaxPooling2D`` moves a window over an image, and keeps the largest pixel of
each window, for each channel :math:`c` by itself.

.. math::

   y_{i,j,c} = \max_{0 \le u,v < k} \; x_{s i + u,\; s j + v,\; c}

Here :math:`k` is ``pool_size``, and :math:`s` is ``strides``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import MaxPooling1D, MaxPooling2D, MaxPooling3D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# By default, ``pool_size`` is 2, and ``strides`` is the same as ``pool_size``:
# the windows lie side by side. The fifth row fills no window. ``"valid"``
# drops it, and ``"same"`` pools it by itself.

images = rng.integers(-99, 0, size=(2, 5, 8, 3)).astype("float32")
for padding in ("valid", "same"):
    y = MaxPooling2D(padding=padding)(images)
    print(f"{padding}: {images.shape} becomes {tuple(y.shape)}")

# %%
# Compute it
# ----------
# Cut each image into windows of two by two pixels, each with axes of its own,
# and take the largest number along these axes.

rows, columns = 5 // 2, 8 // 2  # the fifth row fills no window
windows = images[:, : 2 * rows].reshape(2, rows, 2, columns, 2, 3)
largest = windows.max(axis=(2, 4))  # (batch, rows, columns, channels)

# %%
# The whole function takes any windows and strides. For ``"same"`` it pads with
# minus infinity, which is never the largest.

from keras_by_hand import max_pooling1d, max_pooling2d, max_pooling3d

# %%
# Check it
# --------
# The layer only compares numbers, so nothing is rounded: the results are equal
# to the bit. All numbers are negative: zeros of padding would be the largest.

y = keras.ops.convert_to_numpy(MaxPooling2D()(images))
np.testing.assert_array_equal(y, largest, strict=True)

same, first = {"padding": "same"}, {"data_format": "channels_first"}
cases = [
    (max_pooling1d, MaxPooling1D, (2, 9, 3), {"pool_size": 4, **same}),
    (max_pooling1d, MaxPooling1D, (2, 3, 9), {"strides": 1, **first}),
    (max_pooling2d, MaxPooling2D, (2, 5, 7, 3), {"pool_size": (2, 3), **same}),
    (max_pooling2d, MaxPooling2D, (2, 3, 5, 7), {"strides": (1, 3), **first}),
    (max_pooling3d, MaxPooling3D, (2, 5, 4, 6, 3), {"pool_size": 3, **same}),
    (max_pooling3d, MaxPooling3D, (2, 3, 5, 4, 6), {"strides": 1, **first}),
]
for function, layer_class, shape, options in cases:
    x = rng.integers(-99, 0, size=shape).astype("float32")
    y = keras.ops.convert_to_numpy(layer_class(**options)(x))
    expected = function(x, **options)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Would you port PyTorch's ``MaxPool2d(3, stride=2, padding=1)`` by ``"same"``?
# The shapes agree. But where the size is even, Keras pads only the end, and
# PyTorch both sides. Pad both sides yourself, and pool with ``"valid"``.

layer = MaxPooling2D(3, strides=2, padding="same")
y = keras.ops.convert_to_numpy(layer(images))
both_sides = [(0, 0), (1, 1), (1, 1), (0, 0)]
padded = np.pad(images, both_sides, constant_values=-np.inf)
of_pytorch = max_pooling2d(padded, pool_size=3, strides=2)
print(f"{np.mean(y == of_pytorch):.0%} of the entries are the same")
assert np.any(y != of_pytorch)

# %%
# See it
# ------
# Orange lines divide the windows, and the largest pixel of each is bold.

image = rng.permutation(35).reshape(1, 5, 7, 1).astype("float32")
y = max_pooling2d(image, padding="same")
fig, axes = plt.subplots(1, 2, figsize=(6, 2.8), width_ratios=[7, 4])
fig.suptitle('MaxPooling2D(padding="same") keeps the largest of each window')
for axis, values in zip(axes, [image[0, :, :, 0], y[0, :, :, 0]]):
    axis.imshow(values, cmap="Blues", vmin=0, vmax=80)
    axis.set(xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        weight = "bold" if value in y else "normal"
        text = axis.text(column, row, int(value), color="k", weight=weight)
        text.set(ha="center", va="center")
axes[0].hlines([1.5, 3.5], -0.5, 6.5, color="C1")
axes[0].vlines([1.5, 3.5, 5.5], -0.5, 4.5, color="C1")
plt.show()
