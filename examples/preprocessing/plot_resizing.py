r"""
Resizing: why it differs from Pillow, antialias and uint8
=========================================================

Networks need images of one size. ``Resizing`` makes each new pixel a weighted
mean of the old pixels near its center. When Pillow downsamples an image, it
smooths it (antialias). Keras does so only if you ask for it.

.. math::

   s_i &= (i + \tfrac{1}{2}) \frac{n}{m} - \tfrac{1}{2} \\
   w_{i,j} &= \frac{k(s_i - j)}{\sum_l k(s_i - l)} \\
   y_i &= \sum_j w_{i,j} \; x_j

Along one axis, n old pixels :math:`x_j` become m new ones. New pixel i has its
center at :math:`s_i`, in old pixels. Weights fall with the distance by the
kernel k: for "bilinear", it is :math:`\max(0, 1 - |d|)` at distance d. To
shrink, ``antialias=True`` makes it n / m times as wide (except "nearest").
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Resizing
from sklearn.datasets import load_sample_image

# %%
# Build it
# --------
# A flower from a photograph that comes with scikit-learn: 60 by 60 pixels.
flower = load_sample_image("flower.jpg")[129:309, 216:396]
photograph = flower.reshape(60, 3, 60, 3, 3).mean((1, 3), "float32")
y = keras.ops.convert_to_numpy(Resizing(15, 15)(photograph))  # (15, 15, 3)
smoothing = Resizing(15, 15, antialias=True)
y_smooth = keras.ops.convert_to_numpy(smoothing(photograph))

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
# ``resizing`` has the kernels of the page "Bicubic and Lanczos", too, and can
# crop or pad, as the page "Aspect ratio of images" shows.

from keras_by_hand import resizing

# %%
# Check it
# --------
np.testing.assert_allclose(y, shrunk[0], rtol=1e-4, atol=1e-2)
np.testing.assert_allclose(y_smooth, shrunk[1], rtol=1e-4, atol=1e-2)

# %%
# Break it
# --------
# Pillow and torchvision resize with antialias. Keras does not by default: from
# 60 pixels to 15, it reads 2 by 2 pixels of each 4 by 4. A network trained that
# way gets wrong pixels from Pillow: use ``resizing``. If you train anew, write
# ``antialias=True``, and pass ``Image.BILINEAR``: Pillow's default is bicubic.

middle = photograph.reshape(15, 4, 15, 4, 3)[:, 1:3, :, 1:3].mean(axis=(1, 3))
np.testing.assert_allclose(y, middle, rtol=1e-4, atol=1e-2)
print("right:", y[0, 0].round(1), "wrong, smoothed:", y_smooth[0, 0].round(1))
assert not np.allclose(y, y_smooth, atol=1)

# %%
# "bicubic" can exceed 255. A cast to uint8 turns 268.9 into 12, nearly black.
# Round and clip (saturate) first, as Keras does.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``Resizing`` and ``UpSampling2D`` does not say that they round and clip
#    what they return, if they are called on integers.

x = np.array([0, 0, 255, 255, 2, 0], dtype="uint8").reshape(1, 1, 6, 1)
options = {"height": 1, "width": 24, "interpolation": "bicubic"}
y_bytes = keras.ops.convert_to_numpy(Resizing(antialias=True, **options)(x))
floats = resizing(x, **options)
right = np.clip(np.round(floats), 0, 255).astype("uint8")
wrong = floats.astype("int64").astype("uint8")
np.testing.assert_array_equal(y_bytes, right, strict=True)
print(floats[0, 0, 10], "right:", right[0, 0, 10], "wrong:", wrong[0, 0, 10])
assert np.any(right != wrong)

# %%
# See it
# ------
fig, axes = plt.subplots(1, 3, figsize=(6, 2.4))
fig.suptitle("Resizing to 15 by 15 pixels: antialias smooths")
titles = ("60 by 60 pixels", "antialias=False", "antialias=True")
for axis, title, picture in zip(axes, titles, (photograph, y, y_smooth)):
    axis.imshow(picture / 255, interpolation="none")
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
