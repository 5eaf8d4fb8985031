r"""
softplus, squareplus and sparse_plus: smooth versions of relu
=============================================================

These three activations round off the corner of ``relu``: each is ``relu`` plus
a bump that is symmetric about zero.

.. math::

   \text{softplus}(x) &= \ln(1 + e^x) \\
   \text{squareplus}(x) &= \tfrac12 \left(x + \sqrt{x^2 + b}\right) \\
   \text{sparse\_plus}(x) &= \tfrac14 (x + 1)^2 \quad \text{if } |x| < 1

with :math:`b = 4` by default. Where :math:`|x| \ge 1`, ``sparse_plus`` is
``relu``. The derivatives are

.. math::

   \text{softplus}'(x) &= 1 / (1 + e^{-x}) \\
   \text{squareplus}'(x) &= \tfrac12 \left(1 + x / \sqrt{x^2 + b}\right) \\
   \text{sparse\_plus}'(x) &= \min(\max(\tfrac12 (x + 1), 0), 1)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

# %%
# Build it
# --------
# ``activation="squareplus"`` takes the default, ``b=4``. Here is another ``b``.

x = np.array([-100, -4, -2, -0.5, 0, 0.5, 2, 4, 100])
y = keras.activations.squareplus(x.astype("float32"), b=1)
print(keras.ops.convert_to_numpy(y)[1:-1].round(3))  # from -4 to 4

# %%
# Compute it
# ----------
# Each adds its bump to ``relu``. The bump depends only on the distance from
# zero, and ``exp(-distance)`` never overflows. ``np.log1p(z)`` is
# ``log(1 + z)`` without the rounding of that sum. For ``squareplus``, ``b`` is
# 1, as above.

rectified, distance = np.maximum(x, 0), np.abs(x)
softplus_by_hand = rectified + np.log1p(np.exp(-distance))
squareplus_by_hand = rectified + (np.sqrt(distance**2 + 1) - distance) / 2
sparse_plus_by_hand = rectified + np.maximum(1 - distance, 0) ** 2 / 4

# %%
# The whole ``squareplus`` takes any ``b``, and no large numbers cancel in it.

from keras_by_hand import softplus, sparse_plus, squareplus

# %%
# Check it
# --------
# First the lines above, then a row for each: name, values, derivatives.
# Training uses these derivatives. (The page "Custom activation" explains how
# one step of SGD shows them.) Only on TensorFlow does Keras compute in float64
# throughout.

of_softplus = keras.activations.softplus(x.astype("float32"))
of_sparse_plus = keras.activations.sparse_plus(x.astype("float32"))
lines = [
    (of_softplus, softplus_by_hand),
    (y, squareplus_by_hand),
    (of_sparse_plus, sparse_plus_by_hand),
]
for of_keras, by_hand in lines:
    of_keras = keras.ops.convert_to_numpy(of_keras)
    np.testing.assert_allclose(of_keras, by_hand, rtol=1e-4, atol=1e-4)

tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(y, squareplus(x, b=1), tolerance, tolerance)
cases = [
    ("softplus", softplus(x), 1 / (1 + np.exp(-x))),
    ("squareplus", squareplus(x), (1 + x / np.sqrt(x**2 + 4)) / 2),
    ("sparse_plus", sparse_plus(x), np.clip((x + 1) / 2, 0, 1)),
]
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for activation, values, derivatives in cases:
        y = keras.activations.get(activation)(x.astype(dtype))
        np.testing.assert_allclose(y, values, tolerance, tolerance)
        slopes = derivative_in_training(activation, x, dtype)
        np.testing.assert_allclose(slopes, derivatives, tolerance, tolerance)

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
# Does ``log(1 + exp(x))`` do as well as ``softplus``? Not for 1000.

with np.errstate(over="ignore"):  # NumPy would warn
    as_defined = np.log(1 + np.exp(1000.0))
print("as defined:", as_defined, "softplus:", softplus(1000.0))
assert not np.allclose(as_defined, softplus(1000.0))

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
