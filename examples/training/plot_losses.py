r"""
MSE and MAE: the mean and the median
====================================

The mean squared error (MSE) is smallest at the mean of the targets, the mean
absolute error (MAE) at their median. So one wild target moves a model trained
with MSE far, and a model trained with MAE hardly.

For the error :math:`e`, prediction minus target:

.. math::

   \text{MSE} &= \text{mean} \; e^2 \\
   \text{MAE} &= \text{mean} \; |e|

The derivatives :math:`2 e` and :math:`\text{sign} \, e` tell why: a wild target
pulls in proportion to its error in MSE, and like any other target in MAE.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The functions of ``keras.losses`` return a loss for each sample, the mean over
# its units. The 1/8 keeps all errors away from 0, where ``|e|`` has a kink.

rng = np.random.default_rng(313)
y_true = np.float32(rng.integers(-4, 5, size=(8, 4)))  # (batch, units)
y_pred = np.float32(rng.integers(-4, 5, size=(8, 4)) + 1 / 8)

to_numpy = keras.ops.convert_to_numpy
squared = to_numpy(keras.losses.mean_squared_error(y_true, y_pred))
absolute = to_numpy(keras.losses.mean_absolute_error(y_true, y_pred))
print("squared: ", squared)  # (batch,)
print("absolute:", absolute)

# %%
# Compute it
# ----------
# Square the errors, or take their absolute values. The loss of a sample is the
# mean over its units.

error = y_pred - y_true  # (batch, units)
mse = np.mean(error**2, axis=1)  # (batch,)
mae = np.mean(np.abs(error), axis=1)

# %%
# The whole functions take any axes in front of the units.

from keras_by_hand import mean_absolute_error, mean_squared_error

# %%
# Check it
# --------
# Eighths and four units leave float32 nothing to round: equal to the bit.

np.testing.assert_array_equal(squared, mse, strict=True)
np.testing.assert_array_equal(absolute, mae, strict=True)

expected = mean_squared_error(y_true, y_pred)
np.testing.assert_array_equal(squared, expected, strict=True)
expected = mean_absolute_error(y_true, y_pred)
np.testing.assert_array_equal(absolute, expected, strict=True)

# %%
# Training takes the mean over the batch, too, so a derivative is divided by the
# number of all errors. To see it, let ``y_pred`` be a kernel: fed with the
# identity matrix, the layer returns ``np.eye(8) @ y_pred``, and ``SGD`` with a
# learning rate of 1 subtracts the gradient.

for loss, derivative in [("mse", 2 * error), ("mae", np.sign(error))]:
    layer = keras.layers.Dense(4, use_bias=False)
    model = keras.Sequential([keras.Input((8,)), layer])
    model.compile(keras.optimizers.SGD(learning_rate=1.0), loss)
    model.set_weights([y_pred])
    model.train_on_batch(np.eye(8), y_true)
    gradient = y_pred - model.get_weights()[0]
    np.testing.assert_array_equal(gradient, derivative / error.size)

# %%
# Break it
# --------
# A model with one unit predicts (batch, 1), and targets often are (batch,).
# Would you subtract them? NumPy broadcasts them to (batch, batch): each
# prediction minus each target. Keras adds the missing axis first.

prediction = y_pred[:, :1]  # (batch, 1)
target = y_true[:, 0]  # (batch,)
y = to_numpy(keras.losses.mean_squared_error(target, prediction))
wrong = mean_squared_error(target, prediction)
print(f"mean loss: Keras {np.mean(y):.2f}, broadcast {np.mean(wrong):.2f}")
assert np.any(y != wrong)
right = mean_squared_error(target[:, np.newaxis], prediction)
np.testing.assert_array_equal(y, right, strict=True)

# %%
# See it
# ------
# Four targets and a wild one, and one guess for all of them. MSE wants the
# mean, 20, where there is no target at all. MAE stays with the four.

targets = np.array([1, 2, 3, 4, 90])
guesses = np.arange(41)
squared = mean_squared_error(targets, guesses[:, np.newaxis])  # (guesses,)
absolute = mean_absolute_error(targets, guesses[:, np.newaxis])
np.testing.assert_equal(guesses[np.argmin(squared)], np.mean(targets))
np.testing.assert_equal(guesses[np.argmin(absolute)], np.median(targets))
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(guesses, squared / np.min(squared), label="MSE: best at the mean")
axis.plot(guesses, absolute / np.min(absolute), label="MAE: best at the median")
axis.set(title="Loss / smallest loss", xlabel="one guess for 1, 2, 3, 4, 90")
axis.legend()
plt.show()
