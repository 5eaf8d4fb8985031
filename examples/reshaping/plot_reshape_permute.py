r"""
Reshape, Permute, RepeatVector: Reshape does not transpose
==========================================================

``Reshape`` keeps the numbers in their order and fills a new shape with them.
``Permute`` exchanges axes, and so changes the order. Both can return the same
shape with different numbers. ``RepeatVector`` repeats a vector for each step of
a decoder.

.. math::

   \text{Reshape((3, 2)): } & y_{i,j} = z_{2 i + j} \\
   \text{Permute((2, 1)): } & y_{i,j} = x_{j,i} \\
   \text{RepeatVector(n): } & y_{t,f} = x_f

Here :math:`z` are the numbers of :math:`x` in NumPy's order: the last axis
changes fastest; :math:`t` is a step, and :math:`f` a feature.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Permute, RepeatVector, Reshape
from sklearn.datasets import load_sample_image

# %%
# Build it
# --------
# The arguments leave out the batch. So ``Permute`` counts axes from 1.

x = np.arange(24, dtype="float32").reshape(4, 2, 3)  # (batch, 2, 3)
y_reshape = keras.ops.convert_to_numpy(Reshape((3, 2))(x))
y_permute = keras.ops.convert_to_numpy(Permute((2, 1))(x))
y_repeat = keras.ops.convert_to_numpy(RepeatVector(5)(x[:, 0]))

# %%
# Compute it
# ----------
# NumPy has a function for each. ``reshape`` reads the numbers one after the
# other, and fills rows of two. ``transpose`` makes a row out of each column.
# ``np.stack`` puts the same vector at each step.

refilled = x.reshape(4, 3, 2)
exchanged = x.transpose(0, 2, 1)
repeated = np.stack([x[:, 0]] * 5, axis=1)  # (batch, steps, features)

# %%
# Check it
# --------
# Only places change: the results are equal to the bit.

np.testing.assert_array_equal(y_reshape, refilled, strict=True)
np.testing.assert_array_equal(y_permute, exchanged, strict=True)
np.testing.assert_array_equal(y_repeat, repeated, strict=True)

# %%
# In full
# -------
# In ``Reshape``, -1 stands for what is left over.

from keras_by_hand import permute, repeat_vector, reshape

y = keras.ops.convert_to_numpy(Reshape((-1, 2, 1))(x))
np.testing.assert_array_equal(y, reshape(x, target_shape=(-1, 2, 1)))
np.testing.assert_array_equal(y_permute, permute(x, dims=(2, 1)))
np.testing.assert_array_equal(y_repeat, repeat_vector(x[:, 0], n=5))

# %%
# Break it
# --------
# To turn channels first into channels last, take ``Permute``. ``Reshape`` has
# the right shape, and puts the numbers in wrong places.

print("right:", y_permute[0].tolist())
print("wrong:", y_reshape[0].tolist())
assert np.any(y_permute != y_reshape)

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
