r"""
Dense with relu: the activation comes last
==========================================

Matrix products in a row are no more than one matrix product. What makes a deep
network worth its layers is a bend between them, the activation. ``relu`` is the
plainest: below zero it is zero, above it changes nothing. A layer applies it to
the finished sum, bias included.

.. math:: y = \max(0, x W + b)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two layers with the same weights, one with ``relu`` and one without.

x = rng.integers(1, 100, size=(10, 2))  # (batch, features)
kernel = np.array([[1, -2, 3, -4, 5], [-6, 7, -8, 9, -10]])  # (features, units)
bias = np.array([100, -200, 300, -400, 500])  # (units,)

inputs = keras.Input(shape=(2,))
with_relu = keras.layers.Dense(5, activation="relu")
without = keras.layers.Dense(5)
model = keras.Model(inputs, [with_relu(inputs), without(inputs)])
with_relu.set_weights([kernel, bias])
without.set_weights([kernel, bias])
y, z = model.predict(x, verbose=0)  # each (batch, units)
print(y)

# %%
# See it
# ------
# Each point is one entry of ``y``, plotted against the ``z`` it was made from.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(z[z > 0], y[z > 0], "o", label="positive: kept")
axis.plot(z[z <= 0], y[z <= 0], "s", label="negative: set to zero")
axis.set(title="y = max(0, z)", xlabel="z = x W + b", ylabel="y")
axis.legend()
plt.show()

# %%
# Compute it
# ----------
# First the whole sum: the matrix product, and the bias. Only then does ``relu``
# set what is below zero to zero.

sums = x @ kernel + bias  # (batch, units)
expected = np.maximum(0, sums)

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(z, np.float32(sums), strict=True)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Add the bias after the activation, and relu doesn't see it: a negative bias
# makes negative outputs.

wrong = np.maximum(0, x @ kernel) + bias
print("right:", y[8])
print("wrong:", wrong[8])
assert np.all(y[8] >= 0) and np.any(wrong[8] < 0)

# %%
# In full
# -------
# ``dense`` from keras_by_hand, this site's NumPy library, takes any function as
# its activation. Without one, it returns the sums. The bias may be left out.

from keras_by_hand import dense


def relu(z):
    """max(0, z); z of any shape."""
    return np.maximum(0, z)


layer = keras.layers.Dense(3, activation="relu", bias_initializer="normal")
x_random = rng.normal(size=(6, 2)).astype("float32")  # (batch, features)
y_random = keras.ops.convert_to_numpy(layer(x_random))
expected = dense(x_random, *layer.get_weights(), activation=relu)
np.testing.assert_allclose(y_random, expected, rtol=1e-4, atol=1e-4)
np.testing.assert_array_equal(z, np.float32(dense(x, kernel, bias)))
np.testing.assert_array_equal(dense(x, kernel), x @ kernel)

# %%
# Try it
# ------
# 1. Two units with ``relu`` make an absolute value. Find a kernel ``w`` of
#    shape (1, 2) and a second one ``v`` of shape (2, 1), with which this holds
#    for ``t = np.arange(-5.0, 6)[:, np.newaxis]``:
#    ``np.testing.assert_array_equal(np.maximum(0, t @ w) @ v, np.abs(t))``
# 2. A unit that is zero in every sample is *dead*: its weights no longer learn
#    from these samples (the page "Backpropagation" shows why). Let
#    ``unit = x @ kernel[:, 1]``. Find the largest whole number that, as its
#    bias, leaves this unit dead, and call it ``dead``:
#    ``assert np.all(unit + dead <= 0) and np.any(unit + dead + 1 > 0)``
