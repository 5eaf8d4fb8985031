r"""
ZeroPadding and Cropping: which side gets zeros, which loses pixels
===================================================================

To make images fit a layer, ``ZeroPadding`` adds zeros around them. ``Cropping``
takes pixels away, and so undoes it. In 1D, a pair of numbers means the two
sides. In 2D, it means height and width, both sides alike. To give each side
its own number, write ``((top, bottom), (left, right))``.

.. math::

   \text{ZeroPadding: } y_{i,j,c} &= \begin{cases}
   x_{i-a,\, j-b,\, c} & \text{inside the image} \\
   0 & \text{elsewhere} \end{cases} \\
   \text{Cropping: } y_{i,j,c} &= x_{i+a,\, j+b,\, c}

Here :math:`a` rows are added or dropped at the top, and :math:`b` columns on
the left, for pixel :math:`i, j` and channel :math:`c`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Cropping1D, Cropping2D, ZeroPadding1D, ZeroPadding2D

# %%
# Build it
# --------
# Two pairs: (top, bottom) and (left, right).

x = np.arange(1, 31, dtype="float32").reshape(1, 5, 6, 1)
y_padded = keras.ops.convert_to_numpy(ZeroPadding2D(((0, 1), (2, 0)))(x))
y_cropped = keras.ops.convert_to_numpy(Cropping2D(((1, 0), (0, 2)))(x))
print(x.shape, "becomes", y_padded.shape, "or", y_cropped.shape)

# %%
# Compute it
# ----------
# To pad, begin with zeros: one more row and two more columns. Then put the
# image behind the two columns on the left. To crop, take a slice. It ends at
# the length minus what is dropped: at 5 - 0 for the rows.

padded = np.zeros((1, 5 + 1, 6 + 2, 1), "float32")
padded[:, :5, 2:] = x
cropped = x[:, 1 : 5 - 0, 0 : 6 - 2]

# %%
# Check it
# --------
# Only places change: the results are equal to the bit.

np.testing.assert_array_equal(y_padded, padded, strict=True)
np.testing.assert_array_equal(y_cropped, cropped, strict=True)

# %%
# In full
# -------
# Functions for 1D to 3D take all forms of ``padding`` and ``cropping``.
#
# .. warning:: **Seen in Keras 3.15.1, error:** The documentation lets
#    ``padding`` of ``ZeroPadding1D`` be a dictionary, but this raises an error.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** ``Cropping2D()`` drops
#    nothing, while ``Cropping1D()`` and ``Cropping3D()`` drop 1 on all sides.
#    ``Cropping1D`` has no ``data_format``, while ``ZeroPadding1D`` has.

from keras_by_hand import cropping2d, zero_padding2d

y = keras.ops.convert_to_numpy(ZeroPadding2D((1, 2))(x))
np.testing.assert_array_equal(y, zero_padding2d(x, padding=(1, 2)))
np.testing.assert_array_equal(Cropping2D((1, 2))(y), x)  # undone
np.testing.assert_array_equal(Cropping2D()(x), x)
y = keras.ops.convert_to_numpy(Cropping2D((1, 2))(x))
np.testing.assert_array_equal(y, cropping2d(x, cropping=(1, 2)))
np.testing.assert_raises(ValueError, ZeroPadding1D, {"left": 1, "right": 2})
np.testing.assert_raises(ValueError, Cropping1D, data_format="channels_last")

# %%
# Break it
# --------
# ``F.pad`` of PyTorch counts left, right, top, bottom: columns come first. And
# a slice that ends at -0 is empty, as -0 is 0: write ``5 - 0``, as above.

wrong = zero_padding2d(x, padding=((2, 0), (0, 1)))
print("padded, right:", y_padded.shape, "wrong order:", wrong.shape)
assert y_padded.shape != wrong.shape
wrong = x[:, 1:-0, 0:-2]
print("cropped, right:", y_cropped.shape, "wrong, to -0:", wrong.shape)
assert y_cropped.shape != wrong.shape

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
