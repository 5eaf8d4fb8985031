r"""
sparsemax: probabilities that can be zero
=========================================

``sparsemax`` returns probabilities, as ``softmax`` does, but low scores get
exactly 0. It subtracts the same number from all scores, and cuts off what falls
below zero. (That of Keras 3.15.1 is wrong; a function below replaces it.)

.. math::

   p_i &= \max(x_i - \tau, 0) \\
   \tau &= \frac{1}{k} \left( x_{(1)} + \ldots + x_{(k)} - 1 \right)

Here :math:`x_{(1)}, x_{(2)}, \ldots` are the scores from the largest down, and
:math:`k` is the largest number for which
:math:`1 + k \, x_{(k)} > x_{(1)} + \ldots + x_{(k)}`. The result is the point
nearest to :math:`x` whose entries are at least 0 and add up to 1.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

# %%
# Build it
# --------
# For models, as in ``Dense(4, activation=mended_sparsemax)``.


def mended_sparsemax(x):
    x = keras.ops.convert_to_tensor(x)
    x = x - keras.ops.max(x, axis=-1, keepdims=True)  # keeps the totals small
    ones = keras.ops.ones_like(x)
    largest = -keras.ops.sort(-x, axis=-1)  # descending
    totals = keras.ops.cumsum(largest, axis=-1)
    above = 1 + keras.ops.cumsum(ones, axis=-1) * largest > totals
    k = keras.ops.sum(keras.ops.where(above, ones, 0), -1, keepdims=True)
    total = keras.ops.sum(keras.ops.where(above, largest, 0), -1, keepdims=True)
    return keras.ops.relu(x - (total - 1) / k)


x = np.array([[3, 1.5, 0, -1], [-1, -1.5, -3, -4], [1.5, 1.25, 1.25, 0]])
y = keras.ops.convert_to_numpy(mended_sparsemax(x.astype("float32")))
print(y)  # (batch, classes)

# %%
# Compute it
# ----------
# Sort the scores from the largest down, and add them up one by one. For how
# many of them does the condition above hold? That is ``k``. The total of the
# first ``k`` gives tau.

descending = -np.sort(-x, axis=-1)  # (batch, classes)
totals = np.cumsum(descending, axis=-1)
k = np.sum(1 + np.arange(1, 5) * descending > totals, axis=-1)  # (batch,)
tau = (totals[range(3), k - 1] - 1) / k
by_hand = np.maximum(x - tau[:, np.newaxis], 0)

# %%
# The whole function works along any axis, and keeps the totals small.

from keras_by_hand.activations import sparsemax_of_paper

# %%
# Check it
# --------
# Is it the nearest point? The samples are chosen so that the answer consists of
# quarters. So try all points of quarters that add up to 1.

points = np.stack(list(np.ndindex(5, 5, 5, 5))) / 4
points = points[points.sum(axis=-1) == 1]  # (points, classes)
distances = np.sum((x[:, np.newaxis] - points) ** 2, axis=-1)
nearest = points[np.argmin(distances, axis=-1)]  # (batch, classes)
np.testing.assert_array_equal(sparsemax_of_paper(x), nearest)
np.testing.assert_array_equal(sparsemax_of_paper(x.T, axis=0), nearest.T)
np.testing.assert_array_equal(y, np.float32(nearest), strict=True)
np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

# %%
# Training: if :math:`g` is the gradient at the probabilities, the gradient at
# the scores is :math:`g` minus its mean, over the :math:`k` scores that get
# something, and 0 for the others. ("Custom activation" explains the function.)

g = np.array([1, 2, 4, 8])


def weighted(x):
    return keras.ops.multiply(g, mended_sparsemax(x))


for scores, p in zip(x, nearest):
    expected = np.where(p > 0, g - np.mean(g[p > 0]), 0)
    gradient = derivative_in_training(weighted, scores)
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Can you use ``activation="sparsemax"``? Not in Keras 3.15.1: its results don't
# always add up to 1. (The page "sparsemax in Keras 3.15.1" tells why.)

of_keras = keras.ops.convert_to_numpy(keras.activations.sparsemax(x))
print("sums:", of_keras.sum(axis=-1), "instead of", y.sum(axis=-1))
assert np.any(of_keras != y)

# %%
# See it
# ------
# One score grows, and the others stay. From some point on, they get nothing.

first = np.linspace(-1.5, 3.5, 201)
second, third = np.full_like(first, 1), np.full_like(first, 0.5)
p = sparsemax_of_paper(np.stack([first, second, third]), axis=0)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.stackplot(first, p, labels=["first", "second", "third"])
axis.set(title="sparsemax of [first, 1, 0.5]", xlabel="first score")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
