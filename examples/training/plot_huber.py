r"""
Huber and log-cosh: squared error with a limited pull
=====================================================

For small errors, the Huber loss and log-cosh are about half the squared error.
For large ones they grow along a line, so the pull of an outlier has a limit.

For the error :math:`e`, prediction minus target:

.. math::

   \text{huber} &= \begin{cases}
   e^2 / 2 & \text{if} \; |e| \le \delta \\
   \delta \, |e| - \delta^2 / 2 & \text{else}
   \end{cases} \\
   \text{log-cosh} &= \log \cosh e

Their derivatives, the pull, are :math:`e` clipped to :math:`\pm \delta`, and
:math:`\tanh e`. The loss of a sample is the mean over its units.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The functions of ``keras.losses`` return a loss for each sample.

rng = np.random.default_rng(313)
y_true = np.float32(rng.integers(-4, 5, size=(8, 4)))  # (batch, units)
y_pred = np.float32(rng.integers(-12, 13, size=(8, 4)) / 4)
to_numpy = keras.ops.convert_to_numpy

# %%
# Compute it
# ----------
# ``delta`` is 1 by default. ``np.logaddexp(e, -e)`` is
# ``log(exp(e) + exp(-e))`` and does not overflow. The hyperbolic cosine is half
# of that sum, so subtract ``log(2)``. Then take the mean over the units.

error = y_pred - y_true  # (batch, units)
size = np.abs(error)
delta = 1  # the default
of_line = delta * size - delta**2 / 2
of_errors = np.where(size <= delta, error**2 / 2, of_line)
huber_by_hand = np.mean(of_errors, axis=1)  # (batch,)
of_errors = np.logaddexp(error, -error) - np.log(2)
log_cosh_by_hand = np.mean(of_errors, axis=1)

# %%
# Check it
# --------
# All errors are multiples of 1/4, which float32 holds without rounding. So the
# Huber losses are equal to the bit. ``huber`` takes any ``delta``.

from keras_by_hand import huber, log_cosh

y = to_numpy(keras.losses.huber(y_true, y_pred))
np.testing.assert_array_equal(y, huber_by_hand)
y = to_numpy(keras.losses.log_cosh(y_true, y_pred))
expected = log_cosh(y_true, y_pred)
np.testing.assert_allclose([y, y], [log_cosh_by_hand, expected], 1e-4, 1e-4)
right = to_numpy(keras.losses.huber(y_true, y_pred, delta=0.5))
np.testing.assert_array_equal(right, huber(y_true, y_pred, 0.5))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In float64, ``LogCosh``
#    subtracts ``log(2)`` rounded to float32. So a perfect prediction has a loss
#    below 0.

if keras.backend.backend() == "tensorflow":
    y = to_numpy(keras.losses.log_cosh(np.zeros(1), np.zeros(1)))
    np.testing.assert_allclose(y, np.log(2) - np.float32(np.log(2)), rtol=1e-5)

# %%
# Break it
# --------
# Suppose you port this to PyTorch with ``SmoothL1Loss(beta=0.5)``. It is the
# Huber loss divided by ``delta``: equal only for 1, the default. Take PyTorch's
# ``HuberLoss(delta=0.5)``. The other way, compile Keras' ``Huber(delta=0.5)``
# with ``loss_weights=1 / 0.5``.

smooth = np.where(size < 0.5, error**2 / 2 / 0.5, size - 0.5 / 2)
wrong = np.mean(smooth, axis=1)
print("right:", right[:3], "wrong:", wrong[:3])
assert not np.allclose(right, wrong)
np.testing.assert_allclose(right / 0.5, wrong, rtol=1e-4)

# %%
# See it
# ------
# The squared error is twice as large near 0, and its pull has no limit.

e = np.linspace(-3, 3, 121)
fig, (left, right) = plt.subplots(1, 2, figsize=(6, 3.2), layout="constrained")
for loss, label in (huber, "huber"), (log_cosh, "log-cosh"):
    left.plot(e, loss(0 * e[:, np.newaxis], e[:, np.newaxis]), label=label)
left.plot(e, e**2, "--", label="squared")
right.plot(e, np.clip(e, -1, 1), e, np.tanh(e), e, 2 * e, "--")
left.set(title="Loss", xlabel="error", ylim=(0, 4))
right.set(title="Derivative: the pull", xlabel="error", ylim=(-2.5, 2.5))
left.legend()
plt.show()
