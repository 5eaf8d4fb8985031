r"""
MSE and MAE: the mean and the median
====================================

A loss says in one number how wrong a network is, and training makes that number
small. The mean squared error (MSE) is smallest at the mean of the targets, the
mean absolute error (MAE) at their median. So one wild target moves a model
trained with MSE far, and a model trained with MAE hardly.

.. math::

   \text{error} &= y - \text{target} \\
   \text{MSE} &= \text{mean} \; \text{error}^2 \\
   \text{MAE} &= \text{mean} \; |\text{error}|
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The functions take the targets first, and return a loss for each sample.

rng = np.random.default_rng(313)
to_numpy = keras.ops.convert_to_numpy
y = np.float32(rng.integers(-9, 10, size=(8, 4)))  # (batch, units)
target = np.float32(rng.integers(-9, 10, size=(8, 4)))  # (batch, units)
squared = to_numpy(keras.losses.mean_squared_error(target, y))  # (batch,)
absolute = to_numpy(keras.losses.mean_absolute_error(target, y))
print(squared, absolute, sep="\n")

# %%
# Compute it
# ----------
# Square the errors, or take their absolute values. The loss of a sample is the
# mean over its units. Training makes the mean of these losses small.

error = y - target  # (batch, units)
mse = np.mean(error**2, axis=1)  # (batch,)
mae = np.mean(np.abs(error), axis=1)

# %%
# Check it
# --------
# Whole numbers and quarters leave float32 nothing to round: equal to the bit.

np.testing.assert_array_equal(squared, mse, strict=True)
np.testing.assert_array_equal(absolute, mae, strict=True)

# %%
# A layer that sees only zeros answers with its bias: one guess for all targets.
# ``train_on_batch`` takes one step: ``SGD`` subtracts from it the learning rate
# times the derivative of the loss. MSE leads it to the mean, 20, and MAE to the
# median, 3.

targets = np.array([1, 2, 3, 4, 90])
guess = {}
for loss in ("mse", "mae"):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(learning_rate=0.1), loss)
    for _ in range(120):
        model.train_on_batch(np.zeros((5, 1)), targets[:, np.newaxis])
    guess[loss] = model.get_weights()[1]  # (units,)
np.testing.assert_allclose(guess["mse"], [np.mean(targets)], rtol=1e-4)
np.testing.assert_allclose(guess["mae"], [np.median(targets)], atol=0.03)

# %%
# See it
# ------
# In each step a target moves the guess by a fifth of the rate (the loss is a
# mean of five) times its derivative: for MSE twice the error, so 90 moves it
# most; for MAE the sign alone, so all move it alike.

guesses = np.arange(41)
errors = guesses[:, np.newaxis] - targets  # (guesses, targets)
curves = [np.mean(errors**2, axis=1), np.mean(np.abs(errors), axis=1)]
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for curve, loss, best in zip(curves, ["mse", "mae"], ["mean", "median"]):
    axis.plot(guesses, curve / curve.min(), label=f"{loss}: best at the {best}")
    axis.plot(guess[loss], [1], "ko")
axis.set(title="Training (dots) ends at the mean, or at the median")
axis.set(xlabel="one guess for 1, 2, 3, 4, 90", ylabel="loss / smallest loss")
axis.legend()
plt.show()

# %%
# Break it
# --------
# Suppose your model answers (batch, 1), and your targets are (batch,). NumPy
# then subtracts every target from each answer. Keras adds the missing axis.

row = target[:, 0]  # (batch,)
right = to_numpy(keras.losses.mean_squared_error(row, y[:, :1]))
wrong = np.mean((y[:, :1] - row) ** 2, axis=1)
print("right:", right, "wrong:", wrong, sep="\n")
assert np.any(right != wrong)

# %%
# In full
# -------
# Both losses from keras_by_hand take any number of axes; the units come last.
# The classes of Keras, which ``compile`` uses, take the mean of the batch, too.

from keras_by_hand import mean_absolute_error, mean_squared_error

mean_loss = float(keras.losses.MeanSquaredError()(target, y))
np.testing.assert_equal(mean_loss, np.mean(mean_squared_error(target, y)))
mean_loss = float(keras.losses.MeanAbsoluteError()(target, y))
np.testing.assert_equal(mean_loss, np.mean(mean_absolute_error(target, y)))

# %%
# Try it
# ------
# 1. Write ``mse_step(guess, targets, rate)``: the guess after one step with
#    MSE. With which rate does one step lead to the mean from anywhere?
# 2. Let guessing too high cost three times as much as too low. Write
#    ``best_of(t)``: the element of ``t`` with the smallest total cost as the
#    one guess for every element. Which part of ``t`` is below it, and why?
