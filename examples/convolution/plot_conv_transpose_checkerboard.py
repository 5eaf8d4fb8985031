r"""
Checkerboard artifacts: choose the kernel of Conv2DTranspose by its strides
===========================================================================

If the size of the kernel is not a multiple of the strides, neighbouring pixels
of a ``Conv2DTranspose`` are sums of different numbers of products. Their values
differ even on a flat image, in the pattern of a checkerboard.

.. math::

   \text{number}_p = \sum_{s \, i + u = p} 1

Along an axis, output :math:`p` is made of this many pairs of an input :math:`i`
and an entry :math:`u` of the kernel, with strides of :math:`s`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Conv2DTranspose, UpSampling2D

# %%
# Build it
# --------
# With an image and a kernel of ones, each output is the number of its products:
# with a kernel of 3 and strides of 2 there are 1, 2 and 4 side by side.

ones = np.ones((1, 4, 4, 1))  # (batch, height, width, channels)
uneven = Conv2DTranspose(1, 3, strides=2, kernel_initializer="ones")
even = Conv2DTranspose(1, 4, strides=2, kernel_initializer="ones")
print(keras.ops.convert_to_numpy(uneven(ones))[0, :, :, 0])
print(keras.ops.convert_to_numpy(even(ones))[0, :, :, 0])

# %%
# Compute it
# ----------
# Rows and columns count independently, and multiply.


def products_per_pixel(length, size, strides):
    """How many products a Conv2DTranspose adds in each pixel, along an axis.

    length: of the input; size: of the kernel, no smaller than the strides.
    (Odena, Dumoulin and Olah, Deconvolution and checkerboard artifacts, 2016.)
    """
    number = np.zeros((length - 1) * strides + size, int)
    for pixel in range(length):
        number[pixel * strides : pixel * strides + size] += 1
    return number


# %%
# Check it
# --------
# Whole numbers are equal to the bit. Where the size is a multiple of the
# strides, all numbers are the same, except near the border.

for size, strides in [(3, 2), (4, 2), (5, 2), (5, 3), (6, 3)]:
    layer = Conv2DTranspose(1, size, strides, kernel_initializer="ones")
    y = keras.ops.convert_to_numpy(layer(ones))[0, :, :, 0]
    number = products_per_pixel(4, size, strides)
    expected = np.outer(number, number)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    print(f"size {size}, strides {strides}: {number}")

# %%
# Break it
# --------
# Would you take a larger kernel? With 5 and strides of 2, the numbers are still
# 2 and 3 in turn. ``UpSampling2D`` and a ``Conv2D`` have no such pattern with
# any size of kernel: each pixel is a sum of equally many products.

inside = products_per_pixel(4, 5, 2)[4:-4]
assert np.any(inside != inside[0])
conv2d = Conv2D(1, 3, kernel_initializer="ones")
resized = keras.ops.convert_to_numpy(conv2d(UpSampling2D(2)(ones)))
np.testing.assert_array_equal(resized, np.full((1, 6, 6, 1), 9))

# %%
# See it
# ------
# The darker a pixel, the more products it is a sum of. Training can learn to
# even this out, but often does not: generated images show such patterns.

fig, axes = plt.subplots(1, 3, figsize=(6, 2.5), layout="constrained")
fig.suptitle("Conv2DTranspose: how many products make each pixel")
for axis, size in zip(axes, (3, 4, 5)):
    number = products_per_pixel(6, size, 2)
    axis.imshow(np.outer(number, number), cmap="Blues", vmin=0)
    axis.set(title=f"kernel of {size}, strides of 2", xticks=[], yticks=[])
plt.show()
