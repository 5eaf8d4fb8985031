r"""
sigmoid, tanh and softsign: curves in the shape of an S
=======================================================

These activations squeeze any number into a range: ``sigmoid``, the logistic
function, from 0 to 1, as a probability, ``tanh`` and ``softsign`` from -1 to 1.
They are steepest at zero. Far from it they are flat: gradients vanish there.
``log_sigmoid`` is the logarithm of the first, :math:`-\ln(1 + e^{-x})`.

.. math::

   \sigma(x) &= 1 / (1 + e^{-x}) \\
   \tanh(x) &= 2 \, \sigma(2x) - 1 \\
   \text{softsign}(x) &= x / (1 + |x|)

Their derivatives follow from their values :math:`y`: they are, in this order,
:math:`y \, (1 - y)`, :math:`1 - y^2` and :math:`(1 - |y|)^2`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# From -6 to 6, and two numbers far out.

x = np.array([-1000, *np.arange(-6, 7), 1000], dtype="float32")
of_sigmoid = keras.ops.convert_to_numpy(keras.activations.sigmoid(x))
of_tanh = keras.ops.convert_to_numpy(keras.activations.tanh(x))
of_softsign = keras.ops.convert_to_numpy(keras.activations.softsign(x))
of_log = keras.ops.convert_to_numpy(keras.activations.log_sigmoid(x))

# %%
# Compute it
# ----------
# ``exp`` overflows for large numbers, so its arguments here are never above 0.
# For negative ``x``, both parts of the fraction are multiplied by ``exp(x)``.
# ``small**2`` is ``exp(-2 * abs(x))``, for the ``tanh`` of ``abs(x)``.
# The logarithm of the numerator is ``np.minimum(x, 0)``. ``np.log1p(small)`` is
# ``log(1 + small)``, that of the denominator, without the rounding of the sum.

small = np.exp(-np.abs(x))  # from 0 to 1
sigmoid_by_hand = np.where(x < 0, small, 1) / (1 + small)
tanh_by_hand = np.sign(x) * (2 / (1 + small**2) - 1)
softsign_by_hand = x / (1 + np.abs(x))
log_by_hand = np.minimum(x, 0) - np.log1p(small)

# %%
# Check it
# --------

np.testing.assert_allclose(of_sigmoid, sigmoid_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_tanh, tanh_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_softsign, softsign_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_log, log_by_hand, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# ``tanh`` is ``np.tanh``. ``sigmoid`` is ``1 / (1 + exp(-x))``: if ``exp``
# overflows to infinity, 1 divided by it is 0, which is right.

from keras_by_hand import log_sigmoid, sigmoid, softsign, tanh

np.testing.assert_allclose(of_log, log_sigmoid(x), rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_tanh, tanh(x), rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# For 1000, ``exp(x) / (1 + exp(x))`` divides infinity by infinity: write
# ``1 / (1 + exp(-x))``. And ``log(sigmoid(x))`` is minus infinity for -1000:
# write ``log_sigmoid(x)``.

with np.errstate(all="ignore"):  # NumPy would warn
    textbook = np.exp(x) / (1 + np.exp(x))
    log_last = np.log(sigmoid(x))
print("sigmoid(1000): right", of_sigmoid[-1], "wrong", textbook[-1])
print("log_sigmoid(-1000): right", of_log[0], "wrong", log_last[0])
assert not np.allclose(of_sigmoid, textbook)
assert not np.allclose(of_log, log_last)

# %%
# See it
# ------
# The derivative of ``sigmoid`` is 1/4 at most: ten in a row multiply a gradient
# by less than a millionth. (Kernels multiply it, too.) So write ``relu`` in
# hidden layers: its derivative is 1 for all positive numbers. Keep ``sigmoid``
# for outputs that are probabilities, and for gates.

assert 0.25**10 < 1e-6
x = np.linspace(-6, 6, 1201)
s, t, u = sigmoid(x), tanh(x), softsign(x)
slopes = s * (1 - s), 1 - t**2, (1 - np.abs(u)) ** 2
fig, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
for f, slope in zip((sigmoid, tanh, softsign), slopes):
    np.testing.assert_allclose(np.gradient(f(x), x), slope, atol=0.02)
    axes[0].plot(x, f(x), label=f.__name__)
    axes[1].plot(x, slope)
axes[0].set(title="Three shapes of an S", xlabel="x")
axes[1].set(title="Their derivatives vanish", xlabel="x")
axes[0].legend()
plt.show()
