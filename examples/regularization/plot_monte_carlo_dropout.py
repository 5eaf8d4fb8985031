r"""
Monte Carlo dropout: predict ignores training=True
==================================================

If dropout stays on, predictions of one sample differ, and their spread tells
how uncertain the network is. In a functional model, ``training=True`` keeps a
layer's dropout on when you call the model, but ``predict`` turns it off again.

.. math::

   \text{mean} &= \sum_j h_j w_j + b \\
   \text{variance} &= \frac{\text{rate}}{1 - \text{rate}}
   \sum_j (h_j w_j)^2

These are exact for one output that reads hidden units h through dropout. Many
predictions estimate them.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense, Dropout

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# All rows are the same sample. Calling the model drops units, ``predict`` does
# not.

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
print("call:   ", y[:8, 0])
print("predict:", y_predict[:8, 0])

# %%
# Compute it
# ----------


def mean_and_variance(x, kernel_1, bias_1, kernel_2, bias_2, rate):
    """Mean and variance of predictions, with dropout before the last layer.

    x: (batch, features), kernel_1: (features, units), kernel_2: (units, 1).
    Returns two arrays, (batch, 1) (Gal and Ghahramani, 2016).
    """
    hidden = np.maximum(x @ kernel_1 + bias_1, 0)
    variance = rate / (1 - rate) * np.square(hidden) @ np.square(kernel_2)
    return hidden @ kernel_2 + bias_2, variance


# %%
# Check it
# --------
# The mean and the variance of 2,000 predictions are within 6 standard errors of
# the formulas.

mean, variance = mean_and_variance(x[:1], *weights, rate=0.75)
distance = y - mean
for numbers, expected in ((distance, 0), (distance**2, variance[0, 0])):
    error = np.abs(np.mean(numbers) - expected)
    np.testing.assert_array_less(error, 6 * np.std(numbers) / np.sqrt(2000))

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    all backends, ``predict`` overrules the ``training=True`` that ``Dropout``
#    was given in the functional API. (Advice for Keras 2 says otherwise.) Call
#    the model instead, without ``training``: only such layers then behave as in
#    training.

no_dropout = np.repeat(np.float32(mean), 2000, axis=0)
np.testing.assert_array_equal(y_predict, no_dropout, strict=True)

# %%
# Break it
# --------
# Would you take the spread of what ``predict`` returns? The network would seem
# to be certain.

print(f"variance {np.var(y_predict)} instead of {np.var(y):.0f}")
assert not np.allclose(np.var(y_predict), np.var(y))

# %%
# See it
# ------
# A network of one feature and 20 hidden units, with 12 draws of its dropout.

x = np.linspace(-3, 3, 61)[:, np.newaxis]  # (batch, features)
kernel_1, bias_1 = rng.normal(size=(2, 1, 20))
kernel_2 = rng.normal(size=(20, 1))
mean, variance = mean_and_variance(x, kernel_1, bias_1, kernel_2, 0, rate=0.2)
hidden = np.maximum(x @ kernel_1 + bias_1, 0)
kept = rng.random((20, 12)) > 0.2  # (units, draws)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(x, hidden @ (kernel_2 * kept / 0.8), color="gray", linewidth=0.4)
axis.plot(x, mean, "C0", linewidth=2)
for sign in (-1, 1):
    axis.plot(x, mean + sign * np.sqrt(variance), "C1--")
axis.set(title="Monte Carlo dropout: the mean, and one standard deviation")
axis.set(xlabel="x", ylabel="prediction")
plt.show()
