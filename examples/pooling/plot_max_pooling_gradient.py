r"""
MaxPooling2D gradient: the largest entry gets all of it
=======================================================

Max pooling passes the gradient of each output on to the largest entry of its
window. The other entries get nothing.

.. math::

   \frac{\partial L}{\partial x_q} =
   \sum_{p:\; q \text{ is the largest of } p}
   \frac{\partial L}{\partial y_p}

Where windows :math:`p` overlap, an entry can get several gradients: their sum.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import (
    Dense,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
    Reshape,
)

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# To read the gradient of ``x``, make it a weight: a ``Dense`` layer with the
# input 1 and the kernel ``x`` returns ``x``. The loss is the sum of
# ``y_gradient * y``. ``SGD(1.0)`` subtracts the gradient from ``x``.


def weighted_sum(y_gradient, y):
    return keras.ops.sum(y_gradient * y)


def keras_gradient(layer, x, y_gradient):
    holds_x = Dense(x.size, use_bias=False)
    stack = [keras.Input((1,)), holds_x, Reshape(x.shape[1:]), layer]
    model = keras.Sequential(stack)
    model.compile(keras.optimizers.SGD(1.0), weighted_sum, run_eagerly=True)
    model.set_weights([x.reshape(1, -1)])
    model.train_on_batch(np.ones((1, 1)), y_gradient)
    return x - model.get_weights()[0].reshape(x.shape)


image = rng.integers(0, 3, size=(1, 6, 7, 2)).astype("float32")
delta = np.float32(np.arange(1, 41).reshape(1, 4, 5, 2))  # the gradient at y
of_image = keras_gradient(MaxPooling2D(3, strides=1), image, delta)

# %%
# Compute it
# ----------
# Look at each window of 3 by 3 pixels. ``argmax`` counts the pixels row by row,
# and finds the first of equal entries. ``np.unravel_index`` turns its number
# into a row and a column. That pixel gets the gradient of the output. Other
# windows may add to it.

by_hand = np.zeros(image.shape)
for i, j, channel in np.ndindex(4, 5, 2):  # all outputs
    window = image[0, i : i + 3, j : j + 3, channel]
    row, column = np.unravel_index(window.argmax(), window.shape)
    by_hand[0, i + row, j + column, channel] += delta[0, i, j, channel]

# %%
# The whole function takes 1D to 3D, and any size and strides of the windows.

from keras_by_hand.gradients import max_pooling_gradient

# %%
# Check it
# --------
# Nothing is rounded. In 3D all entries differ: see "MaxPooling3D gradient".

np.testing.assert_array_equal(of_image, np.float32(by_hand), strict=True)

volume = rng.permutation(60).reshape(1, 3, 4, 5, 1).astype("float32")
cases = [
    (MaxPooling1D, image[:, 0], 3, 2),
    (MaxPooling2D, image, 3, 1),
    (MaxPooling3D, volume, 2, 1),
]
for layer_class, x, pool_size, strides in cases:
    layer = layer_class(pool_size, strides)
    y_gradient = rng.integers(-9, 10, size=layer(x).shape).astype("float32")
    gradient = keras_gradient(layer, x, y_gradient)
    expected = max_pooling_gradient(x, y_gradient, pool_size, strides)
    np.testing.assert_array_equal(gradient, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Would you give the gradient to all entries that equal the maximum of their
# window? In an image, only the first of them gets it.

x = np.array([[3, 3, 0, 0], [1, 3, 0, 0], [5, 2, 2, 4], [5, 1, 4, 4]])
x = x.reshape(1, 4, 4, 1).astype("float32")
of_keras = keras_gradient(MaxPooling2D(), x, np.ones((1, 2, 2, 1), "float32"))
maxima = keras.ops.convert_to_numpy(MaxPooling2D()(x))
to_all = x == maxima.repeat(2, axis=1).repeat(2, axis=2)
assert np.any(to_all != of_keras)

# %%
# See it
# ------
# The gradient of each of the four outputs is 1.

panels = [("x", x), ("gradient", of_keras), ("to all: wrong", to_all)]
fig, axes = plt.subplots(1, 3, figsize=(6, 2.6))
fig.suptitle("The first of the largest entries gets the gradient")
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values[0, :, :, 0], cmap="Blues", vmin=0, vmax=8)
    axis.set(title=title, xticks=[], yticks=[])
    axis.axhline(1.5, color="C1")
    axis.axvline(1.5, color="C1")
    for (row, column), value in np.ndenumerate(values[0, :, :, 0]):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
