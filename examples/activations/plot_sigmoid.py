r"""
sigmoid, tanh and softsign: curves in the shape of an S
=======================================================

These activations are steepest at zero. Far from it they are flat: gradients
vanish there. ``log_sigmoid`` is the logarithm of the first.

.. math::

   \sigma(x) &= 1 / (1 + e^{-x}) \\
   \tanh(x) &= 2 \, \sigma(2x) - 1 \\
   \text{softsign}(x) &= x / (1 + |x|)

Their derivatives follow from their values :math:`y`: they are, in this order,
:math:`y \, (1 - y)`, :math:`1 - y^2` and :math:`(1 - |y|)^2`. That of
:math:`\ln \sigma(x)` is :math:`1 - \sigma(x)`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

# %%
# Build it
# --------
# A layer takes an activation by name, and so does ``keras.activations.get``.

x = np.array([-1000, *np.arange(-6, 6.5, 0.5), 1000])


def keras_activation(name, x, dtype="float32"):
    y = keras.activations.get(name)(x.astype(dtype))
    return keras.ops.convert_to_numpy(y)


print(keras_activation("sigmoid", x).round(3))

# %%
# Compute it
# ----------
# ``exp`` overflows for large numbers, so its arguments here are never above 0.
# For negative ``x``, both parts of the fraction are multiplied by ``exp(x)``.
# ``np.log1p(small)`` is ``log(1 + small)``, without the rounding of that sum.

small = np.exp(-np.abs(x))  # from 0 to 1
sigmoid_by_hand = np.where(x < 0, small, 1) / (1 + small)
softsign_by_hand = x / (1 + np.abs(x))
log_sigmoid_by_hand = np.minimum(x, 0) - np.log1p(small)

# %%
# The whole functions are these lines, and ``tanh`` is ``np.tanh``. Only
# ``sigmoid`` lets ``exp`` overflow: 1 divided by infinity is 0, too.

from keras_by_hand import log_sigmoid, sigmoid, softsign, tanh

# %%
# Check it
# --------
# First the lines above, then a row for each activation: its name, values and
# derivatives. Training uses these derivatives, too (the page "Custom
# activation" explains the function). Only on TensorFlow does Keras compute in
# float64 throughout.

lines = [
    ("sigmoid", sigmoid_by_hand),
    ("softsign", softsign_by_hand),
    ("log_sigmoid", log_sigmoid_by_hand),
]
for name, by_hand in lines:
    y = keras_activation(name, x)
    np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)

cases = [
    ("sigmoid", sigmoid(x), sigmoid(x) * (1 - sigmoid(x))),
    ("tanh", tanh(x), 1 - tanh(x) ** 2),
    ("tanh", 2 * sigmoid(2 * x) - 1, 1 - tanh(x) ** 2),  # the equation above
    ("softsign", softsign(x), (1 - np.abs(softsign(x))) ** 2),
    ("log_sigmoid", log_sigmoid(x), 1 - sigmoid(x)),
]
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for name, expected, derivative in cases:
        y = keras_activation(name, x, dtype)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)
        slope = derivative_in_training(name, x, dtype)
        np.testing.assert_allclose(slope, derivative, tolerance, tolerance)

# %%
# Break it
# --------
# Does ``exp(x) / (1 + exp(x))`` do as well? For 1000, it divides infinity by
# infinity. (The equation above survives: 1 divided by infinity is 0.) And
# ``log(sigmoid(x))``? For -1000, it is minus infinity.

with np.errstate(all="ignore"):  # NumPy would warn
    textbook = np.exp(1000) / (1 + np.exp(1000))
    equation = 1 / (1 + np.exp(1000))  # sigmoid(-1000)
    log_last = np.log(sigmoid(-1000))
print("sigmoid:", textbook, "log_sigmoid:", log_last)
assert not np.allclose(textbook, sigmoid(1000))
assert not np.allclose(log_last, log_sigmoid(-1000))
np.testing.assert_equal(equation, sigmoid(-1000))

# %%
# See it
# ------
# The derivative of ``sigmoid`` is 1/4 at most.

x = np.linspace(-6, 6, 1201)
fig, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
for f in (sigmoid, tanh, softsign):
    axes[0].plot(x, f(x), label=f.__name__)
    axes[1].plot(x, np.gradient(f(x), x))
axes[0].set(title="Three shapes of an S", xlabel="x")
axes[1].set(title="Their derivatives vanish", xlabel="x")
axes[0].legend()
plt.show()
