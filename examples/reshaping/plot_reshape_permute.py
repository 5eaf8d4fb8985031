r"""
Reshape, Permute, RepeatVector: Reshape does not transpose
==========================================================

``Reshape`` keeps the numbers in their order and fills a new shape with them.
``Permute`` exchanges axes, and so changes the order. Both can return the same
shape with different numbers. ``RepeatVector`` repeats a vector for each step.

.. math::

   \text{Reshape((3, 2)): } & y_{i,j} = z_{2 i + j} \\
   \text{Permute((2, 1)): } & y_{i,j} = x_{j,i} \\
   \text{RepeatVector(n): } & y_{t,f} = x_f

Here z are the numbers of x in NumPy's order: the last axis changes fastest.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Permute, RepeatVector, Reshape
from sklearn.datasets import load_sample_image

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The arguments leave out the batch. So ``Permute`` counts axes from 1.

x = np.arange(6, dtype="float32").reshape(1, 2, 3)
for layer in (Reshape((3, 2)), Permute((2, 1))):
    print(layer.name, keras.ops.convert_to_numpy(layer(x))[0].tolist())

# %%
# Compute it
# ----------
# NumPy has a function for each. ``reshape`` reads the numbers one after the
# other, and fills rows of two. ``transpose`` makes a row out of each column.
# ``np.stack`` puts the same vector at each step. (Here x[0] is a batch of two
# vectors.)

refilled = x.reshape(1, 3, 2)
exchanged = x.transpose(0, 2, 1)
repeated = np.stack([x[0]] * 4, axis=1)  # (batch, steps, features)

# %%
# The whole functions take any shapes, and the arguments of Keras.

from keras_by_hand import permute, repeat_vector, reshape

# %%
# Check it
# --------
# First the three results above.

for layer, given, by_hand in [
    (Reshape((3, 2)), x, refilled),
    (Permute((2, 1)), x, exchanged),
    (RepeatVector(4), x[0], repeated),
]:
    y = keras.ops.convert_to_numpy(layer(given))
    np.testing.assert_array_equal(y, by_hand, strict=True)

for shape, target_shape in [
    ((2, 12), (3, 4)),
    ((2, 3, 4), (2, -1, 3)),
    ((2, 3, 4), (-1,)),
]:
    x = rng.integers(-9, 10, size=shape).astype("float32")
    y = keras.ops.convert_to_numpy(Reshape(target_shape)(x))
    expected = reshape(x, target_shape=target_shape)
    np.testing.assert_array_equal(y, expected, strict=True)

for shape, dims in [((2, 3, 4), (2, 1)), ((2, 3, 4, 5), (3, 1, 2))]:
    x = rng.integers(-9, 10, size=shape).astype("float32")
    y = keras.ops.convert_to_numpy(Permute(dims)(x))
    np.testing.assert_array_equal(y, permute(x, dims=dims), strict=True)
np.testing.assert_raises(ValueError, Permute, (0, 1))  # not from 0

# %%
# ``RepeatVector`` stands between an encoder, which returns one vector, and a
# decoder, which reads that vector at each of its steps.

model = keras.Sequential([keras.Input((3,)), RepeatVector(4)])
x = rng.integers(-9, 10, size=(2, 3)).astype("float32")
y = model.predict(x, verbose=0)
np.testing.assert_array_equal(y, repeat_vector(x, n=4), strict=True)

# %%
# Break it
# --------
# Would you turn channels first into channels last with ``Reshape``? The shape
# is right, but the numbers are in the wrong places.

images = rng.integers(-9, 10, size=(2, 3, 4, 5)).astype("float32")
right = keras.ops.convert_to_numpy(Permute((2, 3, 1))(images))
wrong = keras.ops.convert_to_numpy(Reshape((4, 5, 3))(images))
assert right.shape == wrong.shape and np.any(right != wrong)

# %%
# See it
# ------
# A photograph that was stored with the channels first. ``Reshape`` takes three
# neighbours of one channel for one pixel. So small gray copies appear.

photograph = load_sample_image("flower.jpg")[40:400:6, 140:500:6] / 255.0
stored = photograph.transpose(2, 0, 1)[np.newaxis]  # (1, channels, ...)
pictures = {
    "Permute((2, 3, 1))": permute(stored, dims=(2, 3, 1)),
    "Reshape((60, 60, 3))": reshape(stored, target_shape=(60, 60, 3)),
}
fig, axes = plt.subplots(1, 2, figsize=(6, 3.2), layout="constrained")
fig.suptitle("From channels first to channels last")
for axis, (title, picture) in zip(axes, pictures.items()):
    axis.imshow(picture[0], interpolation="nearest")
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
