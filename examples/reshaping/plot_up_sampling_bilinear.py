r"""
UpSampling2D, bilinear: interpolate between the centers of pixels
=================================================================

``UpSampling2D(interpolation="bilinear")`` draws straight lines between the
centers of pixels, and reads them at the centers of the new, smaller pixels:
first along the columns, then along the rows.

.. math::

   s_i &= (i + \tfrac{1}{2}) / a - \tfrac{1}{2} \\
   y_i &= \sum_j \max(0,\, 1 - |s_i - j|) \; x_j

Old pixel j has its center at j, and new pixel i at :math:`s_i`, where a is the
``size``. Beyond the outermost centers, y is the value of the nearest pixel.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import UpSampling2D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# One row of three pixels, four times as wide.

x = np.array([[[[2], [8], [4]]]])  # (batch, height, width, channels)
layer = UpSampling2D((1, 4), interpolation="bilinear")
model = keras.Sequential([keras.Input((1, 3, 1)), layer])
y = model.predict(x, verbose=0)
print(y.ravel())

# %%
# Compute it
# ----------
# Find the center of each new pixel, measured in old pixels, and its distance
# from each old center. The weight of an old pixel is 1 at its center, and falls
# to 0 at the next one. Beyond the outermost centers, only one old pixel has a
# weight. Dividing by the sum of the weights makes it 1.

centers = (np.arange(12) + 0.5) / 4 - 0.5
distances = np.abs(centers[:, np.newaxis] - np.arange(3))  # (new, old)
weights = np.maximum(0, 1 - distances)
weights = weights / weights.sum(axis=1, keepdims=True)
wider = weights @ x[0, 0, :, 0]  # (new,)

# %%
# The whole function can also turn distances into weights by another kernel.
# ``resize`` multiplies first the columns and then the rows of the image by the
# weights.

from keras_by_hand import up_sampling2d

# %%
# Check it
# --------
# With a size of 2 or 4 the weights are eighths, and nothing is rounded.

np.testing.assert_array_equal(y.ravel(), np.float32(wider), strict=True)
expected = up_sampling2d(x, size=(1, 4), interpolation="bilinear")
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

tolerance = 1000 * np.finfo("float32").eps
x = rng.normal(size=(2, 3, 4, 2)).astype("float32")
bilinear = {"interpolation": "bilinear"}
nearest = {"data_format": "channels_first"}
for options in ({"size": 3, **bilinear}, {"size": (2, 3), **bilinear}, nearest):
    y_image = keras.ops.convert_to_numpy(UpSampling2D(**options)(x))
    expected = up_sampling2d(x, **options)
    np.testing.assert_allclose(y_image, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    ``UpSampling2D(dtype="float64")`` interpolates in float32. Only "nearest"
#    keeps float64.

if keras.backend.backend() == "tensorflow":
    for interpolation, rounds in (("bilinear", True), ("nearest", False)):
        layer = UpSampling2D(3, interpolation=interpolation, dtype="float64")
        y_64 = layer(x.astype("float64") / 3)
        np.testing.assert_equal(np.array_equal(y_64, np.float32(y_64)), rounds)

# %%
# Break it
# --------
# Would you put the first and last new pixel onto the first and last old one, as
# PyTorch's ``align_corners=True`` does? Or every fourth new pixel onto an old
# one, as TensorFlow 1 did? That moves the picture to the upper left.

row, places = np.array([2, 8, 4]), np.arange(3)
half_pixel = (np.arange(12) + 0.5) / 4 - 0.5
align_corners = np.linspace(0, 2, 12)
tensorflow_1 = np.arange(12) / 4
np.testing.assert_array_equal(y.ravel(), np.interp(half_pixel, places, row))
for wrong in (align_corners, tensorflow_1):
    wrong = np.interp(wrong, places, row)  # straight lines, level at the ends
    print(wrong.round(2))
    assert not np.allclose(y.ravel(), wrong)

# %%
# See it
# ------
# Bars are old pixels, and dots are new ones.

titles = ("UpSampling2D", "align_corners=True", "TensorFlow 1")
fig, axes = plt.subplots(1, 3, figsize=(7, 2.8), sharey=True)
fig.suptitle("Where 12 new pixels read 3 old ones")
all_centers = (half_pixel, align_corners, tensorflow_1)
for axis, title, centers in zip(axes, titles, all_centers):
    axis.bar(places, row, width=1, color="C0", alpha=0.3, edgecolor="gray")
    axis.plot(centers, np.interp(centers, places, row), "o-", color="C1", ms=4)
    axis.set(title=title, xticks=places, xlabel="old pixel")
plt.show()
