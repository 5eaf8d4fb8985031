r"""
Cropping1D, Cropping2D, Cropping3D: a slice that never ends at -0
=================================================================

``Cropping`` drops pixels at the edges of an image. So it undoes ``ZeroPadding``
with the same numbers. In NumPy it is a slice, but its end must be counted from
the front: ``x[2:-0]`` is empty.

.. math::

   y_{i,j,c} &= x_{i+a,\, j+b,\, c} \\
   \text{new height} &= h - a - \text{bottom} \\
   \text{new width} &= w - b - \text{right}

Here it drops a rows at the top and b columns on the left.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Cropping1D, Cropping2D, Cropping3D, ZeroPadding2D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two pairs: (top, bottom) and (left, right).

layer = Cropping2D(((1, 0), (0, 2)))
model = keras.Sequential([keras.Input((5, 6, 3)), layer])
images = rng.integers(-9, 10, size=(2, 5, 6, 3)).astype("float32")
y = model.predict(images, verbose=0)
print(images.shape, "becomes", y.shape)

# %%
# Compute it
# ----------
# Each slice begins behind what is dropped in front. It ends at the length minus
# what is dropped at the end: at 5 - 0 for the rows, never at -0.

height, width = images.shape[1:3]
cropped = images[:, 1 : height - 0, 0 : width - 2]

# %%
# The whole functions take all forms of ``cropping``.

from keras_by_hand import cropping1d, cropping2d, cropping3d

# %%
# Check it
# --------
# It undoes ``ZeroPadding``, and raises an error where nothing would be left.

np.testing.assert_array_equal(y, cropped, strict=True)
expected = cropping2d(images, cropping=((1, 0), (0, 2)))
np.testing.assert_array_equal(y, expected, strict=True)
undone = layer(ZeroPadding2D(((1, 0), (0, 2)))(y))
np.testing.assert_array_equal(keras.ops.convert_to_numpy(undone), y)
np.testing.assert_raises(ValueError, Cropping2D((2, 3)), images)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** ``Cropping2D()`` drops
#    nothing, while ``Cropping1D()`` and ``Cropping3D()`` drop 1 on all sides.
#    ``Cropping1D`` has no ``data_format``, while ``ZeroPadding1D`` has.

cases = [
    (cropping1d, Cropping1D, [2, (1, 0)]),
    (cropping2d, Cropping2D, [1, (2, 1), ((0, 1), 2)]),
    (cropping3d, Cropping3D, [1, (0, 1, 2), ((2, 0), (0, 1), (3, 1))]),
]
for rank, (function, layer_class, croppings) in enumerate(cases, start=1):
    x = rng.normal(size=(2, 5, 6, 7, 8)[: rank + 2]).astype("float32")
    y = keras.ops.convert_to_numpy(layer_class()(x))
    np.testing.assert_array_equal(y, function(x), strict=True)
    formats = [{}, {"data_format": "channels_first"}] if rank > 1 else [{}]
    for cropping in croppings:
        for options in formats:
            y = keras.ops.convert_to_numpy(layer_class(cropping, **options)(x))
            expected = function(x, cropping=cropping, **options)
            np.testing.assert_array_equal(y, expected, strict=True)
np.testing.assert_raises(ValueError, Cropping1D, data_format="channels_last")

# %%
# Break it
# --------
# Would you write the slice as ``x[:, before:-after]``? If nothing is dropped at
# the end, it fails: ``-0`` is 0, and the slice is empty.

x = rng.integers(-9, 10, size=(2, 8, 3)).astype("float32")
for before, after in [(1, 2), (2, 0)]:
    y = keras.ops.convert_to_numpy(Cropping1D((before, after))(x))
    sliced = x[:, before:-after]
    print((before, after), "Cropping1D:", y.shape, "slice:", sliced.shape)
assert sliced.shape != y.shape

# %%
# See it
# ------
# What four slices leave of eight steps.

names = ["x[1:-2]", "x[2:-1]", "x[2:-0]", "x[2:8 - 0]"]
left = np.zeros((4, 8))
left[0, 1:-2] = left[1, 2:-1] = left[2, 2:-0] = left[3, 2 : 8 - 0] = 1
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.pcolormesh(left, cmap="Blues", vmax=1.5, edgecolor="gray")
axis.set(title="A slice that ends at -0 leaves nothing", xlabel="step")
axis.set(xticks=np.arange(8) + 0.5, xticklabels=range(8))
axis.set(yticks=np.arange(4) + 0.5, yticklabels=names)
axis.invert_yaxis()
plt.show()
