r"""
UpSampling1D, UpSampling2D and UpSampling3D: repeat every pixel
===============================================================

``UpSampling2D`` makes an image larger: it repeats each row and each column.
``UpSampling1D`` repeats the steps of a sequence, and ``UpSampling3D`` the
voxels of a volume. They have no weights, and do not mix channels.

.. math::

   y_{i,j,c} = x_{\lfloor i/a \rfloor,\; \lfloor j/b \rfloor,\; c}

Here ``size`` is :math:`(a, b)`. In 1D there is no j, and in 3D there is one
more index.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Each row twice, and each column three times.

x = np.array([[1, 2], [3, 4]]).reshape(1, 2, 2, 1)  # (batch, height, width, 1)
model = keras.Sequential([keras.Input((2, 2, 1)), layers.UpSampling2D((2, 3))])
y = model.predict(x, verbose=0)
print(y[0, ..., 0])

# %%
# Compute it
# ----------
# ``np.repeat`` puts the copies of a row next to each other. Repeat the rows
# first, then the columns.

taller = np.repeat(x, 2, axis=1)  # (batch, 2 * height, width, 1)
larger = np.repeat(taller, 3, axis=2)  # (batch, 2 * height, 3 * width, 1)

# %%
# The whole function serves all three layers. ``UpSampling2D`` can also
# interpolate: the next page has its function, ``up_sampling2d``.

from keras_by_hand.layers.reshaping import repeat_entries

# %%
# Check it
# --------
# Copies are equal to the bit. ``UpSampling1D`` has no ``data_format``.

np.testing.assert_array_equal(y, np.float32(larger), strict=True)
expected = np.float32(repeat_entries(x, size=(2, 3)))
np.testing.assert_array_equal(y, expected, strict=True)

cases = [  # layer, shape of x, arguments
    (layers.UpSampling1D, (2, 3, 4), {"size": 3}),
    (layers.UpSampling2D, (2, 3, 4, 5), {"size": 3}),
    (layers.UpSampling2D, (2, 3, 4, 5), {"data_format": "channels_first"}),
    (layers.UpSampling3D, (2, 3, 4, 5, 2), {"size": (1, 2, 3)}),
    (layers.UpSampling3D, (2, 3, 4, 5, 2), {"data_format": "channels_first"}),
]
for layer_class, shape, options in cases:
    x_case = rng.integers(-9, 10, size=shape).astype("float32")
    y_case = keras.ops.convert_to_numpy(layer_class(**options)(x_case))
    expected = repeat_entries(x_case, **options)
    np.testing.assert_array_equal(y_case, expected, strict=True)

# %%
# A transposed convolution can learn this. For one channel, its kernel has the
# shape of ``size``, so have its strides, and each weight is 1.

transposed = layers.Conv2DTranspose(1, (2, 3), strides=(2, 3), use_bias=False)
transposed.build(x.shape)
transposed.set_weights([np.ones((2, 3, 1, 1))])
y_transposed = keras.ops.convert_to_numpy(transposed(x.astype("float32")))
np.testing.assert_array_equal(y_transposed, y)

# %%
# Break it
# --------
# Would you use ``np.tile``? It puts copies of the image side by side. Or would
# you insert zeros? That is upsampling in signal processing, and the first step
# of a transposed convolution.

tiled = np.tile(x, (1, 2, 3, 1))
zeros_inserted = np.zeros_like(y)
zeros_inserted[:, ::2, ::3] = x
for wrong in (tiled, zeros_inserted):
    print(wrong[0, ..., 0])
    assert np.any(y != wrong)

# %%
# See it
# ------

titles = ("x", "UpSampling2D", "np.tile", "zeros inserted")
pictures = (x, y, tiled, zeros_inserted)
fig, axes = plt.subplots(1, 4, figsize=(7, 2.4), layout="constrained")
fig.suptitle("UpSampling2D((2, 3)) repeats each pixel in its place")
for axis, title, picture in zip(axes, titles, pictures):
    axis.imshow(picture[0, ..., 0], cmap="Blues", vmin=0, vmax=7)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), number in np.ndenumerate(picture[0, ..., 0]):
        axis.text(column, row, int(number), ha="center", va="center", color="k")
plt.show()
