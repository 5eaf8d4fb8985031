r"""
Softmax derivative: each logit moves all probabilities
======================================================

If one logit grows, its probability grows, and all others shrink. So the
derivative of ``softmax`` is a matrix, the Jacobian: a row for each probability,
and a column for each logit.

.. math::

   \frac{\partial p_i}{\partial x_j} &= p_i \, (\delta_{ij} - p_j) \\
   \frac{\partial \ln p_i}{\partial x_j} &= \delta_{ij} - p_j

where :math:`\delta_{ij}` is 1 if :math:`i = j`, and 0 otherwise.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

from keras_by_hand import softmax

# %%
# Build it
# --------
# Four logits. Training finds the gradient of one number, so for row :math:`i`
# of the matrix the loss is output :math:`i` alone. (The page "Custom
# activation" explains ``derivative_in_training``.)

x = np.array([2, 1, -1, 0.5])  # (classes,)


def keras_row(activation, i, dtype="float32"):
    def output(logits):
        return activation(logits)[:, i]

    return derivative_in_training(output, x, dtype)


def keras_matrix(activation, dtype="float32"):
    return np.stack([keras_row(activation, i, dtype) for i in range(x.size)])


print(keras_matrix(keras.activations.softmax).round(3))

# %%
# Compute it
# ----------
# ``np.outer`` has the products of each probability with each other. They are
# subtracted from a matrix with the probabilities on its diagonal. For
# ``log_softmax``, subtract the probabilities from each row of the identity.

probabilities = softmax(x)  # (classes,)
products = np.outer(probabilities, probabilities)
derivative = np.diag(probabilities) - products  # (classes, classes)
log_derivative = np.eye(4) - probabilities

# %%
# The whole functions start from the logits.

from keras_by_hand.gradients import log_softmax_derivative, softmax_derivative

# %%
# Check it
# --------
# Only on TensorFlow does Keras compute in float64 throughout.

of_softmax = keras_matrix(keras.activations.softmax)
np.testing.assert_allclose(of_softmax, derivative, rtol=1e-4, atol=1e-4)
of_log_softmax = keras_matrix(keras.activations.log_softmax)
np.testing.assert_allclose(of_log_softmax, log_derivative, rtol=1e-4, atol=1e-4)

cases = [
    (keras.activations.softmax, softmax_derivative(x)),
    (keras.activations.log_softmax, log_softmax_derivative(x)),
]
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for activation, expected in cases:
        matrix = keras_matrix(activation, dtype)
        np.testing.assert_allclose(matrix, expected, tolerance, tolerance)

# %%
# The probabilities always add up to 1. So what one logit adds to some of them,
# it takes from the others: each column adds up to 0.

columns = softmax_derivative(x).sum(axis=0)
np.testing.assert_allclose(columns, np.zeros(4), atol=1e-15)

# %%
# A backward pass needs no matrix. If the gradient of a loss at the
# probabilities is ``g``, its gradient at the logits is ``p * (g - g @ p)``.

g = np.array([1, 2, 4, 8])
p = softmax(x)
np.testing.assert_allclose(g @ softmax_derivative(x), p * (g - g @ p))

# %%
# Break it
# --------
# Is it ``p * (1 - p)``, as for ``sigmoid``? No, that is only the diagonal of
# the matrix: how each probability changes with its own logit.

right = g @ softmax_derivative(x)
wrong = g * p * (1 - p)
print("right:", right.round(3), "wrong:", wrong.round(3))
assert not np.allclose(wrong, right)

# %%
# See it
# ------
# Positive on the diagonal, negative elsewhere.

matrix = softmax_derivative(x)
fig, axis = plt.subplots(figsize=(4, 3.4), layout="constrained")
picture = axis.imshow(matrix, cmap="PuOr", vmin=-0.25, vmax=0.25)
fig.colorbar(picture)
axis.set(title="The derivative of softmax", xticks=range(4), yticks=range(4))
axis.set(xlabel="logit", ylabel="probability")
plt.show()
