r"""
AdaptiveAveragePooling2D: windows that fit
==========================================

``AdaptiveAveragePooling2D`` is pooling the other way round: you give the size
of its output, and it chooses the windows that fit. They overlap if the input
cannot be divided evenly.

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

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Images of different sizes become 3 by 2 pixels: a ``Dense`` layer can follow.

layer = layers.AdaptiveAveragePooling2D(output_size=(3, 2))
for shape in [(1, 7, 8, 5), (1, 9, 4, 5)]:  # (batch, height, width, channels)
    print(shape, "becomes", tuple(layer(np.ones(shape, "float32")).shape))

# %%
# Along one axis, seven steps become three:

row = np.arange(1, 8).astype("float32") ** 2
layer = layers.AdaptiveAveragePooling1D(3)
of_row = keras.ops.convert_to_numpy(layer(row.reshape(1, 7, 1)))

# %%
# Compute it
# ----------
# Divide the seven steps into thirds. Each window begins at the start of its
# third, rounded down, and ends at the end of it, rounded up. (``//`` rounds
# down; with two minus signs it rounds up.) So neighbours share the step that
# lies on their border.

means = []
for i in range(3):
    first = i * 7 // 3
    end = -(-(i + 1) * 7 // 3)
    means.append(row[first:end].mean())

# %%
# The whole functions pool along one axis, then the result along the next. The
# rows of a window are equally long, so the mean of their means is the mean of
# the window.

from keras_by_hand import (
    adaptive_average_pooling1d,
    adaptive_average_pooling2d,
    adaptive_average_pooling3d,
)
from keras_by_hand.layers.pooling import adaptive_windows

# %%
# Check it
# --------
# The output may be larger than the input: from 5 columns to 8, one pixel is in
# several windows. Means are rounded: the results agree up to a tolerance.

np.testing.assert_allclose(of_row[0, :, 0], means, rtol=1e-4, atol=1e-4)

cases = [
    ("1D", adaptive_average_pooling1d, (2, 7, 8), 3),
    ("2D", adaptive_average_pooling2d, (2, 7, 5, 6), (3, 8)),
    ("3D", adaptive_average_pooling3d, (2, 7, 5, 4, 6), (3, 8, 1)),
]
tolerance = 1000 * np.finfo("float32").eps
for rank, function, shape, size in cases:
    layer_class = getattr(layers, f"AdaptiveAveragePooling{rank}")
    x = rng.normal(size=shape).astype("float32")
    for data_format in ("channels_last", "channels_first"):
        layer = layer_class(size, data_format=data_format)
        y = keras.ops.convert_to_numpy(layer(x))
        options = {"output_size": size, "data_format": data_format}
        expected = function(x, **options)
        np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)

# %%
# Break it
# --------
# Would you write ``AveragePooling1D(7 // 3)``? Its three windows are two steps
# long and lie side by side, and it drops the last step.

x = np.arange(1, 8).reshape(1, 7, 1).astype("float32") ** 2
y = keras.ops.convert_to_numpy(layers.AdaptiveAveragePooling1D(3)(x))
wrong = keras.ops.convert_to_numpy(layers.AveragePooling1D(7 // 3)(x))
print("adaptive:", y[0, :, 0])
print("fixed:   ", wrong[0, :, 0])
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# Lines join each output, above, with the steps of its window, below.

fig, axes = plt.subplots(1, 3, figsize=(6, 2.4))
fig.suptitle("Adaptive pooling: the steps in each window")
for axis, (length, positions) in zip(axes, [(6, 3), (7, 3), (5, 8)]):
    for position, steps in enumerate(adaptive_windows(length, positions)):
        above = (position + 0.5) / positions
        for step in steps:
            axis.plot([(step + 0.5) / length, above], [0, 1], color="C0")
    axis.set(title=f"{length} steps to {positions}", xticks=[], yticks=[])
plt.show()
