r"""
AdaptiveAveragePooling and AdaptiveMaxPooling: windows that fit
===============================================================

Where images differ in size, and a ``Dense`` layer needs one size, tell adaptive
pooling the size of its output. It chooses windows that fit, and may overlap.

.. math::

   \text{first}_i &= \left\lfloor \frac{i \, n}{m} \right\rfloor \\
   \text{end}_i &= \left\lceil \frac{(i + 1) \, n}{m} \right\rceil

Along an axis of :math:`n` pixels, output :math:`i` of :math:`m` pools the
pixels from :math:`\text{first}_i` up to, but not including,
:math:`\text{end}_i`. PyTorch's ``AdaptiveAvgPool2d`` does the same.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand.layers.pooling import adaptive_windows

# %%
# Build it
# --------
# Images of any size become 3 by 2 pixels. Along one axis, 7 steps become 3.

layer = layers.AdaptiveAveragePooling2D(output_size=(3, 2))
row = np.array([1, 4, 9, 16, 25, 36, 25], dtype="float32")
steps = row.reshape(1, 7, 1)  # (batch, steps, channels)
y_mean = layers.AdaptiveAveragePooling1D(3)(steps)[0, :, 0]
y_max = layers.AdaptiveMaxPooling1D(3)(steps)[0, :, 0]
y_mean, y_max = map(keras.ops.convert_to_numpy, (y_mean, y_max))

# %%
# Compute it
# ----------
# Divide the seven steps into thirds. A window begins where its third begins,
# rounded down by ``//``, and ends where it ends, rounded up by ``-(-a // b)``.

means, largest = [], []
for i in range(3):
    first = i * 7 // 3
    end = -(-(i + 1) * 7 // 3)
    means.append(row[first:end].mean())
    largest.append(row[first:end].max())

# %%
# Check it
# --------

np.testing.assert_allclose(y_mean, means, rtol=1e-4, atol=1e-4)
np.testing.assert_array_equal(y_max, largest)

# %%
# In full
# -------
# On TensorFlow, images of several sizes need ``compile(run_eagerly=True)``.
# Otherwise, ``predict`` and ``fit`` raise an error: "Input spatial dimensions
# must be statically known". For the maximum of a whole image, use
# ``GlobalMaxPooling2D(keepdims=True)``:
#
# .. warning:: **Seen in Keras 3.15.1, error:** On TensorFlow, a model with
#    ``AdaptiveMaxPooling1D(1)``, ``AdaptiveMaxPooling2D(1)`` or
#    ``AdaptiveMaxPooling3D(1)`` stops with the error "Negative dimension size".
#    Called outside a model, with oneDNN on, the layer ends the whole Python
#    process ("Floating point exception", SIGFPE). So does a one-pixel input.

from keras_by_hand import adaptive_average_pooling2d, adaptive_max_pooling2d

x = np.random.default_rng(313).normal(size=(2, 7, 5, 3)).astype("float32")
y = keras.ops.convert_to_numpy(layer(x))
expected = adaptive_average_pooling2d(x, output_size=(3, 2))
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
y = keras.ops.convert_to_numpy(layers.GlobalMaxPooling2D(keepdims=True)(x))
np.testing.assert_array_equal(y, adaptive_max_pooling2d(x, output_size=1))
model = keras.Sequential([layers.AdaptiveMaxPooling2D(1)])
if keras.backend.backend() == "tensorflow":
    np.testing.assert_raises(ValueError, model.predict, x, verbose=0)

# %%
# Break it
# --------
# ``AveragePooling1D(7 // 3)`` returns three numbers, too. But it drops a step.

wrong = keras.ops.convert_to_numpy(layers.AveragePooling1D(7 // 3)(steps))
print("right:", y_mean.round(2), "wrong:", wrong.ravel())
assert not np.allclose(y_mean, wrong.ravel())

# %%
# See it
# ------
# Lines join each output, above, with the steps of its window, below.

fig, axes = plt.subplots(1, 3, figsize=(6, 2.4))
fig.suptitle("Adaptive pooling: the steps in each window")
for axis, (length, positions) in zip(axes, [(6, 3), (7, 3), (5, 8)]):
    for position, window in enumerate(adaptive_windows(length, positions)):
        above = (position + 0.5) / positions
        for step in window:
            axis.plot([(step + 0.5) / length, above], [0, 1], color="C0")
    axis.set(title=f"{length} steps to {positions}", xticks=[], yticks=[])
plt.show()
