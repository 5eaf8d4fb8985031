r"""
Checkerboard artifacts: choose the kernel of Conv2DTranspose by its strides
===========================================================================

Images that a network generates often show a pattern of small squares. If the
size of the kernel is not a multiple of the strides, neighbouring pixels of a
``Conv2DTranspose`` are sums of different numbers of products.

.. math::

   \text{number}_p = \sum_{s \, i + u = p} 1

Along an axis, output :math:`p` is made of this many pairs of an input :math:`i`
and an entry :math:`u` of the kernel, with strides of :math:`s`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2DTranspose

# %%
# Build it
# --------
# With an image and a kernel of ones, each output is the number of its products.

ones = np.ones((1, 4, 4, 1))  # (batch, height, width, channels)
uneven = Conv2DTranspose(1, 3, strides=2, kernel_initializer="ones")
even = Conv2DTranspose(1, 4, strides=2, kernel_initializer="ones")
of_uneven = keras.ops.convert_to_numpy(uneven(ones))[0, :, :, 0]
of_even = keras.ops.convert_to_numpy(even(ones))[0, :, :, 0]

# %%
# Compute it
# ----------
# Add 1 to each output that a pixel reaches. Where more pixels reach an output,
# their copies of the kernel overlap. The numbers of rows and of columns
# multiply.


def products_per_pixel(length, size, strides):
    """How many products make each pixel, for a length of the input."""
    number = np.zeros((length - 1) * strides + size, int)
    for pixel in range(length):
        number[pixel * strides : pixel * strides + size] += 1
    return number


# %%
# Check it
# --------
# Whole numbers are equal to the bit.

number = products_per_pixel(4, size=3, strides=2)
np.testing.assert_array_equal(of_uneven, np.outer(number, number))
number = products_per_pixel(4, size=4, strides=2)
np.testing.assert_array_equal(of_even, np.outer(number, number))

# %%
# Break it
# --------
# A larger kernel does not help by itself: with 5 and strides of 2, the overlap
# is still uneven, 3 and 2 in turn. Take a multiple of the strides, here 4. Or
# use ``UpSampling2D`` and a ``Conv2D``, which have no such pattern.

for label, size in (("right", 4), ("wrong", 5)):
    inside = products_per_pixel(6, size, 2)[4:-4]
    print(f"{label}, kernel of {size}:", inside)
assert len(set(products_per_pixel(6, 4, 2)[4:-4])) == 1
assert len(set(products_per_pixel(6, 5, 2)[4:-4])) == 2

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
