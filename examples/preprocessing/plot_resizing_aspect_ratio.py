r"""
Resizing: crop or pad to keep the aspect ratio
==============================================

``Resizing`` stretches an image whose aspect ratio is not that of the target.
``crop_to_aspect_ratio=True`` first cuts off both ends of the side that is too
long, and ``pad_to_aspect_ratio=True`` first adds pixels of ``fill_value`` at
both ends of the side that is too short.

.. math::

   h_\text{crop} &= \min(h, \lfloor w H / W \rfloor) \\
   h_\text{pad} &= \max(h, \lfloor w H / W \rfloor)

The image has height h and width w, the target H and W. Widths are likewise.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Resizing
from sklearn.datasets import load_sample_image

# %%
# Build it
# --------
# An image of 4 by 7 pixels is too wide for 4 by 4 and for 6 by 7.

x = np.arange(28).reshape(1, 4, 7, 1)  # (batch, height, width, channels)
crop = Resizing(4, 4, crop_to_aspect_ratio=True)
pad = Resizing(6, 7, pad_to_aspect_ratio=True, fill_value=99)
inputs = keras.Input((4, 7, 1))
model = keras.Model(inputs, [crop(inputs), pad(inputs)])
cropped, padded = model.predict(x, verbose=0)
print(cropped[0, ..., 0])
print(padded[0, ..., 0])

# %%
# Compute it
# ----------


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
# From other pages
# ----------------


def pixel_distances(length, new_length):
    """Distances from the centers of old pixels to those of new ones.

    Returns (new_length, length), in old pixels: the new minus the old.
    """
    centers = (np.arange(new_length) + 0.5) * length / new_length - 0.5
    return centers[:, np.newaxis] - np.arange(length)


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
# Check it
# --------
# Cropping cuts off one column on the left and two on the right. Padding puts
# one row above and one below.

np.testing.assert_array_equal(cropped, np.float32(x[:, :, 1:5]), strict=True)
expected = np.pad(x[0, ..., 0], [(1, 1), (0, 0)], constant_values=99)
np.testing.assert_array_equal(padded[0, ..., 0], expected)

tolerance = 1000 * np.finfo("float32").eps
x = x.astype("float32")
for height, width, options in (
    (3, 5, {"crop_to_aspect_ratio": True}),
    (40, 4, {"crop_to_aspect_ratio": True}),
    (2, 20, {"crop_to_aspect_ratio": True}),
    (5, 3, {"pad_to_aspect_ratio": True, "fill_value": -2.5}),
):
    y = keras.ops.convert_to_numpy(Resizing(height, width, **options)(x))
    expected = resizing(x, height=height, width=width, **options)
    np.testing.assert_allclose(y, expected, tolerance, 28 * tolerance)

# You can't crop and pad, and fill_mode can only be "constant":
for options in ({"crop_to_aspect_ratio": True}, {"fill_mode": "edge"}):
    layer = Resizing(4, 4, pad_to_aspect_ratio=True, **options)
    np.testing.assert_raises(ValueError, layer, x)

# %%
# Break it
# --------
# An image of 4 by 7 pixels needs three more rows to be square. Would you add
# one above and two below?
#
# .. warning:: **Seen in Keras 3.15.1:** where the number of missing rows or
#    columns is odd, Keras adds one too few, and stretches the image after all.

layer = Resizing(7, 7, pad_to_aspect_ratio=True)
y = keras.ops.convert_to_numpy(layer(x))[0]
six_rows = np.pad(x[0], [(1, 1), (0, 0), (0, 0)])
expected = resize(six_rows, 7, 7)
np.testing.assert_allclose(y, expected, tolerance, 28 * tolerance)
wrong = np.pad(x[0], [(1, 2), (0, 0), (0, 0)])
print("first column:", y[:, 0, 0].round(2), "not", wrong[:, 0, 0])
assert not np.allclose(y, wrong)

# %%
# See it
# ------

flower = load_sample_image("flower.jpg")[:420, :636]
photograph = flower.reshape(35, 12, 53, 12, 3).mean(axis=(1, 3)) / 255
ways = [{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}]
pictures = [resizing(photograph, height=35, width=35, **way) for way in ways]
titles = ("35 by 53 pixels", "stretched", "cropped", "padded")
fig, axes = plt.subplots(1, 4, figsize=(7, 2.2), width_ratios=[53, 35, 35, 35])
fig.suptitle("Three ways to 35 by 35 pixels")
for axis, title, picture in zip(axes, titles, [photograph, *pictures]):
    axis.imshow(picture, interpolation="none")
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
