r"""
Conv2D padding: "same" puts the odd pixel at the end
====================================================

With ``padding="same"``, ``Conv2D`` puts zeros around the image. If it needs an
odd number of them, the extra row is at the bottom and the extra column on the
right. For :math:`n` pixels, a kernel of :math:`k` and strides of :math:`s`:

.. math::

   \text{valid: } & m = \lfloor (n - k) / s \rfloor + 1 \\
   \text{same: } & m = \lceil n / s \rceil \\
   & z = \max(0,\; (m - 1) \, s + k - n)

The output has :math:`m` pixels. Of the :math:`z` zeros, :math:`\lfloor z / 2
\rfloor` come first, the others last. The default, "valid", adds no zeros.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, ZeroPadding2D

from keras_by_hand import conv2d

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Where image and kernel are ones, each output counts the pixels of its patch.
# The first patch has all 9, so no zeros are above it or on its left. The last
# has 4: its other 5 are zeros, at the bottom and on the right.

ones = np.ones((1, 4, 4, 1))  # (batch, height, width, channels)
count = Conv2D(1, 3, strides=2, padding="same", kernel_initializer="ones")
counted = keras.ops.convert_to_numpy(count(ones))
print(counted[0, :, :, 0])

# %%
# Compute it
# ----------
# With strides of 2, each axis of 4 pixels makes 2 outputs. The last patch
# begins 2 pixels after the first, and is 3 pixels long. So the patches need 5
# pixels, one more than there are. Half of 1, rounded down, is 0: no zero comes
# before the image, and one comes after it.

outputs = 4 // 2
zeros = (outputs - 1) * 2 + 3 - 4  # what the patches need, less the image
before = zeros // 2
padded = np.pad(ones[0, :, :, 0], (before, zeros - before))  # rows and columns
windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))[::2, ::2]
counted_by_hand = windows.sum(axis=(2, 3))  # (rows, columns)

# %%
# The whole function takes an axis of any length, and rounds the number of
# outputs up. Rows and columns are padded independently, each with its own size
# and stride.

from keras_by_hand import same_padding

# %%
# Check it
# --------
# Strides of 2 keep every second row or column of what the kernel computes on
# the padded image. With whole numbers the results are equal to the bit.
#
# .. warning:: **Seen in Keras 3.15.1:** The documentation says that "same" pads
#    "evenly". It does not say where an odd pixel goes.

expected = np.float32(counted_by_hand)
np.testing.assert_array_equal(counted[0, :, :, 0], expected, strict=True)

x = rng.integers(-9, 10, size=(2, 6, 7, 3)).astype("float32")
cases = [  # kernel_size and strides, (rows, columns)
    ((3, 2), (1, 1)),
    ((4, 5), (3, 2)),
    ((1, 1), (2, 3)),  # skips pixels, and needs no zeros
]
for size, strides in cases:
    layer = Conv2D(4, size, strides, padding="same")
    layer.build(x.shape)
    weights = [rng.integers(-9, 10, size=w.shape) for w in layer.weights]
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x))
    rows = same_padding(6, size[0], strides[0])
    columns = same_padding(7, size[1], strides[1])
    padded = np.pad(x, [(0, 0), rows, columns, (0, 0)])
    expected = conv2d(padded, *weights)[:, :: strides[0], :: strides[1]]
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    print(f"kernel {size}, strides {strides}: zeros {rows}, {columns}")

# %%
# Break it
# --------
# PyTorch's ``padding=1`` puts one row or column of zeros on each side. Would
# you write "same" for it? With strides of 2 that is right for 5 pixels. For 4,
# or 224, only the shape is right: use ``ZeroPadding2D(1)`` and "valid" instead.

of_pytorch = np.pad(ones, [(0, 0), (1, 1), (1, 1), (0, 0)])
wrong = conv2d(of_pytorch, np.ones((3, 3, 1, 1)))[:, ::2, ::2]
print(wrong[0, :, :, 0])
assert np.any(counted != wrong)
valid = Conv2D(1, 3, strides=2, padding="valid", kernel_initializer="ones")
ported = keras.ops.convert_to_numpy(valid(ZeroPadding2D(1)(ones)))
np.testing.assert_array_equal(ported, wrong)
print("5 and 224 pixels:", same_padding(5, 3, 2), same_padding(224, 3, 2))

# %%
# See it
# ------
# The white squares are zeros, the dots the centres of the patches. On 4 by 4
# pixels, PyTorch's centres are one pixel further up and to the left.

panels = [  # title, pixels, zeros before and after
    ("Keras, 4 pixels", 4, same_padding(4, 3, 2)),
    ("PyTorch, 4 pixels", 4, (1, 1)),
    ("both, 5 pixels", 5, same_padding(5, 3, 2)),
]
fig = plt.figure(figsize=(6, 2.6), layout="constrained")
axes = fig.subplots(1, 3, width_ratios=[5, 6, 7])  # squares of one size
fig.suptitle("Zeros and centres of patches: kernel of 3, strides of 2")
for axis, (title, pixels, zeros) in zip(axes, panels):
    padded = np.pad(np.ones((pixels, pixels)), zeros)
    axis.pcolormesh(padded, cmap="Blues", vmax=2, edgecolor="gray")
    centres = np.arange(1.5, len(padded) - 1, 2)
    axis.plot(*np.meshgrid(centres, centres), "o", color="C1")
    axis.set(title=title, xticks=[], yticks=[], aspect="equal")
    axis.invert_yaxis()
plt.show()
