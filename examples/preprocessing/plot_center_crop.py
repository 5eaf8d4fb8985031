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
# Two rows and three columns are too many. Cut off half of them, rounded down,
# at the beginning: one row and one column. Then keep 3 rows and 4 columns.

top, left = (5 - 3) // 2, (7 - 4) // 2
middle = x[:, top : top + 3, left : left + 4]  # (batch, 3, 4, channels)

# %%
# The whole function also takes images that are too small. If the height or the
# width is too small, Keras cuts out the largest part with the aspect ratio of
# the crop, and resizes that.

from keras_by_hand import center_crop

# %%
# Check it
# --------
# What is only cut out is equal to the bit. What is enlarged is rounded.

np.testing.assert_array_equal(y, np.float32(middle), strict=True)

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
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** On TensorFlow,
#    ``CenterCrop`` can return too small an image. After
#    ``Input((None, None, 1))``, ``predict`` knows the size of the first images,
#    but not of others: it takes them for large, and slices from a negative
#    start.

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
