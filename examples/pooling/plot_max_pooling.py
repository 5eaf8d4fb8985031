r"""
MaxPooling1D, MaxPooling2D, MaxPooling3D: the largest of each window
====================================================================

It matters that there is an edge, and less whether it is one pixel further left.
``MaxPooling2D`` cuts an image into windows and keeps the largest pixel of
each, for each channel by itself. What remains is smaller, cheaper for the next
layers, and changes less when the image moves.

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
# ``pool_size`` is 2 by default, and ``strides`` are as large: windows lie side
# by side. The fifth row and the seventh column fill no window, and are dropped.

x = -1 - rng.permutation(35).reshape(1, 5, 7, 1).astype("float32")  # negative
y = keras.ops.convert_to_numpy(MaxPooling2D()(x))
print(x.shape, "->", y.shape)  # (batch, height, width, channels)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 2.8), width_ratios=[7, 3])
fig.suptitle("MaxPooling2D keeps the largest (bold) of each window")
for axis, values in zip(axes, [x[0, :, :, 0], y[0, :, :, 0]]):
    axis.imshow(values, cmap="Blues_r", vmin=-80, vmax=0)
    axis.set(xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        weight = "bold" if value in y else "normal"
        text = axis.text(column, row, int(value), color="k", weight=weight)
        text.set(ha="center", va="center")
axes[0].hlines([1.5, 3.5], -0.5, 6.5, color="C1")
axes[0].vlines([1.5, 3.5, 5.5], -0.5, 4.5, color="C1")
plt.show()

# %%
# Compute it
# ----------
# Visit each window, and take the largest pixel along its rows and columns.

by_loops = np.zeros((1, 2, 3, 1))  # (batch, height, width, channels)
for i in range(2):
    for j in range(3):
        window = x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        by_loops[:, i, j] = window.max(axis=(1, 2))

# %%
# Or drop the odd row and column, give the rows and columns of each window axes
# of their own, and take the maximum along these.

windows = x[:, :4, :6].reshape(1, 2, 2, 3, 2, 1)
expected = windows.max(axis=(2, 4))

# %%
# Check it
# --------

np.testing.assert_array_equal(y, np.float32(by_loops), strict=True)
np.testing.assert_array_equal(y, expected, strict=True)

# %%
# Now 1000 images of one bright pixel move to the left by one. They all
# change. After pooling, about half of them do not.

bright = np.zeros((1000, 8, 8, 1), "float32")
bright[range(1000), rng.integers(8, size=1000), rng.integers(1, 8, 1000)] = 1
moved = np.roll(bright, -1, axis=2)  # no pixel is in the first column
pooled, pooled_moved = [np.array(MaxPooling2D()(z)) for z in (bright, moved)]
same = np.mean(np.all(pooled == pooled_moved, axis=(1, 2, 3)))
print(f"unchanged after pooling: {same:.2f}")
assert not np.any(bright * moved) and 0.4 < same < 0.8

# %%
# Break it
# --------
# Suppose you fill up windows with zeros, as a convolution does. All numbers are
# below zero here: zeros win. ``padding="same"`` fills up with minus infinity.

y_same = keras.ops.convert_to_numpy(MaxPooling2D(padding="same")(x))
odd = [(0, 0), (0, 1), (0, 1), (0, 0)]  # a row and a column at the end
wrong = np.pad(x, odd).reshape(1, 3, 2, 4, 2, 1).max(axis=(2, 4))
print("right:", y_same[0, 2, :, 0])
print("wrong:", wrong[0, 2, :, 0])
assert np.any(y_same != wrong)

# %%
# In full
# -------
# The functions from keras_by_hand take any windows, strides and padding.

from keras_by_hand import max_pooling1d, max_pooling2d, max_pooling3d

for function, layer_class, shape, options in [
    (max_pooling1d, MaxPooling1D, (2, 9, 3), {"pool_size": 4}),
    (max_pooling2d, MaxPooling2D, (2, 5, 7, 3), {"padding": "same"}),
    (max_pooling3d, MaxPooling3D, (2, 5, 4, 6, 3), {"pool_size": 3}),
]:
    x_random = rng.integers(-99, 0, size=shape).astype("float32")
    y_random = keras.ops.convert_to_numpy(layer_class(**options)(x_random))
    np.testing.assert_array_equal(y_random, function(x_random, **options))

# %%
# Try it
# ------
# 1. Keras has no ``MinPooling2D``. Write ``smallest(x)`` by ``max_pooling2d``.
