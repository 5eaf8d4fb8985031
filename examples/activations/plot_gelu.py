r"""
gelu: exact or approximate
==========================

``gelu`` multiplies its input by the probability that a standard normal number
is smaller. An approximation is easily taken for it: ``keras.activations.gelu``
and PyTorch are exact by default, ``keras.ops.gelu`` and JAX approximate.

.. math::

   y &= x \, \Phi(x) \\
   y' &= \Phi(x) + x \, e^{-x^2 / 2} / \sqrt{2 \pi} \\
   \Phi(x) &= \tfrac12 \left(1 + \operatorname{erf}(x / \sqrt2)\right) \\
   &\approx \tfrac12 \left(1 + \tanh u\right) \quad \text{(approximate)} \\
   u &= \sqrt{2 / \pi} \, (x + 0.044715 \, x^3)
"""

import math

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

# %%
# Build it
# --------
# ``activation="gelu"`` is exact. For the approximation, write a function, and
# give it to a layer: ``Dense(4, activation=approximate_gelu)``.


def approximate_gelu(x):
    return keras.activations.gelu(x, approximate=True)


x = np.array([-3, -2, -1, -0.5, 0.5, 1, 2, 3], dtype="float32")
y = keras.ops.convert_to_numpy(keras.activations.gelu(x))
y_approximate = keras.ops.convert_to_numpy(approximate_gelu(x))
print("exact:      ", y.round(4))
print("approximate:", y_approximate.round(4))

# %%
# Compute it
# ----------
# ``erf`` gives the probability that a standard normal number is smaller. The
# approximation takes a ``tanh`` in its place.

probability = [(1 + math.erf(number / math.sqrt(2))) / 2 for number in x]
exact_by_hand = x * probability
u = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
approximate_by_hand = x * (1 + np.tanh(u)) / 2

# %%
# The whole function takes any shape. ``erfc(-z)`` is ``1 + erf(z)``, without a
# loss of digits far below zero. If you have SciPy, use its fast
# ``scipy.special.erfc`` instead.

from keras_by_hand import gelu

# %%
# Check it
# --------
# Each agrees with Keras in float32. Training uses the derivative of the exact
# one. (The page "Custom activation" explains how one step of SGD shows it.)

np.testing.assert_allclose(y, exact_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(
    y_approximate, approximate_by_hand, rtol=1e-4, atol=1e-4
)

x = x.astype("float64")
approximation = gelu(x, approximate=True)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(y, gelu(x), tolerance, tolerance)
np.testing.assert_allclose(y_approximate, approximation, tolerance, tolerance)
density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
derivative = gelu(x) / x + x * density  # gelu(x) / x is Phi(x)
in_training = derivative_in_training("gelu", x)
np.testing.assert_allclose(in_training, derivative, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** ``keras.ops.gelu`` is
#    approximate by default, while ``keras.activations.gelu`` is exact.

of_ops = keras.ops.gelu(x.astype("float32"))
np.testing.assert_allclose(of_ops, approximation, tolerance, tolerance)

# %%
# TensorFlow computes whole layers in float64, but here a constant is rounded:
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Even in float64,
#    ``gelu`` rounds :math:`\sqrt{1/2}` to float32.

if keras.backend.backend() == "tensorflow":
    of_keras = keras.activations.gelu(x)
    rounded_root = float(np.float32(math.sqrt(0.5)))
    expected = 0.5 * x * np.vectorize(math.erfc)(-rounded_root * x)
    tolerance = 1000 * np.finfo("float64").eps
    np.testing.assert_allclose(of_keras, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Can an approximation replace the exact ``gelu``? The one above is right to
# three decimals, ``QuickGELU`` of CLIP, ``x * sigmoid(1.702 * x)``, to one.

quick = x / (1 + np.exp(-1.702 * x))
print(f"tanh:      off by up to {np.abs(approximation - y).max():.4f}")
print(f"QuickGELU: off by up to {np.abs(quick - y).max():.4f}")
assert not np.allclose(y, approximation)
assert not np.allclose(y, quick)

# %%
# See it
# ------
# Beside ``gelu`` itself, the differences could hardly be seen.

x = np.linspace(-5, 5, 201)
quick = x / (1 + np.exp(-1.702 * x))
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(x, gelu(x, approximate=True) - gelu(x), label="approximate")
axis.plot(x, quick - gelu(x), "--", label="QuickGELU")
axis.set(title="Difference from the exact gelu", xlabel="x")
axis.legend()
plt.show()
