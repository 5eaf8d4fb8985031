r"""
AdaptiveMaxPooling2D: not for an output of 1 on TensorFlow
==========================================================

``AdaptiveMaxPooling2D`` is pooling with the windows of
``AdaptiveAveragePooling2D``: it keeps the largest pixel of each.

.. math::

   y_{i,c} = \max_{\text{first}_i \le t < \text{end}_i} x_{t,c}

This is along one axis. On TensorFlow the layer fails if the output is a single
pixel. ``GlobalMaxPooling2D`` computes the same.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand.layers.pooling import adaptive_windows

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Images of different sizes become 3 by 2 pixels.

layer = layers.AdaptiveMaxPooling2D(output_size=(3, 2))
for shape in [(1, 7, 8, 5), (1, 9, 4, 5)]:  # (batch, height, width, channels)
    print(shape, "becomes", tuple(layer(np.ones(shape, "float32")).shape))

image = np.arange(56).reshape(7, 8) * 23 % 56  # each number once
y = layer(image.reshape(1, 7, 8, 1).astype("float32"))
of_keras = keras.ops.convert_to_numpy(y)[0, :, :, 0]

# %%
# Compute it
# ----------
# ``adaptive_windows`` lists the rows and the columns of each window. ``np.ix_``
# picks the pixels where they cross. Keep the largest.

largest = np.zeros((3, 2))
for i, rows in enumerate(adaptive_windows(7, 3)):
    for j, columns in enumerate(adaptive_windows(8, 2)):
        largest[i, j] = image[np.ix_(rows, columns)].max()

# %%
# The whole functions pool one axis after the other, for 1D to 3D. The largest
# of a window is the largest of the largest of its rows. (The page
# "AdaptiveAveragePooling2D" explains ``adaptive_pooling``.)

from keras_by_hand import (
    adaptive_max_pooling1d,
    adaptive_max_pooling2d,
    adaptive_max_pooling3d,
)

# %%
# Check it
# --------
# The layer only compares numbers: the results are equal to the bit.

np.testing.assert_array_equal(of_keras, np.float32(largest), strict=True)

cases = [
    (adaptive_max_pooling1d, layers.AdaptiveMaxPooling1D, (2, 7, 8), 3),
    (adaptive_max_pooling2d, layers.AdaptiveMaxPooling2D, (2, 7, 5, 6), (3, 8)),
    (adaptive_max_pooling3d, layers.AdaptiveMaxPooling3D, (2, 7, 5, 4, 6), 2),
]
for function, layer_class, shape, output_size in cases:
    x = rng.integers(-99, 100, size=shape).astype("float32")
    for data_format in ("channels_last", "channels_first"):
        layer = layer_class(output_size, data_format=data_format)
        y = keras.ops.convert_to_numpy(layer(x))
        expected = function(x, output_size=output_size, data_format=data_format)
        np.testing.assert_array_equal(y, expected, strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** On TensorFlow, a model with
#    ``AdaptiveMaxPooling1D(1)``, ``AdaptiveMaxPooling2D(1)`` or
#    ``AdaptiveMaxPooling3D(1)`` stops with the error "Negative dimension size".
#    Called outside a model, with oneDNN on, the layer ends the whole Python
#    process ("Floating point exception"). So does an input of a single pixel.
#
# Keras also pools with windows one pixel longer, and these do not fit into the
# input.

x = rng.integers(-99, 100, size=(2, 7, 5, 3)).astype("float32")
expected = adaptive_max_pooling2d(x, output_size=1)
model = keras.Sequential([layers.AdaptiveMaxPooling2D(1)])
if keras.backend.backend() == "tensorflow":
    np.testing.assert_raises(ValueError, model.predict, x, verbose=0)
else:
    np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
y = layers.GlobalMaxPooling2D(keepdims=True)(x)
np.testing.assert_array_equal(keras.ops.convert_to_numpy(y), expected)

# %%
# Break it
# --------
# Would you write ``MaxPooling1D(7 // 3)``? It also has three windows. But they
# are two steps long and lie side by side, and the last step is dropped.

x = np.arange(1, 8).reshape(1, 7, 1).astype("float32")
y = keras.ops.convert_to_numpy(layers.AdaptiveMaxPooling1D(3)(x))
wrong = keras.ops.convert_to_numpy(layers.MaxPooling1D(7 // 3)(x))
print("adaptive:", y[0, :, 0])
print("fixed:   ", wrong[0, :, 0])
assert np.any(y != wrong)

# %%
# See it
# ------
# A peak where two windows overlap is the largest of both.

steps = np.array([1, 2, 5, 1, 3, 2, 4.0])
fig, axis = plt.subplots(figsize=(5, 2.6))
fig.suptitle("AdaptiveMaxPooling1D(3): seven steps, three windows")
axis.bar(np.arange(7), steps, color="lightgray")
for position, window in enumerate(adaptive_windows(7, 3)):
    ends = [window[0] - 0.4, window[-1] + 0.4]
    axis.plot(ends, [steps[window].max()] * 2, color=f"C{position}", lw=3)
axis.set(xlabel="step", ylim=(0, 6))
plt.show()
