r"""
softplus, squareplus and sparse_plus: smooth versions of relu
=============================================================

The slope of ``relu`` jumps at zero. These three activations round off the
corner. ``softplus`` and ``squareplus`` are positive, so they also serve where a
network must return a positive number, such as a variance. ``sparse_plus`` can
be 0. Each of the three is ``relu`` plus a bump that is symmetric about zero.

.. math::

   \text{softplus}(x) &= \ln(1 + e^x) \\
   \text{squareplus}(x) &= \tfrac12 \left(x + \sqrt{x^2 + b}\right) \\
   \text{sparse\_plus}(x) &= \tfrac14 (x + 1)^2 \quad \text{if } |x| < 1

Here :math:`b` is 4 by default. Where :math:`|x| \ge 1`, ``sparse_plus`` is
``relu``. The derivatives are :math:`1 / (1 + e^{-x})`,
:math:`\tfrac12 (1 + x / \sqrt{x^2 + b})` and, for :math:`|x| < 1`,
:math:`\tfrac12 (x + 1)`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``activation="squareplus"`` takes the default, ``b=4``. Here ``b`` is 1.

x = np.array([-100, -4, -2, -0.5, 0, 0.5, 2, 4, 100], dtype="float32")
of_softplus = keras.ops.convert_to_numpy(keras.activations.softplus(x))
of_square = keras.ops.convert_to_numpy(keras.activations.squareplus(x, b=1))
of_sparse = keras.ops.convert_to_numpy(keras.activations.sparse_plus(x))
print(np.stack([of_softplus, of_square, of_sparse])[:, 1:-1].round(3))

# %%
# Compute it
# ----------
# Each adds its bump to ``relu``. The bump depends only on the distance from
# zero, and ``exp(-distance)`` never overflows. ``np.log1p(z)`` is
# ``log(1 + z)`` without the rounding of that sum.

rectified, distance = np.maximum(x, 0), np.abs(x)
softplus_by_hand = rectified + np.log1p(np.exp(-distance))
square_by_hand = rectified + (np.sqrt(distance**2 + 1) - distance) / 2
sparse_by_hand = rectified + np.maximum(1 - distance, 0) ** 2 / 4

# %%
# Check it
# --------
# Numbers of about 1 and larger ones agree to four digits.

np.testing.assert_allclose(of_softplus, softplus_by_hand, 1e-4, 1e-4)
np.testing.assert_allclose(of_square, square_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_sparse, sparse_by_hand, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# This ``squareplus`` takes any ``b``. It stays accurate far below zero, where
# the two terms of the formula cancel.

from keras_by_hand import softplus, sparse_plus, squareplus

np.testing.assert_allclose(of_square, squareplus(x, b=1), 1e-4, 1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``squareplus(-100000)``
#    is 0 in float32, not 0.00001: the rounded root cancels with ``x``.

large = np.float32([-100_000])
of_keras = keras.ops.convert_to_numpy(keras.activations.squareplus(large))
print("Keras:", of_keras, "NumPy:", squareplus(large))
np.testing.assert_array_equal(of_keras, [0])
np.testing.assert_allclose(squareplus(large), [1e-5], rtol=1e-6)

# %%
# Break it
# --------
# ``log(1 + exp(x))``, as the formula says, overflows for large ``x``. Write
# ``np.logaddexp(0, x)``.

with np.errstate(over="ignore"):  # NumPy would warn
    as_defined = np.log(1 + np.exp(x))
print("right:", np.logaddexp(0, x)[-1], "wrong:", as_defined[-1])
np.testing.assert_allclose(np.logaddexp(0, x), of_softplus, 1e-4, 1e-4)
assert not np.allclose(as_defined, of_softplus)

# %%
# See it
# ------
# The bump of ``softplus`` fades exponentially, that of ``squareplus`` like
# ``1 / abs(x)``, and that of ``sparse_plus`` is zero beyond 1.

x = np.linspace(-5, 5, 201)
fig, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
axes[0].plot(x, np.maximum(x, 0), ":", color="gray", label="relu")
for function in (softplus, squareplus, sparse_plus):
    axes[0].plot(x, function(x), label=function.__name__)
    axes[1].plot(x, function(x) - np.maximum(x, 0))
axes[0].set(title="Value", xlabel="x")
axes[1].set(title="Bump above relu", xlabel="x")
axes[0].legend()
plt.show()
