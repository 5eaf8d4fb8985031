r"""
Concatenate: skip connections, and the kernel that follows
==========================================================

``Concatenate`` puts its inputs side by side along an axis, the last one by
default. The kernel of the next layer has rows for each input, in the same
order. So the next layer is a sum of smaller layers, one for each input.

.. math:: [a, b] \, W = a \, U + b \, V

U are the first rows of the kernel W, as many as a has features; V the others.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The skip connection of a U-Net joins features of an early and a later layer.
# ``Dense`` then mixes those of each pixel, as a 1 by 1 convolution would.

skip, up = keras.Input((2, 4, 3)), keras.Input((2, 4, 2))
merged = layers.Concatenate()([skip, up])  # (batch, height, width, 3 + 2)
dense = layers.Dense(4, use_bias=False)
model = keras.Model([skip, up], dense(merged))

kernel = rng.integers(-9, 10, size=(5, 4))  # (features, units)
dense.set_weights([kernel])
a = rng.integers(-9, 10, size=(2, 2, 4, 3))
b = rng.integers(-9, 10, size=(2, 2, 4, 2))
y = model.predict([a, b], verbose=0)
print(merged.shape, y.shape)

# %%
# Compute it
# ----------

from keras_by_hand import concatenate


def kernel_parts(kernel, sizes):
    """The rows of the next kernel, of Dense or Conv, that belong to each input.

    kernel: (..., features, units), sizes: the number of features of each input.
    """
    return np.split(kernel, np.cumsum(sizes)[:-1], axis=-2)


# %%
# Check it
# --------
# Both sides of the equation give the predictions. Then other axes: the batch is
# axis 0, so for images, 1 or -3 is the height and -1 the channels.

expected = np.float32(concatenate([a, b]) @ kernel)
np.testing.assert_array_equal(y, expected, strict=True)
U, V = kernel_parts(kernel, sizes=[3, 2])
np.testing.assert_array_equal(y, a @ U + b @ V)

images = rng.integers(-9, 10, size=(3, 2, 4, 5, 6)).astype("float32")
for axis in (0, 1, -3, 2, -1):
    given = [images[0], images[1], np.delete(images[2], 0, axis)]
    of_keras = keras.ops.convert_to_numpy(layers.Concatenate(axis)(given))
    expected = concatenate(given, axis=axis)
    np.testing.assert_array_equal(of_keras, expected, strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Concatenate(axis=0)``
#    joins the samples of each batch. So the order of the predictions depends on
#    ``batch_size``.

inputs = keras.Input((1,)), keras.Input((1,))
stacked = keras.Model(inputs, layers.Concatenate(axis=0)(inputs))
pair = [np.array([[1], [2], [3], [4]]), np.array([[10], [20], [30], [40]])]
for batch_size, order in [
    (4, [1, 2, 3, 4, 10, 20, 30, 40]),
    (2, [1, 2, 10, 20, 3, 4, 30, 40]),
]:
    rows = stacked.predict(pair, batch_size=batch_size, verbose=0)
    np.testing.assert_array_equal(rows[:, 0], order)

# %%
# Break it
# --------
# Would you give the inputs in another order? The shapes fit, but the rows of
# the kernel belong to other features. Exchange the rows, too, to make it right.

swapped = concatenate([b, a])
print("right:", y[0, 0, 0], "wrong:", (swapped @ kernel)[0, 0, 0])
assert np.any(y != swapped @ kernel)
np.testing.assert_array_equal(swapped @ np.concatenate([V, U]), y)

# %%
# Or port ``torch.cat(images, dim=1)``, which joins channels, as ``axis=1``?
# With channels last, that puts one image below the other.

channels, below = concatenate(images[:2]), concatenate(images[:2], axis=1)
print("channels:", channels.shape, "axis=1:", below.shape)
assert channels.shape != below.shape

# %%
# See it
# ------

ones, twos = np.full((1, 2, 3, 1), 1), np.full((1, 2, 3, 1), 2)
fig, axes = plt.subplots(1, 3, width_ratios=[3, 6, 3], figsize=(6, 2.6))
fig.suptitle("Two images of 2 by 3 pixels, concatenated along each axis")
for number, axis in enumerate(axes, 1):
    joined = concatenate([ones, twos], axis=number)[0]
    axis.imshow(joined.mean(axis=-1), cmap="Blues", vmin=0, vmax=4)
    for row, column in np.ndindex(joined.shape[:2]):
        text = " ".join(map(str, joined[row, column]))
        axis.text(column, row, text, ha="center", va="center", color="k")
    axis.set(title=f"axis={number}", xticks=[], yticks=[])
plt.show()
