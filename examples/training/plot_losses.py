r"""
MSE, MAE, Huber and log-cosh: how hard an outlier pulls
=======================================================

These losses differ in how hard a large error pulls on the weights. In the mean
squared error it pulls in proportion to its size. In the others, the pull has a
limit.

With the error :math:`e`, prediction minus target, they have these losses and
derivatives:

.. math::

   \text{squared} &: \; e^2, \quad 2 e \\
   \text{absolute} &: \; |e|, \quad \text{sign} \, e \\
   \text{log-cosh} &: \; \log \cosh e, \quad \tanh e

Huber's loss is :math:`e^2 / 2` up to :math:`|e| = \delta`, and
:math:`\delta |e| - \delta^2 / 2` beyond. Its derivative is :math:`e`, clipped
to :math:`\pm \delta`. The loss of a sample is the mean over its units.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The functions of ``keras.losses`` return a loss for each sample. With the 1/8,
# no error is 0, where the absolute value has a kink.

y_true = np.float32(rng.integers(-4, 5, size=(8, 4)))  # (batch, units)
y_pred = np.float32(rng.integers(-12, 13, size=(8, 4)) / 4 + 1 / 8)

to_numpy = keras.ops.convert_to_numpy
print(to_numpy(keras.losses.mean_squared_error(y_true, y_pred)))  # (batch,)

# %%
# Compute it
# ----------
# ``np.logaddexp(e, -e)`` is ``log(exp(e) + exp(-e))`` and does not overflow.


def mean_squared_error(y_true, y_pred):
    """From (batch, ..., units) to (batch, ...) (Keras documentation)."""
    return np.mean((y_pred - y_true) ** 2, axis=-1)


def mean_absolute_error(y_true, y_pred):
    """From (batch, ..., units) to (batch, ...) (Keras documentation)."""
    return np.mean(np.abs(y_pred - y_true), axis=-1)


def huber(y_true, y_pred, delta=1.0):
    """From (batch, ..., units) to (batch, ...) (Huber, 1964)."""
    error = np.abs(y_pred - y_true)
    linear = delta * error - delta**2 / 2
    return np.mean(np.where(error <= delta, error**2 / 2, linear), axis=-1)


def log_cosh(y_true, y_pred):
    """From (batch, ..., units) to (batch, ...) (Keras documentation)."""
    error = y_pred - y_true
    return np.mean(np.logaddexp(error, -error) - np.log(2), axis=-1)


# %%
# Check it
# --------
# Three losses only multiply, compare and add. With eighths and four units,
# nothing is rounded: they are equal to the bit.

for function in (mean_squared_error, mean_absolute_error, huber):
    y = getattr(keras.losses, function.__name__)(y_true, y_pred)
    expected = function(y_true, y_pred)
    np.testing.assert_array_equal(to_numpy(y), expected, strict=True)

y = keras.losses.huber(y_true, y_pred, delta=0.5)
expected = huber(y_true, y_pred, delta=0.5)
np.testing.assert_array_equal(to_numpy(y), expected, strict=True)

y = keras.losses.log_cosh(y_true, y_pred)
expected = log_cosh(y_true, y_pred)
np.testing.assert_allclose(to_numpy(y), expected, rtol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1:** In float64, ``log_cosh`` subtracts
#    ``log(2)`` rounded to float32. So a perfect prediction has a loss below 0.

if keras.backend.backend() == "tensorflow":
    y = to_numpy(keras.losses.log_cosh(np.zeros(1), np.zeros(1)))
    print("loss of a perfect prediction:", y)
    rounded = np.float64(np.float32(np.log(2)))
    np.testing.assert_allclose(y, np.log(2) - rounded, rtol=1e-5)

# %%
# In training, the loss is the mean over the batch, and so is the gradient. A
# layer that is fed with the identity matrix returns its kernel, which takes the
# place of ``y_pred``. ``SGD`` with a learning rate of 1 subtracts its gradient.

inputs = keras.Input((8,))
layers = [keras.layers.Dense(4, use_bias=False) for _ in range(4)]
model = keras.Model(inputs, [layer(inputs) for layer in layers])
losses = ["mse", "mae", "huber", "log_cosh"]
model.compile(keras.optimizers.SGD(learning_rate=1.0), losses)
model.set_weights([y_pred] * 4)
_, *losses = model.train_on_batch(np.eye(8), [y_true] * 4)

functions = [mean_squared_error, mean_absolute_error, huber, log_cosh]
for loss, function in zip(losses, functions):
    mean = np.mean(function(y_true, y_pred))
    np.testing.assert_allclose(loss, mean, rtol=1e-5)

error = y_pred - y_true
slopes = [2 * error, np.sign(error), np.clip(error, -1, 1), np.tanh(error)]
for kernel, slope in zip(model.get_weights(), slopes):
    expected = slope / error.size
    np.testing.assert_allclose(y_pred - kernel, expected, 1e-4, 1e-5)

# %%
# Break it
# --------
# A model with one unit predicts ``(batch, 1)``, and targets are often of shape
# ``(batch,)``. Would you subtract them? NumPy makes ``(batch, batch)`` of it:
# every prediction minus every target. Keras adds the missing axis.

column, row = y_pred[:, :1], y_true[:, 0]
y = to_numpy(keras.losses.mean_squared_error(row, column))
wrong = mean_squared_error(row, column)
assert np.any(y != wrong)
right = mean_squared_error(row[:, np.newaxis], column)
np.testing.assert_array_equal(y, right, strict=True)

# %%
# See it
# ------
# On the right is how hard an error pulls.

error = np.linspace(-3, 3, 121)
sign = np.where(error == 0, np.nan, np.sign(error))  # it jumps there
slopes = [2 * error, sign, np.clip(error, -1, 1), np.tanh(error)]
fig, (left, right) = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
for function, slope in zip(functions, slopes):
    left.plot(error, function(0, error[:, np.newaxis]), label=function.__name__)
    right.plot(error, slope)
left.set(title="Loss", xlabel="error", ylim=(0, 4))
right.set(title="Derivative", xlabel="error", ylim=(-2.5, 2.5))
fig.legend(loc="outside lower center", ncols=2)
plt.show()
