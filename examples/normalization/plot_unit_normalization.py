r"""
UnitNormalization: divide each vector by its length
===================================================

To compare directions only, as in a search by embeddings, vectors need the same
length. ``UnitNormalization`` divides each by its length, its L2 norm. Then the
dot product of two is their cosine similarity. The layer has no weights.

.. math::

   y_{n,k} = \frac{x_{n,k}}
   {\max \left( \sqrt{\sum_j x_{n,j}^2}, \; 10^{-12} \right)}

The maximum avoids a division by zero; :math:`n` is a sample, :math:`k` and
:math:`j` are features.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import UnitNormalization

# %%
# Build it
# --------
# The first vector has the length 5. A vector of zeros remains zeros. The last
# one is shorter than 1e-12.

x = np.float32([[3, 4], [0, 0], [0, -0.5], [3e-13, 4e-13]])  # (batch, features)
y = keras.ops.convert_to_numpy(UnitNormalization()(x))
print(y)

# %%
# Compute it
# ----------
# The length of a vector is the root of the sum of its squares. Vectors shorter
# than 1e-12 are divided by that instead.

length = np.sqrt(np.sum(x**2, axis=-1, keepdims=True))  # (batch, 1)
y_by_hand = x / np.maximum(length, 1e-12)

# %%
# Check it
# --------
# Roots are rounded, so we allow a small difference.

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# ``axis`` may be several axes: here each image is one vector.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``UnitNormalization``
#    turns a vector with an entry above 1.8e19 into zeros: its square is too
#    large for float32.

from keras_by_hand import unit_normalization

images = np.random.default_rng(313).normal(size=(2, 3, 4, 5))
y_images = UnitNormalization(axis=[1, 2, 3])(images)
expected = unit_normalization(images, axis=[1, 2, 3])
np.testing.assert_allclose(y_images, expected, rtol=1e-4, atol=1e-4)
print("root of the largest float32:", np.sqrt(np.finfo("float32").max))
long = np.array([3e20, 4e20])
np.testing.assert_allclose(unit_normalization(long), [0.6, 0.8])
np.testing.assert_array_equal(UnitNormalization()(long), [0, 0])

# %%
# Break it
# --------
# ``np.linalg.norm(images)`` is the length of the whole array: pass ``axis=-1``
# and ``keepdims=True``. And ``torch.nn.functional.normalize`` takes the vectors
# along axis 1: pass it ``dim=-1``.

right = images / np.linalg.norm(images, axis=-1, keepdims=True)
np.testing.assert_allclose(UnitNormalization()(images), right, 1e-4, 1e-4)
by_whole = images / np.linalg.norm(images)
along_1 = unit_normalization(images, axis=1)
answers = {"right": right, "wrong, whole": by_whole, "wrong, axis 1": along_1}
for name, answer in answers.items():
    print(f"{name}: lengths", np.linalg.norm(answer, axis=-1)[0, 0].round(2))
assert not np.allclose(right, by_whole) and not np.allclose(right, along_1)

# %%
# See it
# ------
# Each point moves along its ray to the circle of radius 1.

x = np.random.default_rng(313).normal(size=(40, 2))
y = unit_normalization(x)
fig, axis = plt.subplots(figsize=(5, 4), layout="constrained")
axis.plot([x[:, 0], y[:, 0]], [x[:, 1], y[:, 1]], color="gray", linewidth=0.5)
axis.plot(x[:, 0], x[:, 1], "C1x", label="x")
axis.plot(y[:, 0], y[:, 1], "C0o", label="y")
axis.set(title="UnitNormalization keeps the direction, not the length")
axis.set(aspect="equal", xlabel="feature 0", ylabel="feature 1")
axis.legend()
plt.show()
