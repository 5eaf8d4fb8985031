r"""
Softmax derivative: each logit moves all probabilities
======================================================

To train by hand through a ``softmax``, you need its derivative. If one logit
grows, its probability grows, and all others shrink. So the derivative is a
matrix, the Jacobian: a row for each probability, and a column for each logit.

.. math::

   \frac{\partial p_i}{\partial x_j} &= p_i \, (\delta_{ij} - p_j) \\
   \frac{\partial \ln p_i}{\partial x_j} &= \delta_{ij} - p_j

The logits are :math:`x_j`, the probabilities :math:`p_i`, and
:math:`\delta_{ij}` is 1 if :math:`i = j`, and 0 otherwise.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

from keras_by_hand import softmax

# %%
# Build it
# --------
# Training finds the gradient of one number, so for row :math:`i` of the matrix
# the loss is output :math:`i` alone. (The page "Custom activation" shows how
# ``derivative_in_training`` works.)

x = np.array([2, 1, -1, 0.5])  # (classes,)
g = np.array([1, 2, 4, 8])  # a gradient at the probabilities


def keras_row(function, i):
    return derivative_in_training(lambda logits: function(logits)[:, i], x)


softmaxes = keras.activations.softmax, keras.activations.log_softmax
matrices = [[keras_row(f, i) for i in range(4)] for f in softmaxes]
of_softmax, of_log_softmax = np.array(matrices)

# %%
# Compute it
# ----------
# ``np.outer(p, p)`` holds the product of every pair of probabilities. They are
# subtracted from a matrix with the probabilities on its diagonal. For
# ``log_softmax``, subtract the probabilities from each row of the identity.

p = softmax(x)  # (classes,)
matrix = np.diag(p) - np.outer(p, p)  # (classes, classes)
log_matrix = np.eye(4) - p

# %%
# A backward pass needs no matrix. If the gradient of a loss at the
# probabilities is ``g``, its gradient at the logits is one line, for a batch,
# too. (Cross-entropy needs less: see the page "Softmax and cross-entropy".)

backward = p * (g - np.sum(g * p, axis=-1, keepdims=True))  # (..., classes)

# %%
# Check it
# --------
# The matrices, and the product of ``g`` and the first:

np.testing.assert_allclose(of_softmax, matrix, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_log_softmax, log_matrix, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(g @ of_softmax, backward, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# The library's functions start from the logits.

from keras_by_hand.gradients import log_softmax_derivative, softmax_derivative

np.testing.assert_allclose(softmax_derivative(x), matrix)
np.testing.assert_allclose(log_softmax_derivative(x), log_matrix)

# %%
# Break it
# --------
# The derivative ``p * (1 - p)``, as ``sigmoid`` has it, is only the diagonal of
# the matrix: how each probability changes with its own logit.

wrong = g * p * (1 - p)
print("right:", backward.round(3))
print("wrong:", wrong.round(3))
assert not np.allclose(wrong, backward)

# %%
# See it
# ------
# Positive on the diagonal, negative elsewhere. What one logit adds to its
# probability, it takes from the others: each column adds up to 0.

np.testing.assert_allclose(of_softmax.sum(axis=0), np.zeros(4), atol=1e-6)
fig, axis = plt.subplots(figsize=(4, 3.4), layout="constrained")
picture = axis.imshow(matrix, cmap="PuOr", vmin=-0.25, vmax=0.25)
fig.colorbar(picture)
axis.set(title="The derivative of softmax", xticks=range(4), yticks=range(4))
axis.set(xlabel="logit", ylabel="probability")
plt.show()
