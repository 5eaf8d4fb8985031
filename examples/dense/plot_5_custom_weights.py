"""
Set the weights by hand
=======================

``set_weights`` replaces the random kernel and the bias by arrays of your own.
It works as soon as the layer has been called, with or without a ``Model``
around it.

.. math:: y = x W + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# One kernel and one bias, for two layers. The arrays must have the shapes that
# the layer expects: ``(features, units)`` and ``(units,)``.

x = np.random.randint(1, 100, size=(10, 2))  # (batch, features)

kernel = np.array([[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]])  # (features, units)
bias = np.array([30, -10, 40, -20, 50])  # (units,)

# %%
# The first layer gets its weights before there is a model.

inputs = keras.Input(shape=(2,))
dense = keras.layers.Dense(5)
outputs = dense(inputs)  # from here on the layer has weights
dense.set_weights([kernel, bias])
model = keras.Model(inputs, outputs)

y_before = model.predict(x, verbose=0)  # (batch, units)
print(y_before)

# %%
# The second gets them afterwards, and after it has predicted with others.

inputs = keras.Input(shape=(2,))
dense = keras.layers.Dense(5)
model = keras.Model(inputs, dense(inputs))
random_kernel, zero_bias = dense.get_weights()
y_random = model.predict(x, verbose=0)
dense.set_weights([kernel, bias])

y_after = model.predict(x, verbose=0)

# %%
# Compute it
# ----------
# We chose the weights, so NumPy does not have to ask the layer for them.

expected = x @ kernel + bias
expected_random = x @ random_kernel.astype("float64") + zero_bias
print(expected)

# %%
# Check it
# --------
# All numbers are integers below ``2**24``, which float32 holds exactly. There
# is nothing to round, and no tolerance: both models equal NumPy to the bit.

for y in (y_before, y_random, y_after):
    np.testing.assert_equal((y.shape, y.dtype), ((10, 5), np.float32))

np.testing.assert_array_equal(y_before, expected)
np.testing.assert_array_equal(y_after, expected)
print("numbers that differ:", np.count_nonzero(y_after != expected))

# %%
# The layer holds what it was given, and the random weights are gone. What they
# had predicted was right as well, within the rounding of two products and a
# sum.

np.testing.assert_array_equal(dense.get_weights()[0], kernel)
np.testing.assert_array_equal(dense.get_weights()[1], bias)

rounding_unit = np.finfo("float32").eps * (np.abs(x) @ np.abs(random_kernel))
error = np.abs(y_random - expected_random)
np.testing.assert_array_less(error, 1.0 * rounding_unit)
np.testing.assert_equal(np.count_nonzero(y_random == expected), 0)

# %%
# Break it
# --------
# A kernel of shape ``(units, features)``, the bias first, or no bias: Keras
# refuses all three, and the layer keeps the weights it had.

for wrong in ([kernel.T, bias], [bias, kernel], [kernel]):
    np.testing.assert_raises(ValueError, dense.set_weights, wrong)

np.testing.assert_array_equal(model.predict(x, verbose=0), expected)

# %%
# What it cannot refuse is the right shape in the wrong order. Not one entry of
# the result is left where it was.

reshaped = kernel.T.reshape(2, 5)  # where it should be transposed again
dense.set_weights([reshaped, bias])
y_wrong = model.predict(x, verbose=0)

np.testing.assert_array_equal(y_wrong, x @ reshaped + bias)
np.testing.assert_equal(np.count_nonzero(y_wrong == expected), 0)

# %%
# See it
# ------

panels = {"W drawn by Keras, rounded": y_random, "W and b as set": y_after}
fig, axes = plt.subplots(1, 2, figsize=(5, 3.6), layout="constrained")
for axis, (name, values) in zip(axes, panels.items()):
    axis.imshow(values, cmap="PuOr", vmin=-1300, vmax=1300)
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if abs(value) > 750 else "black"
        text = axis.text(column, row, f"{value:.0f}", color=shade)
        text.set(horizontalalignment="center", verticalalignment="center")
plt.show()
