r"""
Aspect ratio of images: crop or pad with Resizing and CenterCrop
================================================================

``Resizing`` stretches an image to the size that a network needs. To keep its
aspect ratio, ``crop_to_aspect_ratio=True`` first cuts off both ends of the side
that is too long; ``pad_to_aspect_ratio=True`` adds pixels at both ends of the
other one (letterbox). ``CenterCrop`` keeps the middle, and resizes only images
that are too small. Keras' function ``smart_resize`` crops as ``Resizing`` does.

.. math::

   h_\text{crop} = \min(h, \lfloor w H / W \rfloor)

is the height that is kept, for an image of h by w pixels (height by width) and
a target of H by W. To pad, take the maximum. Widths are found likewise.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import CenterCrop, Resizing
from sklearn.datasets import load_sample_image

from keras_by_hand import resizing

# %%
# Build it
# --------
# From an image of 4 by 7 pixels, ``crop`` makes 4 by 4, and ``pad`` 6 by 7.
# ``CenterCrop`` keeps 3 by 4.

x = np.arange(28.0).reshape(1, 4, 7, 1)  # (batch, height, width, channels)
crop = Resizing(4, 4, crop_to_aspect_ratio=True)
pad = Resizing(6, 7, pad_to_aspect_ratio=True, fill_value=99)
layers = [crop, pad, CenterCrop(3, 4)]
results = [keras.ops.convert_to_numpy(layer(x)) for layer in layers]

# %%
# Compute it
# ----------
# To crop, find the width that has the ratio of the target, and cut off half of
# the rest on the left, rounded down. To pad, find the height likewise, and add
# half of what is missing at each end. ``CenterCrop`` is told both sizes.

columns = 4 * 4 // 4  # height * target width // target height
left = (7 - columns) // 2
cut = x[:, :, left : left + columns]  # (batch, height, columns, channels)
rows = 7 * 6 // 7  # width * target height // target width
above = (rows - 4) // 2
framed = np.pad(x, [(0, 0), (above, above), (0, 0), (0, 0)], constant_values=99)
top, left = (4 - 3) // 2, (7 - 4) // 2
kept = x[:, top : top + 3, left : left + 4]

from keras_by_hand import center_crop  # also enlarges images that are too small

# %%
# Check it
# --------
smart = keras.preprocessing.image.smart_resize(x, (4, 4))
for y, expected in zip([*results, smart], [cut, framed, kept, cut]):
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
y_large, large = CenterCrop(8, 6)(x), center_crop(x, height=8, width=6)
np.testing.assert_allclose(y_large, large, rtol=1e-4, atol=1e-2)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Where the number of
#    missing rows or columns is odd, ``Resizing`` with
#    ``pad_to_aspect_ratio=True`` adds one too few, and stretches the image. For
#    three missing rows, put ``ZeroPadding2D(((1, 2), (0, 0)))`` in front.

y = keras.ops.convert_to_numpy(Resizing(7, 7, pad_to_aspect_ratio=True)(x))
stretched = resizing(np.pad(x[0], [(1, 1), (0, 0), (0, 0)]), height=7, width=7)
np.testing.assert_allclose(y[0], stretched, rtol=1e-4, atol=1e-2)
exact = np.pad(x[0], [(1, 2), (0, 0), (0, 0)])
print("right:", exact[:, 0, 0], "wrong:", y[0, :, 0, 0].round(1))
assert not np.allclose(y[0], exact)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** On TensorFlow,
#    ``CenterCrop`` can return too small an image. After
#    ``Input((None, None, 1))``, ``predict`` crops small images, too, if its
#    first images were large enough. Call ``model(x)`` instead.

model = keras.Sequential([keras.Input((None, None, 1)), CenterCrop(4, 4)])
model.predict(np.zeros((1, 6, 6, 1)), verbose=0)
y_small = model.predict(np.zeros((1, 3, 8, 1)), verbose=0)
right = model(np.zeros((1, 3, 8, 1)))
print("right:", tuple(right.shape), "wrong:", y_small.shape)
if keras.backend.backend() == "tensorflow":
    np.testing.assert_equal(y_small.shape, (1, 1, 4, 1))

# %%
# See it
# ------
photograph = load_sample_image("flower.jpg")[:420:12, :636:12] / 255
ways = [{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}]
fig, axes = plt.subplots(1, 3, figsize=(6, 2.2))
fig.suptitle("Three ways to make a square of a photograph")
for axis, title, way in zip(axes, ["stretched", "cropped", "padded"], ways):
    axis.imshow(resizing(photograph, height=35, width=35, **way))
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
