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

from keras_by_hand import resizing
from keras_by_hand.layers.resizing import resize

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
# To crop, find the width that has the ratio of the target. Cut off half of the
# other columns on the left, rounded down, and the rest on the right. To pad,
# find the height likewise, and put half of the missing rows at each end.

columns = 4 * 4 // 4  # height * target width // target height
left = (7 - columns) // 2
cut = x[:, :, left : left + columns]  # (batch, height, columns, channels)
rows = 7 * 6 // 7  # width * target height // target width
above = (rows - 4) // 2
framed = np.pad(x, [(0, 0), (above, above), (0, 0), (0, 0)], constant_values=99)

# %%
# The whole functions do this along both axes. ``resizing`` then resizes what
# they return.

from keras_by_hand.layers.preprocessing import crop_to_ratio, pad_to_ratio

# %%
# Check it
# --------
# Cropping cuts off one column on the left and two on the right. Padding puts
# one row above and one below.

np.testing.assert_array_equal(cropped, np.float32(cut), strict=True)
np.testing.assert_array_equal(padded, np.float32(framed), strict=True)
of_function = np.float32(crop_to_ratio(x, 4, 4))
np.testing.assert_array_equal(cropped, of_function, strict=True)
of_function = np.float32(pad_to_ratio(x, 6, 7, 99))
np.testing.assert_array_equal(padded, of_function, strict=True)

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
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Where the number of
#    missing rows or columns is odd, ``Resizing`` with
#    ``pad_to_aspect_ratio=True`` adds one too few, and stretches the image
#    after all.

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
