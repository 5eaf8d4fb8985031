r"""
sparsemax: probabilities that can be zero
=========================================

``softmax`` gives each class a little. ``sparsemax`` gives unlikely ones 0. It
subtracts the same :math:`\tau` from all logits :math:`x_i`, and replaces
negative numbers by 0. With the right :math:`\tau`, the others add up to 1.

.. math::

   p_i &= \max(x_i - \tau, 0) \\
   \tau &= \frac{1}{k} \left( x_{(1)} + \ldots + x_{(k)} - 1 \right)

:math:`p_i` is the probability of class i, and :math:`x_{(1)}, x_{(2)}, \ldots`
are the logits from the largest down. :math:`k` is how many stay above 0: the
largest number for which :math:`1 + k \, x_{(k)} > x_{(1)} + \ldots + x_{(k)}`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Keras' own function returns wrong numbers (see below). This one does not, and
# serves in models: ``Dense(4, activation=mended_sparsemax)``.


def mended_sparsemax(x):
    x = keras.ops.subtract(x, keras.ops.max(x, axis=-1, keepdims=True))
    largest = -keras.ops.sort(-x, axis=-1)  # descending
    totals = keras.ops.cumsum(largest, axis=-1)
    numbers = keras.ops.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    above = keras.ops.cast(1 + numbers * largest > totals, x.dtype)
    k = keras.ops.sum(above, axis=-1, keepdims=True)
    total = keras.ops.sum(above * largest, axis=-1, keepdims=True)
    return keras.ops.relu(x - (total - 1) / k)


x = np.array([[3, 1.5, 0, -1], [-1, -1.5, -3, -4], [1.5, 1.25, 1.25, 0]])
y = keras.ops.convert_to_numpy(mended_sparsemax(x.astype("float32")))

# %%
# Compute it
# ----------
# Sort the logits from the largest down, and add them up one by one. Count for
# how many the condition above holds: ``k``. Their total gives tau.

descending = -np.sort(-x, axis=-1)  # (batch, classes)
totals = np.cumsum(descending, axis=-1)
k = np.sum(1 + np.arange(1, 5) * descending > totals, axis=-1)  # (batch,)
total = totals[range(3), k - 1]  # of the k largest of each sample
tau = (total - 1) / k
by_hand = np.maximum(x - tau[:, np.newaxis], 0)

# %%
# Check it
# --------
# ``sparsemax`` returns the probabilities that are nearest to ``x``. Of all
# multiples of 1/4 that add up to 1, these are the nearest.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)
points = np.stack(list(np.ndindex(5, 5, 5, 5))) / 4
points = points[points.sum(axis=-1) == 1]  # (points, classes)
distances = np.sum((x[:, np.newaxis] - points) ** 2, axis=-1)
np.testing.assert_array_equal(y, points[np.argmin(distances, axis=-1)])

# %%
# In full
# -------
# ``sparsemax_of_paper`` takes any ``axis``. ``sparsemax`` is not for use: it
# repeats the wrong numbers of Keras 3.15.1.

from keras_by_hand import sparsemax
from keras_by_hand.activations import sparsemax_of_paper

np.testing.assert_array_equal(sparsemax_of_paper(x.T, axis=0).T, by_hand)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``sparsemax`` adds up running totals. If more than one logit stays above
#    zero, its results need not add up to 1 (`issue 23425
#    <https://github.com/keras-team/keras/issues/23425>`__).

wrong = keras.ops.convert_to_numpy(keras.activations.sparsemax(x))
np.testing.assert_array_equal(wrong, sparsemax(x))
print("right:", y[1], "wrong:", wrong[1])
assert np.any(wrong != y)

# %%
# See it
# ------
# One logit grows. From some point on, the others get nothing.

first = np.linspace(-1.5, 3.5, 201)
scores = np.stack([first, np.full(201, 1), np.full(201, 0.5)])
p = sparsemax_of_paper(scores, axis=0)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.stackplot(first, p, labels=["first", "second", "third"])
axis.set(title="sparsemax of [first, 1, 0.5]", xlabel="first logit")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
