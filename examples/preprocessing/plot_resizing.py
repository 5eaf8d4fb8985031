r"""
Resizing: enlarge and shrink images, with and without antialias
===============================================================

``Resizing`` gives images another height and width. Each new pixel is a weighted
mean of the old pixels near its center.

.. math::

   s_i &= (i + \tfrac{1}{2}) \frac{n}{m} - \tfrac{1}{2} \\
   w_{i,j} &= \frac{k(s_i - j)}{\sum_l k(s_i - l)} \\
   y_i &= \sum_j w_{i,j} \; x_j

Here n old pixels become m new ones, first along the columns and then along the
rows, and k is the kernel of the ``interpolation``. ``antialias=True`` makes it
n / m times as wide where an image shrinks, except with "nearest".
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Resizing
from sklearn.datasets import load_sample_image

# %%
# Build it
# --------
# A flower from a photograph that comes with scikit-learn.

flower = load_sample_image("flower.jpg")[129:309, 216:396]
photograph = flower.reshape(60, 3, 60, 3, 3).mean((1, 3), "float32") / 255
model = keras.Sequential([keras.Input((60, 60, 3)), Resizing(15, 15)])
y = model.predict(photograph[np.newaxis], verbose=0)[0]  # (15, 15, 3)

# %%
# Compute it
# ----------
# Find where the centers of the new pixels lie, and their distances from the old
# pixels. The weight of an old pixel falls linearly, from 1 at distance 0 to 0
# at distance 1; with ``antialias``, at distance 60 / 15. Divide the weights of
# each new pixel by their sum. Then take the weighted means along both axes.

centers = (np.arange(15) + 0.5) * 60 / 15 - 0.5  # counted in old pixels
distances = np.abs(centers[:, np.newaxis] - np.arange(60))  # (new, old)
shrunk = []  # without and with antialias
for radius in (1, 60 / 15):
    weights = np.maximum(0, 1 - distances / radius)
    weights = weights / weights.sum(axis=1, keepdims=True)
    shrunk.append(np.einsum("yi,ijc,xj->yxc", weights, photograph, weights))

# %%
# The whole function has all kernels, and can crop or pad the image first.
# ``interpolation_kernel`` is explained on the page about kernels, and how to
# crop and pad on the page about the aspect ratio.

from keras_by_hand import resizing

# %%
# Check it
# --------
# In float32, as TensorFlow interpolates in nothing else. One image will do.

layer = Resizing(15, 15, antialias=True)
y_smooth = keras.ops.convert_to_numpy(layer(photograph))
np.testing.assert_allclose(y, shrunk[0], rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(y_smooth, shrunk[1], rtol=1e-4, atol=1e-4)

tolerance = 1000 * np.finfo("float32").eps
expected = resizing(photograph, height=15, width=15)
np.testing.assert_allclose(y, expected, tolerance, tolerance)
for options in (
    {"antialias": True},
    {"antialias": True, "interpolation": "nearest"},
    {"antialias": True, "interpolation": "bicubic"},
    {"crop_to_aspect_ratio": True},
    {"pad_to_aspect_ratio": True, "fill_value": 0.5},
    {"data_format": "channels_first"},  # as 60 channels of 60 by 3 pixels
):
    y_case = keras.ops.convert_to_numpy(Resizing(24, 72, **options)(photograph))
    expected = resizing(photograph, height=24, width=72, **options)
    np.testing.assert_allclose(y_case, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you expect the picture that Pillow and torchvision make? They resize
# with antialias. Keras does not by default: from 60 pixels to 15, "bilinear"
# is the mean of 2 by 2 pixels out of each 4 by 4. It does not read the others.

squares = photograph.reshape(15, 4, 15, 4, 3)
middle = squares[:, 1:3, :, 1:3].mean(axis=(1, 3))
np.testing.assert_allclose(y, middle, tolerance, tolerance)
smooth = resizing(photograph, height=15, width=15, antialias=True)
print("largest difference:", np.abs(y - smooth).max().round(2))
assert not np.allclose(y, smooth)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 3, figsize=(6, 2.4))
fig.suptitle("Resizing to 15 by 15 pixels: antialias smooths")
titles = ("60 by 60 pixels", "antialias=False", "antialias=True")
for axis, title, picture in zip(axes, titles, (photograph, y, smooth)):
    axis.imshow(picture, interpolation="none")
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
