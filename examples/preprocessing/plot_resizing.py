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
# ``interpolation_kernel`` is explained on the page about kernels, and how to
# crop and pad on the page about the aspect ratio.


def resize(x, height, width, interpolation="bilinear", antialias=False):
    """x: (..., old height, old width, channels). Returns (..., height, width,
    channels), in float64."""
    for axis, new_length in ((-3, height), (-2, width)):
        distance = pixel_distances(x.shape[axis], new_length)
        if antialias and interpolation != "nearest":
            distance = distance / max(1, x.shape[axis] / new_length)
        weights = interpolation_kernel(distance, interpolation)
        weights = weights / weights.sum(axis=1, keepdims=True)  # (new, old)
        x = np.moveaxis(np.tensordot(weights, x, (1, axis)), 0, axis)
    return x


def resizing(
    x,
    *,
    height,
    width,
    interpolation="bilinear",
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    antialias=False,
    data_format=None,
):
    """Resizing (Keras documentation), of float numbers.

    x: (..., old height, old width, channels), or (..., channels, old height,
    old width) if data_format is "channels_first"; interpolation: "nearest",
    "bilinear", "bicubic", "lanczos3" or "lanczos5"; fill_mode: "constant" only.
    Returns x with the new height and width.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, -3, -1)
    if crop_to_aspect_ratio:
        x = crop_to_ratio(x, height, width)
    if pad_to_aspect_ratio:
        x = pad_to_ratio(x, height, width, fill_value)
    y = resize(x, height, width, interpolation, antialias)
    return np.moveaxis(y, -1, -3) if data_format == "channels_first" else y


# %%
# From other pages
# ----------------


def interpolation_kernel(distance, interpolation):
    """The weight of an old pixel at this distance from a new one (Keys, 1981,
    for "bicubic"; Lanczos' windowed sinc). Returns the shape of distance."""
    d = np.abs(distance)
    if interpolation == "nearest":
        return ((-0.5 <= distance) & (distance < 0.5)).astype(float)
    if interpolation == "bilinear":
        return np.maximum(0, 1 - d)
    if interpolation == "bicubic":
        near = 1.5 * d**3 - 2.5 * d**2 + 1
        far = -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
        return np.where(d < 1, near, np.where(d < 2, far, 0))
    radius = {"lanczos3": 3, "lanczos5": 5}[interpolation]
    return np.where(d < radius, np.sinc(d) * np.sinc(d / radius), 0)


def pixel_distances(length, new_length):
    """Distances from the centers of old pixels to those of new ones.

    Returns (new_length, length), in old pixels: the new minus the old.
    """
    centers = (np.arange(new_length) + 0.5) * length / new_length - 0.5
    return centers[:, np.newaxis] - np.arange(length)


def crop_to_ratio(x, height, width):
    """Cuts x: (..., old height, old width, channels) to the ratio of height and
    width, around the middle: if an odd number goes, one more at the end."""
    h, w = x.shape[-3:-1]
    rows = max(1, min(h, w * height // width))
    columns = max(1, min(w, h * width // height))
    top, left = (h - rows) // 2, (w - columns) // 2
    return x[..., top : top + rows, left : left + columns, :]


def pad_to_ratio(x, height, width, fill_value=0.0):
    """Pads x: (..., old height, old width, channels) to the ratio of height and
    width, equally at both ends: if an odd number is needed, one too few."""
    h, w = x.shape[-3:-1]
    rows = max(0, w * height // width - h) // 2
    columns = max(0, h * width // height - w) // 2
    widths = [(0, 0)] * (x.ndim - 3) + [(rows, rows), (columns, columns)]
    return np.pad(x, [*widths, (0, 0)], constant_values=fill_value)


# %%
# Check it
# --------
# In float32, as TensorFlow interpolates in nothing else. One image will do.

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
