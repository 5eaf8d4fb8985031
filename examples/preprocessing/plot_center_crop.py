r"""
CenterCrop: which pixels stay, and images that are too small
============================================================

``CenterCrop`` keeps the middle of an image, in training as in predicting. If it
cuts off an odd number of rows or columns, one more goes at the bottom or on the
right.

.. math::

   y_{i,j} &= x_{t+i,\; l+j} \\
   t &= \lfloor (h - H) / 2 \rfloor \\
   l &= \lfloor (w - W) / 2 \rfloor

The image has height h and width w, and the crop H and W. An image that is too
small is cropped and enlarged.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import CenterCrop

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four of seven columns stay: one is cut off on the left, two on the right.

x = np.arange(35).reshape(1, 5, 7, 1)  # (batch, height, width, channels)
model = keras.Sequential([keras.Input((5, 7, 1)), CenterCrop(3, 4)])
y = model.predict(x, verbose=0)
print(y[0, ..., 0])

# %%
# Compute it
# ----------
# If the height or the width is too small, Keras cuts out the largest part with
# the aspect ratio of the crop, and resizes that.


def center_crop(x, *, height, width, data_format=None):
    """CenterCrop (Keras documentation).

    x: (..., old height, old width, channels), or (..., channels, old height,
    old width) if data_format is "channels_first". Returns x with the new height
    and width.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, -3, -1)
    rows, columns = x.shape[-3:-1]
    if rows >= height and columns >= width:
        top, left = (rows - height) // 2, (columns - width) // 2
        y = x[..., top : top + height, left : left + width, :]
    else:
        y = resize(crop_to_ratio(x, height, width), height, width)
    return np.moveaxis(y, -1, -3) if data_format == "channels_first" else y


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


def crop_to_ratio(x, height, width):
    """Cuts x: (..., old height, old width, channels) to the ratio of height and
    width, around the middle: if an odd number goes, one more at the end."""
    h, w = x.shape[-3:-1]
    rows = max(1, min(h, w * height // width))
    columns = max(1, min(w, h * width // height))
    top, left = (h - rows) // 2, (w - columns) // 2
    return x[..., top : top + rows, left : left + columns, :]


# %%
# Check it
# --------
# What is only cut out is equal to the bit. What is enlarged is rounded.

expected = np.float32(center_crop(x, height=3, width=4))
np.testing.assert_array_equal(y, expected, strict=True)

tolerance = 1000 * np.finfo("float32").eps
for shape, height, width, data_format in (
    ((2, 4, 6, 5), 4, 2, "channels_first"),
    ((2, 3, 8, 2), 4, 4, None),  # too small
    ((2, 8, 3), 5, 4, "channels_first"),  # too small
):
    x_case = rng.normal(size=shape).astype("float32")
    options = {"height": height, "width": width, "data_format": data_format}
    expected = center_crop(x_case, **options)
    for training in (False, True):
        y_case = CenterCrop(**options)(x_case, training=training)
        np.testing.assert_allclose(y_case, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** on TensorFlow, the answer can be too
#    small. After ``Input((None, None, 1))``, ``predict`` knows the size of the
#    first images, but not of others: it takes them for large, and slices from a
#    negative start.

model = keras.Sequential([keras.Input((None, None, 1)), CenterCrop(4, 4)])
model.predict(np.zeros((1, 6, 6, 1)), verbose=0)
y_small = model.predict(np.zeros((1, 3, 8, 1)), verbose=0)
print(y_small.shape, "instead of (1, 4, 4, 1)")
if keras.backend.backend() == "tensorflow":
    np.testing.assert_equal(y_small.shape, (1, 1, 4, 1))

# %%
# Break it
# --------
# Would you cut off the odd row or column at the beginning? Or pad a small image
# with zeros, as torchvision's ``CenterCrop`` does?

assert np.any(y != x[:, 1:4, 2:6])
small = np.arange(12, dtype="float32").reshape(3, 4, 1)
y_small = keras.ops.convert_to_numpy(CenterCrop(3, 6)(small))
padded = np.pad(small, [(0, 0), (1, 1), (0, 0)])
print("first row:", y_small[0, :, 0].round(2), "not", padded[0, :, 0])
assert not np.allclose(y_small, padded)

# %%
# See it
# ------
# The outlined pixels stay. On the right they are enlarged to 4 by 4.

fig, axes = plt.subplots(1, 2, figsize=(6, 2.8))
fig.suptitle("CenterCrop: what stays of a large and of a small image")
panels = [  # title, image, corner, width and height of what stays
    ("CenterCrop(3, 4)", x[0, ..., 0], (0.5, 0.5), 4, 3),
    ("CenterCrop(4, 4), then enlarged", x[0, :3, :, 0], (1.5, -0.5), 3, 3),
]
for axis, (title, picture, corner, width, height) in zip(axes, panels):
    axis.imshow(picture, cmap="Blues", vmin=-20, vmax=60)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), number in np.ndenumerate(picture):
        axis.text(column, row, number, ha="center", va="center", color="k")
    axis.add_patch(plt.Rectangle(corner, width, height, fill=False, lw=4))
    axis.patches[0].set(edgecolor="C1", clip_on=False)
plt.show()
