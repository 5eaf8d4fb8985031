r"""
ZeroPadding1D, ZeroPadding2D, ZeroPadding3D: which side gets zeros
==================================================================

``ZeroPadding`` adds zeros around an image, but no channels. In 1D, a pair of
numbers means the two sides of one axis; in 2D, it means height and width.

.. math::

   y_{i,j,c} = \begin{cases}
   x_{i-a,\, j-b,\, c} & \text{inside the image} \\
   0 & \text{elsewhere} \end{cases}

Here it adds a rows at the top and b columns on the left. Rows at the bottom and
columns on the right change only the shape of y.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, ZeroPadding1D, ZeroPadding2D, ZeroPadding3D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two pairs: (top, bottom) and (left, right).

x = np.array([[[1, 2, 3], [4, 5, 6]]], "float32")[..., np.newaxis]
y = keras.ops.convert_to_numpy(ZeroPadding2D(((0, 1), (2, 0)))(x))
print(y[0, :, :, 0])  # (height, width)

# %%
# Compute it
# ----------
# Begin with zeros: one more row and two more columns. Then put the image into
# the upper right, behind the two columns on the left.

padded = np.zeros((1, 2 + 1, 3 + 2, 1), "float32")  # (batch, height, width, 1)
padded[:, :2, 2:] = x

# %%
# The whole functions call ``np.pad``. They take all forms of ``padding``.

from keras_by_hand import zero_padding1d, zero_padding2d, zero_padding3d

# %%
# Check it
# --------
# First the image above. Then all forms of ``padding``. The default is 1 on all
# sides.

np.testing.assert_array_equal(y, padded, strict=True)

cases = [
    (ZeroPadding1D, zero_padding1d, [2, (1, 2)]),
    (ZeroPadding2D, zero_padding2d, [2, (1, 2), ((0, 1), 2)]),
    (ZeroPadding3D, zero_padding3d, [2, (0, 1, 2), ((2, 0), (0, 1), (3, 1))]),
]
for rank, (layer_class, function, paddings) in enumerate(cases, start=1):
    x = rng.normal(size=(2, 3, 4, 2, 5)[: rank + 2]).astype("float32")
    y = keras.ops.convert_to_numpy(layer_class()(x))
    np.testing.assert_array_equal(y, function(x), strict=True)
    for data_format in ("channels_last", "channels_first"):
        for padding in paddings:
            options = {"padding": padding, "data_format": data_format}
            y = keras.ops.convert_to_numpy(layer_class(**options)(x))
            np.testing.assert_array_equal(y, function(x, **options))

# %%
# A convolution with padding "same" pads by itself. With kernels of size 3 and
# strides of 2, images of even sizes get one row at the bottom and one column on
# the right.

images = rng.integers(-9, 10, size=(2, 6, 8, 3)).astype("float32")
kernel = rng.integers(-9, 10, size=(3, 3, 3, 4))


def keras_conv2d(x, padding="valid"):
    layer = Conv2D(4, 3, strides=2, padding=padding, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    return keras.ops.convert_to_numpy(layer(x))


same = keras_conv2d(images, "same")  # (batch, 3, 4, filters)
y = keras_conv2d(zero_padding2d(images, padding=((0, 1), (0, 1))))
np.testing.assert_array_equal(y, same, strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** The documentation lets
#    ``padding`` of ``ZeroPadding1D`` be a dictionary, but this raises an error.

np.testing.assert_raises(ValueError, ZeroPadding1D, {"left": 1, "right": 2})

# %%
# Break it
# --------
# Would you write "same" as ``ZeroPadding2D(1)``, like ``padding=1`` of PyTorch?
# The shape is right, the numbers are not.

wrong = keras_conv2d(zero_padding2d(images, padding=1))
assert wrong.shape == same.shape and np.any(wrong != same)

# %%
# See it
# ------
# An image of 3 by 4 pixels, in blue, and the zeros around it.

fig, axes = plt.subplots(1, 3, figsize=(6, 2.4), sharex=True, sharey=True)
fig.suptitle("ZeroPadding2D: three ways to write padding")
for axis, padding in zip(axes, (1, (1, 0), ((0, 1), (0, 1)))):
    y = zero_padding2d(np.ones((1, 3, 4, 1)), padding=padding)[0, :, :, 0]
    axis.pcolormesh(y, cmap="Blues", vmax=1.5, edgecolor="gray")
    axis.set_title(f"padding={padding}", loc="left")
    axis.axis("off")
axes[0].invert_yaxis()
plt.show()
