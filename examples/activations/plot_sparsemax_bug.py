r"""
sparsemax in Keras 3.15.1: results that don't add up to 1
=========================================================

Keras adds up running totals of the scores, in place of the scores. So the
results can be wrong as soon as two scores share the 1.

If :math:`x_{(1)}, x_{(2)}, \ldots` are the scores from the largest down, and
the :math:`k` largest get something, all scores should be reduced by

.. math:: \tau = \frac{1}{k} \left( x_{(1)} + \ldots + x_{(k)} - 1 \right)

Keras takes :math:`x_{(1)} + (x_{(1)} + x_{(2)}) + \ldots` for the sum in it.
That is right for :math:`k = 1` alone.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

from keras_by_hand.activations import sparsemax_of_paper

# %%
# Build it
# --------
# In the first sample one score gets everything. In the second, two should share
# it.

x = np.array([[3, 1.5, 0, -1], [-1, -1.5, -3, -4]])  # (batch, classes)
y = keras.activations.sparsemax(x.astype("float32"))
y = keras.ops.convert_to_numpy(y)
print(y)

# %%
# Compute it
# ----------
# Not to copy: Keras finds the right ``k``, but then adds up the first ``k``
# running totals in place of the first ``k`` scores.

descending = -np.sort(-x, axis=-1)  # (batch, classes)
totals = np.cumsum(descending, axis=-1)  # the running totals
k = np.sum(1 + np.arange(1, 5) * descending > totals, axis=-1)  # (batch,)
sums = np.cumsum(totals, axis=-1)  # the mistake: totals are added up again
tau = (sums[range(2), k - 1] - 1) / k
wrong_by_hand = np.maximum(x - tau[:, np.newaxis], 0)

# %%
# The whole function takes any number of samples and classes.

from keras_by_hand import sparsemax

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``sparsemax`` adds up running totals. If more than one score gets
#    something, its results need not add up to 1 (`issue 23425
#    <https://github.com/keras-team/keras/issues/23425>`__).
#
# Quarters are exact in float32, so the values are equal to the bit.

np.testing.assert_array_equal(y, np.float32(wrong_by_hand), strict=True)

expected = sparsemax(x)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Gradients are wrong, too. In the second sample, :math:`\tau` should be
# :math:`(x_1 + x_2 - 1) / 2`, so both scores should get the gradient of their
# probability, minus half the sum of the two: 1 - 3/2 and 2 - 3/2. Keras takes
# :math:`(2 x_1 + x_2 - 1) / 2`, and the first gets 1 - 3. (The page "Custom
# activation" explains the function.)

_, scores = x
g = np.array([1, 2, 4, 8])  # gradient at the probabilities


def weighted(scores):
    return keras.ops.multiply(g, keras.activations.sparsemax(scores))


gradient = derivative_in_training(weighted, scores)
np.testing.assert_array_equal(gradient, [1 - 3, 2 - 3 / 2, 0, 0])

# %%
# Break it
# --------
# Can you mend the result by dividing it by its sum? No: then it adds up to 1,
# but it is another point.

divided = y / y.sum(axis=-1, keepdims=True)
print("divided:", divided)
print("right:  ", sparsemax_of_paper(x))
assert np.any(divided != sparsemax_of_paper(x))

# %%
# See it
# ------
# From left to right, two scores get something, then three, two, and one.

first = np.linspace(-1.5, 3.5, 201)
moving = np.stack([first, np.full_like(first, 1), np.full_like(first, 0.5)], 1)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(first, sparsemax(moving).sum(axis=1), label="Keras 3.15.1")
axis.plot(first, sparsemax_of_paper(moving).sum(axis=1), "--", label="paper")
axis.set(title="Sum of sparsemax([first, 1, 0.5])", xlabel="first score")
axis.legend()
plt.show()
