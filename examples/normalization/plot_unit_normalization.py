r"""
UnitNormalization: divide each vector by its length
===================================================

``UnitNormalization`` divides each vector by its length, its L2 norm. What is
left is its direction: a vector of length 1. The layer has no weights.

.. math::

   y_{n,k} = \frac{x_{n,k}}
   {\max \left( \sqrt{\sum_j x_{n,j}^2}, \; 10^{-12} \right)}

The maximum avoids a division by zero. The dot product of two vectors of length
1 is their cosine similarity.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import UnitNormalization

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The first vector has the length 5. A vector of zeros remains zeros.

x = np.float32([[3, 4], [0, 0], [0, -0.5]])  # (batch, features)


def call(layer, x):
    return keras.ops.convert_to_numpy(layer(x))


y = call(UnitNormalization(), x)
print(y)

# %%
# Compute it
# ----------
# The length of a vector is the root of the sum of its squares. A vector of
# zeros is divided by 1e-12 instead, so it remains zeros.

length = np.sqrt(np.sum(x**2, axis=-1, keepdims=True))  # (batch, 1)
y_by_hand = x / np.maximum(length, 1e-12)

# %%
# The whole function takes vectors along any axis, or along several axes.

from keras_by_hand import unit_normalization

# %%
# Check it
# --------
# By default the vectors lie along the last axis. With the axes 1, 2 and 3, each
# image is one vector. (Only TensorFlow computes a whole layer in float64.)

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)

images = rng.normal(size=(2, 3, 4, 5)).astype("float32")
cases = [(x, -1), (images, -1), (images, 1), (images, [1, 2, 3]), (images, 0)]
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for array, axis in cases:
        expected = unit_normalization(array.astype("float64"), axis=axis)
        actual = call(UnitNormalization(axis, dtype=dtype), array)
        np.testing.assert_allclose(actual, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``UnitNormalization``
#    turns a vector with an entry above 1.8e19 into zeros: its square is too
#    large for float32.

print("root of the largest float32:", np.sqrt(np.finfo("float32").max))
long = np.float32([3e20, 4e20])
exact = unit_normalization(long.astype("float64"))
np.testing.assert_allclose(exact, [0.6, 0.8], rtol=1e-6)
np.testing.assert_array_equal(call(UnitNormalization(), long), [0, 0])

# %%
# Vectors shorter than 1e-12 are divided by 1e-12, not by their length.

short = np.float32([3e-13, 4e-13])
y_short = call(UnitNormalization(), short)
np.testing.assert_allclose(y_short, [0.3, 0.4], rtol=1e-4)

# %%
# Break it
# --------
# PyTorch's ``normalize`` takes the vectors along axis 1. NumPy's
# ``np.linalg.norm(x)`` is the length of the whole array. The L1 norm is the sum
# of absolute values. Would you take one of these?

y_images = call(UnitNormalization(), images)
for wrong in (
    unit_normalization(images, axis=1),
    images / np.linalg.norm(images),
    images / np.sum(np.abs(images), axis=-1, keepdims=True),
):
    print("lengths:", np.linalg.norm(wrong, axis=-1)[0, 0].round(2))
    assert not np.allclose(y_images, wrong)

# %%
# See it
# ------
# Each point moves along its ray to the circle of radius 1.

x = rng.normal(size=(40, 2)).astype("float32")
y = call(UnitNormalization(), x)
fig, axis = plt.subplots(figsize=(5, 4), layout="constrained")
axis.plot([x[:, 0], y[:, 0]], [x[:, 1], y[:, 1]], color="gray", linewidth=0.5)
axis.plot(x[:, 0], x[:, 1], "C1x", label="x")
axis.plot(y[:, 0], y[:, 1], "C0o", label="y")
axis.set(title="UnitNormalization keeps the direction, not the length")
axis.set(aspect="equal", xlabel="feature 0", ylabel="feature 1")
axis.legend()
plt.show()
