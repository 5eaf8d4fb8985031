r"""
Monte Carlo dropout: predict ignores training=True
==================================================

How sure is a network? If dropout stays on at inference, predictions of one
sample differ, and their spread is the uncertainty. In a functional model,
``training=True`` keeps dropout on in ``model(x)``, but not in ``predict``.

.. math::

   \text{mean} &= \sum_j h_j w_j + b \\
   \text{variance} &= \frac{\text{rate}}{1 - \text{rate}}
   \sum_j (h_j w_j)^2

These are exact for one output that reads hidden units :math:`h_j` through
dropout, with the kernel :math:`w` and the bias :math:`b`. Many predictions
estimate them.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense, Dropout

# %%
# Build it
# --------
# All rows are the same sample. Each row gets a dropout mask of its own, so one
# call of the model returns 2,000 different draws of its prediction.
#
# Does your model lack this ``training=True``? Then ``model(x, training=True)``
# turns dropout on. But all other layers behave as in training, too:
# ``BatchNormalization`` uses the batch, and changes its moving averages.

rng = np.random.default_rng(313)
x = np.repeat(np.float32([[1, 2, -1]]), 2000, axis=0)  # (batch, features)
shapes = [(3, 8), (8,), (8, 1), (1,)]  # of kernels and biases
weights = [rng.integers(-3, 4, size=shape) for shape in shapes]
inputs = keras.Input((3,))
hidden = Dense(8, activation="relu")(inputs)
dropped = Dropout(0.75, seed=7)(hidden, training=True)
model = keras.Model(inputs, Dense(1)(dropped))
model.set_weights(weights)
y = keras.ops.convert_to_numpy(model(x))
y_predict = model.predict(x, batch_size=2000, verbose=0)

# %%
# Compute it
# ----------
# The mean is the prediction without dropout. Each hidden unit adds its own part
# to the variance.

kernel_1, bias_1, kernel_2, bias_2 = weights
h = np.maximum(x[:1] @ kernel_1 + bias_1, 0)  # (1, units)
mean = h @ kernel_2 + bias_2  # (1, 1)
variance = 0.75 / (1 - 0.75) * np.square(h) @ np.square(kernel_2)

# %%
# Check it
# --------
# Mean and variance of 2,000 predictions differ from the exact ones by less than
# 6 standard errors.
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    all backends, ``predict`` overrules the ``training=True`` that ``Dropout``
#    was given in the functional API. (Advice for Keras 2 says otherwise.) Call
#    ``model(x)`` instead. Then only the layers that were given it behave as in
#    training.

distance = y - mean
for numbers, expected in ((distance, 0), (distance**2, variance[0, 0])):
    error = np.abs(np.mean(numbers) - expected)
    np.testing.assert_array_less(error, 6 * np.std(numbers) / np.sqrt(2000))
no_dropout = np.repeat(np.float32(mean), 2000, axis=0)
np.testing.assert_array_equal(y_predict, no_dropout, strict=True)

# %%
# Break it
# --------
# By the spread of what ``predict`` returns, the network would seem certain.

print("right:", y[:5, 0], "variance", np.var(y).round())
print("wrong:", y_predict[:5, 0], "variance", np.var(y_predict))
assert np.var(y) > 0 and np.var(y_predict) == 0

# %%
# See it
# ------
# A network of one feature and 20 hidden units, and a rate of 0.2. Gray: 12
# draws. Blue: the exact mean. Orange: one standard deviation around it.

x = np.linspace(-3, 3, 61)[:, np.newaxis]  # (batch, features)
kernel, bias = rng.normal(size=(2, 1, 20))
hidden = np.maximum(x @ kernel + bias, 0)
weights = rng.normal(size=(20, 1))
kept = rng.random((20, 12)) > 0.2  # (units, draws)
deviation = np.sqrt(0.2 / 0.8 * hidden**2 @ weights**2)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(x, hidden @ (weights * kept / 0.8), color="gray", linewidth=0.4)
axis.plot(x, hidden @ weights, "C0", linewidth=2)
for sign in (-1, 1):
    axis.plot(x, hidden @ weights + sign * deviation, "C1--")
axis.set(title="Monte Carlo dropout: the mean, and one standard deviation")
axis.set(xlabel="x", ylabel="prediction")
plt.show()
