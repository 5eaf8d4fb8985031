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
print(to_numpy(keras.losses.huber(y_true, y_pred)))  # (batch,)

# %%
# Compute it
# ----------
# ``delta`` is 1 by default: the Huber loss is half the square of errors up to
# 1, and follows the line beyond. ``np.logaddexp(e, -e)`` is
# ``log(exp(e) + exp(-e))`` and does not overflow. The hyperbolic cosine is half
# of that sum, so subtract ``log(2)``. Then take the mean over the units.

error = y_pred - y_true  # (batch, units)
size = np.abs(error)
of_errors = np.where(size <= 1, error**2 / 2, size - 1 / 2)
huber_by_hand = np.mean(of_errors, axis=1)  # (batch,)
of_errors = np.logaddexp(error, -error) - np.log(2)
log_cosh_by_hand = np.mean(of_errors, axis=1)

# %%
# The whole functions take any ``delta``, and any axes in front of the units.

from keras_by_hand import huber, log_cosh

# %%
# Check it
# --------
# Quarters leave the Huber loss nothing to round: it is equal to the bit.

y = to_numpy(keras.losses.huber(y_true, y_pred))
np.testing.assert_array_equal(y, huber_by_hand, strict=True)
y = to_numpy(keras.losses.log_cosh(y_true, y_pred))
np.testing.assert_allclose(y, log_cosh_by_hand, rtol=1e-4, atol=1e-4)

for delta in (1, 0.5):
    y = to_numpy(keras.losses.huber(y_true, y_pred, delta=delta))
    np.testing.assert_array_equal(y, huber(y_true, y_pred, delta), strict=True)
tolerance = 1000 * np.finfo("float32").eps
y = to_numpy(keras.losses.LogCosh(reduction=None)(y_true, y_pred))
np.testing.assert_allclose(y, log_cosh(y_true, y_pred), tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In float64, ``LogCosh``
#    subtracts ``log(2)`` rounded to float32. So a perfect prediction has a loss
#    below 0.

if keras.backend.backend() == "tensorflow":
    y = to_numpy(keras.losses.log_cosh(np.zeros(1), np.zeros(1)))
    np.testing.assert_allclose(y, np.log(2) - np.float32(np.log(2)), rtol=1e-5)

# %%
# Training uses the derivatives, too (explained on the page "MSE and MAE").

pulls = [("huber", np.clip(error, -1, 1)), ("log_cosh", np.tanh(error))]
for loss, pull in pulls:
    layer = keras.layers.Dense(4, use_bias=False)
    model = keras.Sequential([keras.Input((8,)), layer])
    model.compile(keras.optimizers.SGD(learning_rate=1.0), loss)
    model.set_weights([y_pred])
    model.train_on_batch(np.eye(8), y_true)
    gradient = y_pred - model.get_weights()[0]
    np.testing.assert_allclose(gradient, pull / error.size, atol=tolerance)

# %%
# Break it
# --------
# Would you replace it by PyTorch's ``SmoothL1Loss``? That is the Huber loss
# divided by ``delta``, so they are equal only for ``delta=1``, the default.

y = to_numpy(keras.losses.huber(y_true, y_pred, delta=0.5))
smooth_l1 = huber(y_true, y_pred, delta=0.5) / 0.5
assert np.any(y != smooth_l1)

# %%
# See it
# ------
# The squared error is twice as large near 0, and its pull has no limit.

error = np.linspace(-3, 3, 121)
fig, (left, right) = plt.subplots(1, 2, figsize=(6, 3.4))
losses = [f(0 * error[:, None], error[:, None]) for f in (huber, log_cosh)]
left.plot(error, losses[0], label="huber")
left.plot(error, losses[1], label="log-cosh")
left.plot(error, error**2, "--", label="squared")
right.plot(error, np.clip(error, -1, 1))
right.plot(error, np.tanh(error))
right.plot(error, 2 * error, "--")
left.set(title="Loss", xlabel="error", ylim=(0, 4))
right.set(title="Derivative: the pull", xlabel="error", ylim=(-2.5, 2.5))
left.legend()
plt.show()
