r"""
GlobalAveragePooling and GlobalMaxPooling: one number for each channel
======================================================================

Before the last layer of a classifier, each channel becomes one number: its mean
(*global average pooling*, GAP) or its maximum. A mean over steps skips masked
ones; a maximum does not.

.. math::

   \text{mean}_c &= \frac{1}{h w} \sum_{i,j} x_{i,j,c} \\
   \text{max}_c &= \max_{i,j} \; x_{i,j,c} \\
   \text{masked mean}_c &= \frac{\sum_t m_t \, x_{t,c}}{\sum_t m_t}

Channel :math:`c` has :math:`h` by :math:`w` pixels :math:`i, j`, or steps
:math:`t`. The mask :math:`m` is 1 for a real step, and 0 for padding.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# Two images, and three sequences: 8, 4 and 2 steps below zero, then padding.

x = np.random.default_rng(313).integers(-99, 100, size=(2, 4, 8, 3))
x = x.astype("float32")  # (batch, height, width, channels)
y_mean = keras.ops.convert_to_numpy(layers.GlobalAveragePooling2D()(x))
y_max = keras.ops.convert_to_numpy(layers.GlobalMaxPooling2D()(x))
is_step = np.arange(8) < np.array([[8], [4], [2]])  # (batch, steps)
steps = np.float32(is_step * np.arange(-99, -27, 9))[..., np.newaxis]
masked = layers.Masking()(steps)  # masks steps of zeros
y_steps = keras.ops.convert_to_numpy(layers.GlobalAveragePooling1D()(masked))

# %%
# Compute it
# ----------
# With a mask, add up real steps only, and divide by their number.

mean_by_hand = x.mean(axis=(1, 2))  # (batch, channels)
max_by_hand = x.max(axis=(1, 2))
totals = np.sum(steps * is_step[..., np.newaxis], axis=1)  # (batch, 1)
steps_by_hand = totals / np.sum(is_step, axis=1, keepdims=True)

# %%
# Check it
# --------
# Dividing whole numbers by powers of two rounds nothing: equal to the bit.

np.testing.assert_array_equal(y_mean, mean_by_hand, strict=True)
np.testing.assert_array_equal(y_max, max_by_hand, strict=True)
np.testing.assert_array_equal(y_steps, np.float32(steps_by_hand), strict=True)

# %%
# In full
# -------
# The function takes the mask of the steps, (batch, steps).
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** If all steps of a
#    sequence are masked, ``GlobalAveragePooling1D`` returns ``nan``: zero
#    divided by zero.

from keras_by_hand import (
    global_average_pooling1d,
    global_average_pooling2d,
    global_max_pooling2d,
)

np.testing.assert_allclose(y_steps, global_average_pooling1d(steps, is_step))
of_nothing = layers.GlobalAveragePooling1D()(steps, mask=np.zeros((3, 8)))
assert np.all(np.isnan(of_nothing))

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``GlobalMaxPooling1D``,
#    ``MaxPooling1D`` and ``AveragePooling1D`` drop the mask, with a warning.
#
# So the 0 of padding may be the maximum. Put minus infinity in its place.

with warnings.catch_warnings(action="ignore"):
    wrong = keras.ops.convert_to_numpy(layers.GlobalMaxPooling1D()(masked))
filled = np.where(is_step[..., np.newaxis], steps, -np.inf)
right = keras.ops.convert_to_numpy(layers.GlobalMaxPooling1D()(filled))
print("right:", right.ravel(), "wrong:", wrong.ravel())
assert np.any(right != wrong)

# %%
# See it
# ------
images = np.zeros((3, 8, 8, 1))  # of one channel
images[0, 1:3, 1:3] = images[1, 5:7, 4:6] = 8
images[2, 2:6, 2:6] = 4
largest, means = global_max_pooling2d(images), global_average_pooling2d(images)
fig, axes = plt.subplots(1, 3, figsize=(6, 2.6), layout="constrained")
fig.suptitle("Global pooling tells how much, not where")
for axis, image, (most,), (mean,) in zip(axes, images, largest, means):
    axis.imshow(image, cmap="Blues", vmin=0, vmax=10)
    axis.set(title=f"max {most:g}, mean {mean:g}", xticks=[], yticks=[])
plt.show()
