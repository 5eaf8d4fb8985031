r"""
MaxPooling2D gradient: the largest entry gets all of it
=======================================================

Each output is a copy of the largest entry of its window. So in the backward
pass, this entry gets the gradient of the output, and the others get nothing.

.. math::

   \frac{\partial L}{\partial x_q} =
   \sum_{p:\; q \text{ is the largest of } p}
   \frac{\partial L}{\partial y_p}

:math:`L` is the loss, :math:`q` a pixel, and :math:`p` a window. Where windows
overlap, gradients add up.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense, MaxPooling2D, MaxPooling3D, Reshape

# %%
# Build it
# --------
# To see its gradient, ``x`` becomes the kernel of a ``Dense`` layer. A step of
# SGD subtracts the gradient. With this loss, delta is the gradient at ``y``.


def keras_gradient(layer, x, delta, **options):
    before = [Dense(x.size, use_bias=False), Reshape(x.shape[1:])]
    model = keras.Sequential([keras.Input((1,)), *before, layer])
    loss = lambda delta, y: keras.ops.sum(delta * y)
    model.compile(keras.optimizers.SGD(1.0), loss, **options)
    model.set_weights([x.reshape(1, -1)])
    model.train_on_batch(np.ones((1, 1)), delta)
    return x - model.get_weights()[0].reshape(x.shape)


image = np.float32(np.random.default_rng(313).integers(0, 3, (1, 6, 7, 2)))
delta = np.float32(np.arange(1, 41).reshape(1, 4, 5, 2))
of_image = keras_gradient(MaxPooling2D(3, strides=1), image, delta)

# %%
# Compute it
# ----------
# ``argmax`` returns the index of the first of the largest entries in a window,
# ``np.unravel_index`` its row and column. With strides of 2, a window begins at
# ``2 * i, 2 * j``. ``max_pooling_gradient`` takes any batch, in 1D to 3D.

by_hand = np.zeros(image.shape)
for i, j, channel in np.ndindex(4, 5, 2):  # all outputs
    window = image[0, i : i + 3, j : j + 3, channel]
    row, column = np.unravel_index(window.argmax(), window.shape)
    by_hand[0, i + row, j + column, channel] += delta[0, i, j, channel]

from keras_by_hand.gradients import max_pooling_gradient

# %%
# Check it
# --------

np.testing.assert_array_equal(of_image, np.float32(by_hand), strict=True)
expected = max_pooling_gradient(image, delta, pool_size=3, strides=1)
np.testing.assert_array_equal(of_image, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Of equal entries (ties), the first gets it all. A mask of all maxima is wrong.

x = np.array([[3, 3, 0, 0], [1, 3, 0, 0], [5, 2, 2, 4], [5, 1, 4, 4]])
x = x.reshape(1, 4, 4, 1).astype("float32")
right = keras_gradient(MaxPooling2D(), x, np.ones((1, 2, 2, 1), "float32"))
maxima = keras.ops.convert_to_numpy(MaxPooling2D()(x))
wrong = x == maxima.repeat(2, axis=1).repeat(2, axis=2)  # 1 for a maximum
print("gradients passed on: right", right.sum(), "wrong", wrong.sum())
assert np.any(right != wrong)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow's CPU, the
#    gradient of ``MaxPooling3D`` may be too large where entries are equal: here
#    with ``run_eagerly=True``, and without oneDNN also by default. It is right
#    with ``jit_compile=True``.

air, one = np.zeros((1, 2, 2, 2, 1), "float32"), np.ones((1, 1, 1, 1, 1))
compiled = keras_gradient(MaxPooling3D(), air, one, jit_compile=True).sum()
eager = keras_gradient(MaxPooling3D(), air, one, run_eagerly=True).sum()
print("the sum of eight entries: right", compiled, "eager", eager)
assert compiled == 1 and eager in (1, 8)

# %%
# See it
# ------
# Four windows of 2 by 2.

panels = [("x", x), ("gradient", right), ("to all: wrong", wrong)]
fig, axes = plt.subplots(1, 3, figsize=(6, 2.6))
fig.suptitle("The first of the largest entries gets the gradient")
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values[0, :, :, 0], cmap="Blues", vmin=0, vmax=8)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values[0, :, :, 0]):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
