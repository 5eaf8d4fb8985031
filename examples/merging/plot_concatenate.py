r"""
Concatenate: skip connections, and the kernel that follows
==========================================================

A U-Net keeps details by a skip connection (see the page "U-Net"). There,
``Concatenate`` puts features of an early and a late layer side by side, along
the last axis by default. The kernel of the next layer has rows for each input,
in the same order. So this layer is a sum of smaller layers, one for each input.

.. math:: [a, b] \, W = a \, U + b \, V

:math:`U` are the first rows of the kernel :math:`W`, as many as :math:`a` has
features; :math:`V` are the others, for :math:`b`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# ``Dense`` mixes the features of each pixel, as a 1 by 1 convolution would.

skip, up = keras.Input((2, 4, 3)), keras.Input((2, 4, 2))
merged = layers.Concatenate()([skip, up])  # (batch, height, width, 3 + 2)
dense = layers.Dense(4, use_bias=False)
model = keras.Model([skip, up], dense(merged))
rng = np.random.default_rng(313)
kernel = rng.integers(-9, 10, size=(5, 4))  # (features, units)
dense.set_weights([kernel])
a = rng.integers(-9, 10, size=(2, 2, 4, 3))
b = rng.integers(-9, 10, size=(2, 2, 4, 2))
y = model.predict([a, b], verbose=0)

# %%
# Compute it
# ----------
# Both sides of the equation: join the inputs, or split the kernel.

side_by_side = np.zeros((2, 2, 4, 3 + 2))
side_by_side[..., :3] = a
side_by_side[..., 3:] = b
joined = side_by_side @ kernel
U, V = kernel[:3], kernel[3:]
summed = a @ U + b @ V

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.
np.testing.assert_array_equal(y, np.float32(joined), strict=True)
np.testing.assert_array_equal(y, np.float32(summed), strict=True)

# %%
# In full
# -------
# The batch is axis 0, so for images, 1 or -3 is the height and -1 the channels.
# Along all other axes, sizes must be equal: first crop the larger image.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Concatenate(axis=0)``
#    joins the samples of each batch. So the order of the predictions depends on
#    ``batch_size``. Join arrays with NumPy, before or after ``predict``.

from keras_by_hand import concatenate

of_keras = keras.ops.convert_to_numpy(layers.Concatenate(axis=1)([a, a]))
np.testing.assert_array_equal(of_keras, concatenate([a, a], axis=1))
inputs = keras.Input((1,)), keras.Input((1,))
stacked = keras.Model(inputs, layers.Concatenate(axis=0)(inputs))
pair = [np.array([[1], [2], [3], [4]]), np.array([[10], [20], [30], [40]])]
whole = stacked.predict(pair, batch_size=4, verbose=0).ravel()
halves = stacked.predict(pair, batch_size=2, verbose=0).ravel()
print("right:", whole, "wrong:", halves)
np.testing.assert_array_equal(whole, [1, 2, 3, 4, 10, 20, 30, 40])
np.testing.assert_array_equal(halves, [1, 2, 10, 20, 3, 4, 30, 40])

# %%
# Break it
# --------
# In another order, the rows of the kernel belong to other features. And in
# PyTorch, ``torch.cat`` along axis 1 joins channels. In Keras, axis 1 is the
# height, so one image is put below the other: write -1.
wrong = concatenate([b, a]) @ kernel
print("right:", y[0, 0, 0], "wrong:", wrong[0, 0, 0])
assert np.any(y != wrong)
right, below = concatenate([a, a]).shape, concatenate([a, a], axis=1).shape
print("shape, right:", right, "wrong:", below)
assert right != below

# %%
# See it
# ------
ones, twos = np.full((1, 2, 3, 1), 1), np.full((1, 2, 3, 1), 2)
fig, axes = plt.subplots(1, 3, width_ratios=[3, 6, 3], figsize=(6, 2.6))
fig.suptitle("Image 1 and image 2, concatenated along each axis")
for number, axis in enumerate(axes, 1):
    joined = concatenate([ones, twos], axis=number)[0]
    axis.imshow(joined.mean(axis=-1), cmap="Blues", vmin=0, vmax=4)
    for row, column in np.ndindex(joined.shape[:2]):
        text = " ".join(map(str, joined[row, column]))
        axis.text(column, row, text, ha="center", va="center", color="k")
    axis.set(title=f"axis={number}", xticks=[], yticks=[])
plt.show()
