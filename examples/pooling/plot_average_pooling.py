r"""
AveragePooling1D, AveragePooling2D, AveragePooling3D: padding does not count
============================================================================

``AveragePooling2D`` moves a window over an image, and takes the mean of the
pixels in it. Pixels that padding adds at the border do not count.

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

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The mean of ones is 1, even at the border. The pixels of a second image are
# numbered from 0.

ones = np.ones((1, 4, 5, 1), "float32")  # (batch, height, width, channels)
layer = AveragePooling2D(pool_size=3, strides=1, padding="same")
y_ones = keras.ops.convert_to_numpy(layer(ones))
print(y_ones[0, :, :, 0])
numbers = np.arange(20).reshape(1, 4, 5, 1).astype("float32")
y_numbers = keras.ops.convert_to_numpy(layer(numbers))

# %%
# Compute it
# ----------
# Put zeros around the image, and cut windows of 3 by 3 pixels. The zeros of the
# padding do not change a sum. To count the real pixels of each window, sum up
# an image of ones that is padded in the same way.

padded = np.pad(numbers[0, :, :, 0], 1)
real = np.pad(ones[0, :, :, 0], 1)  # 1 for a pixel, 0 for padding
windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
counted = np.lib.stride_tricks.sliding_window_view(real, (3, 3))
means = windows.sum(axis=(2, 3)) / counted.sum(axis=(2, 3))  # (height, width)
corner = counted[0, 0]
print(f"{corner.sum():.0f} of {corner.size} pixels in a corner are real")

# %%
# The whole functions take any windows and strides, with padding or without.

from keras_by_hand import (
    average_pooling1d,
    average_pooling2d,
    average_pooling3d,
)

# %%
# Check it
# --------
# Means are rounded: the results agree up to a tolerance.

of_keras = y_numbers[0, :, :, 0]
np.testing.assert_allclose(of_keras, means, rtol=1e-4, atol=1e-4)

same = {"strides": 1, "padding": "same"}
first = {"data_format": "channels_first"}
cases = [
    (average_pooling1d, AveragePooling1D, (2, 7, 3), 3, same),
    (average_pooling1d, AveragePooling1D, (2, 3, 8), 3, first),
    (average_pooling2d, AveragePooling2D, (2, 5, 6, 3), (3, 5), same),
    (average_pooling2d, AveragePooling2D, (2, 3, 5, 7), (2, 3), first),
    (average_pooling3d, AveragePooling3D, (2, 5, 4, 6, 3), 3, same),
    (average_pooling3d, AveragePooling3D, (2, 3, 5, 4, 6), (2, 1, 3), first),
]
tolerance = 1000 * np.finfo("float32").eps
for function, layer_class, shape, pool_size, options in cases:
    x = rng.normal(size=shape).astype("float32")
    y = keras.ops.convert_to_numpy(layer_class(pool_size, **options)(x))
    expected = function(x.astype("float64"), pool_size=pool_size, **options)
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    PyTorch, ``AveragePooling1D``, ``AveragePooling2D`` and
#    ``AveragePooling3D`` count the last number twice where ``"same"`` pads the
#    end more than the start. The mean of 10 and 20 becomes 16.67 instead of 15.

x = np.float32([[[10], [20]]])  # (batch, steps, channels)
y = AveragePooling1D(3, strides=2, padding="same")(x)
expected = average_pooling1d(x, pool_size=3, strides=2, padding="same")
assert expected.item() == 15
if keras.backend.backend() == "torch":
    expected = [[[(10 + 20 + 20) / 3]]]
np.testing.assert_allclose(keras.ops.convert_to_numpy(y), expected, rtol=1e-6)

# %%
# Break it
# --------
# Would you pad with zeros, and always divide by nine? PyTorch's
# ``AvgPool2d(3, 1, 1)`` does so by default (``count_include_pad=True``).

padded = np.pad(ones, [(0, 0), (1, 1), (1, 1), (0, 0)])
wrong = average_pooling2d(padded, pool_size=3, strides=1)
assert not np.allclose(y_ones, wrong)

# %%
# See it
# ------
# In a corner, most pixels of a window are padding.

image = wrong[0, :, :, 0]
fig, axis = plt.subplots(figsize=(5, 2.8))
fig.suptitle("Means of ones, divided by nine: too small at the border")
axis.imshow(image, cmap="Greys_r", vmin=-0.5, vmax=1)
axis.set(title="In Keras, each of them is 1", xticks=[], yticks=[])
for (row, column), mean in np.ndenumerate(image):
    axis.text(column, row, f"{mean:.2f}", ha="center", va="center", color="k")
plt.show()
