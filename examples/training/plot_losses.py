r"""
MSE and MAE: the mean and the median
====================================

A loss says in one number how wrong a network is; training makes it small. The
mean squared error (MSE) is smallest at the mean of the targets, the mean
absolute error (MAE) at their median. One wild target hardly moves the median.

.. math::

   \text{MSE} &= \text{mean} \; (y - \text{target})^2 \\
   \text{MAE} &= \text{mean} \; |y - \text{target}|
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``mean_squared_error`` and ``mean_absolute_error`` take the targets first, and
# return a loss for each sample.

rng = np.random.default_rng(313)
to_numpy = keras.ops.convert_to_numpy
y, target = np.float32(rng.integers(-9, 10, size=(2, 8, 4)))  # (batch, units)
squared = to_numpy(keras.losses.mean_squared_error(target, y))  # (batch,)
absolute = to_numpy(keras.losses.mean_absolute_error(target, y))
print(squared, absolute, sep="\n")
targets = np.array([1, 2, 3, 4, 90])  # for later

# %%
# Compute it
# ----------
# Square the errors, or take their absolute values. The loss of a sample is the
# mean over its units. Training makes the mean of these losses small.

error = y - target  # (batch, units)
mse = np.mean(error**2, axis=1)  # (batch,)
mae = np.mean(np.abs(error), axis=1)

# %%
# Now let one number, 0 at first, answer all ``targets``. A step of training
# subtracts the derivative of the loss, times a small number, the learning rate.
# A squared error has the derivative 2 error; an absolute one, the error's sign.

by_mse = by_mae = 0
for _ in range(120):
    by_mse -= 0.07 * np.mean(2 * (by_mse - targets))
    by_mae -= 0.07 * np.mean(np.sign(by_mae - targets))

# %%
# Check it
# --------
# Whole numbers and quarters leave float32 nothing to round: equal to the bit.

np.testing.assert_array_equal(squared, mse, strict=True)
np.testing.assert_array_equal(absolute, mae, strict=True)

# %%
# A layer that sees only zeros answers with its bias, one guess for all targets.
# MSE leads it to their mean, and MAE to their median: 90 is just one of five.

guess = []
for loss, best in [("mse", np.mean), ("mae", np.median)]:
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(learning_rate=0.07), loss)
    for _ in range(120):
        model.train_on_batch(np.zeros((5, 1)), targets[:, np.newaxis])
    guess.append(model.get_weights()[1][0])  # the bias of its only unit
    np.testing.assert_allclose(guess[-1], best(targets), atol=0.03)
np.testing.assert_allclose(guess, [by_mse, by_mae], rtol=1e-4)

# %%
# See it
# ------
# In each step, MSE lets a target pull the harder, the farther it is: 90 pulls
# most. MAE lets all targets pull equally.

errors = np.arange(41)[:, np.newaxis] - targets  # (guesses, targets)
curves = [np.mean(errors**2, axis=1), np.mean(np.abs(errors), axis=1)]
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for curve, name in zip(curves, ["mse: best at the mean", "mae: at the median"]):
    axis.plot(curve / curve.min(), label=name)
axis.plot(guess, [1, 1], "ko")
axis.set(title="Training (dots) ends at the mean, or at the median")
axis.set(xlabel="one guess for 1, 2, 3, 4, 90", ylabel="loss / smallest loss")
axis.legend()
plt.show()

# %%
# Break it
# --------
# Suppose your targets are (batch,), and your answers (batch, 1). NumPy
# subtracts every target from each answer. Keras adds the missing axis.

right = to_numpy(keras.losses.mean_squared_error(target[:, 0], y[:, :1]))
wrong = np.mean((y[:, :1] - target[:, 0]) ** 2, axis=1)
print("right:", right, "wrong:", wrong, sep="\n")
assert np.any(right != wrong)

# %%
# In full
# -------
# Both losses from keras_by_hand take any number of axes; the units come last.

from keras_by_hand import mean_absolute_error, mean_squared_error

np.testing.assert_array_equal(squared, mean_squared_error(target, y))
np.testing.assert_array_equal(absolute, mean_absolute_error(target, y))

# %%
# Try it
# ------
# 1. Let guessing too high cost ``high`` times as much as guessing too low.
#    Write ``best_guess(targets, high)``: the target that costs least as the one
#    guess.
# 2. Find the ``rate`` with which one step of MSE reaches the mean from
#    anywhere.
