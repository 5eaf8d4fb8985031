r"""
UpSampling2D: nearest and bilinear, and align_corners of PyTorch
================================================================

A decoder makes images larger. Unlike ``Conv2DTranspose``, ``UpSampling2D`` has
no weights. By default, with ``interpolation="nearest"``, it repeats each row
and each column (nearest neighbor), a simple unpooling. With "bilinear", it
draws straight lines between the centers of pixels, as ``nn.Upsample`` of
PyTorch does with ``align_corners=False``.

.. math::

   \text{nearest: } & y_i = x_{\lfloor i/a \rfloor} \\
   \text{bilinear: } & y_i = \sum_j \max(0,\, 1 - |s_i - j|) \; x_j \\
   & s_i = (i + \tfrac{1}{2}) / a - \tfrac{1}{2}

This is for one axis, which becomes :math:`a` times as long. The old pixel
:math:`x_j` has its center at :math:`j`, the new :math:`y_i` at :math:`s_i`
(TensorFlow's ``half_pixel_centers``). Beyond the ends, the end pixel repeats.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# An image: each row twice, each column three times. A row: four times as wide.

x = np.array([[1, 2], [3, 4]], "float32").reshape(1, 2, 2, 1)
y = keras.ops.convert_to_numpy(layers.UpSampling2D((2, 3))(x))
print(y[0, ..., 0])  # (height, width)
row = np.array([2, 8, 4], "float32").reshape(1, 1, 3, 1)
bilinear = layers.UpSampling2D((1, 4), interpolation="bilinear")
y_bilinear = keras.ops.convert_to_numpy(bilinear(row))

# %%
# Compute it
# ----------
# ``np.repeat`` puts the copies of a row, or a column, next to each other.

taller = np.repeat(x, 2, axis=1)  # (batch, 2 * height, width, channels)
larger = np.repeat(taller, 3, axis=2)  # (batch, 2 * height, 3 * width, ...)

# %%
# For "bilinear", find the centers of the twelve new pixels. ``np.interp`` draws
# the lines between the old ones. Beyond the ends, it repeats the end values.

centers = (np.arange(12) + 0.5) / 4 - 0.5
interpolated = np.interp(centers, range(3), [2, 8, 4])

# %%
# Check it
# --------
# ``up_sampling2d`` is the whole layer. ``UpSampling1D`` repeats the steps of a
# sequence, and ``UpSampling3D`` repeats voxels, by the same rule.

from keras_by_hand import up_sampling2d, up_sampling3d

np.testing.assert_array_equal(y, larger, strict=True)
np.testing.assert_array_equal(y_bilinear.ravel(), np.float32(interpolated))
whole = up_sampling2d(row, size=(1, 4), interpolation="bilinear")
np.testing.assert_array_equal(y_bilinear, whole)
voxels = np.arange(120, dtype="float32").reshape(1, 2, 3, 4, 5)
y_3d = keras.ops.convert_to_numpy(layers.UpSampling3D((1, 2, 3))(voxels))
np.testing.assert_array_equal(y_3d, up_sampling3d(voxels, size=(1, 2, 3)))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    ``UpSampling2D(dtype="float64")`` interpolates in float32.

if keras.backend.backend() == "tensorflow":
    layer = layers.UpSampling2D(3, interpolation="bilinear", dtype="float64")
    thirds = keras.ops.convert_to_numpy(layer(np.float64(row) / 3))
    np.testing.assert_array_equal(thirds, np.float32(thirds))

# %%
# Break it
# --------
# ``np.tile`` puts copies of the image side by side: write ``np.repeat``. And
# ``align_corners=True`` of PyTorch puts the outer new centers on the outer old
# ones. Keras cannot: to port it, multiply each axis by such ``weights``.
tiled = np.tile(x, (1, 2, 3, 1))
print("right:", y[0, 0, :, 0], "wrong, np.tile:", tiled[0, 0, :, 0])
s = np.linspace(0, 2, 12)
weights = np.maximum(0, 1 - np.abs(s[:, np.newaxis] - range(3)))  # (new, old)
aligned = weights @ [2, 8, 4]
np.testing.assert_allclose(aligned, np.interp(s, range(3), [2, 8, 4]), 1e-4)
print("right:", y_bilinear[0, 0, :5, 0], "wrong:", aligned[:5].round(2))
assert np.any(y != tiled) and not np.allclose(y_bilinear.ravel(), aligned)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(centers, np.repeat([2, 8, 4], 4), "C2o", label="nearest")
axis.plot(centers, y_bilinear.ravel(), "C0o-", label="bilinear")
axis.plot(centers, aligned, "C3x--", label="wrong: align_corners=True")
axis.plot(range(3), [2, 8, 4], "ks", markersize=9, label="old pixels")
axis.set(title="UpSampling2D((1, 4)) makes twelve pixels of three")
axis.set(xlabel="center of the pixel, counted in old pixels", ylabel="value")
axis.legend()
plt.show()
