r"""
Dense with relu: a bend, so that two layers do more than one
============================================================

Two Dense layers in a row are no more than one: two matrix products make one
matrix product. With an activation between them they can do more. ``relu`` is
the plainest activation: what is below zero becomes zero, and the rest stays. A
layer applies it last, to the sum with the bias.

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
t = np.arange(-5, 6)[:, np.newaxis]  # (batch, 1 feature), for later
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
# Now two layers. One unit gives t where t is positive, another gives -t where t
# is negative, and the second layer adds them: the absolute value. One layer
# without a bend cannot make it: the graph of its unit is a straight line.

kernel_1 = np.array([[1, -1]])  # (1 feature, 2 units)
kernel_2 = np.array([[1], [1]])  # (2 units, 1 unit)
absolute = np.maximum(0, t @ kernel_1) @ kernel_2  # (batch, 1 unit)

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(z, np.float32(sums), strict=True)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

number = keras.Input(shape=(1,))
bent = keras.layers.Dense(2, activation="relu", use_bias=False)(number)
two_layers = keras.Model(number, keras.layers.Dense(1, use_bias=False)(bent))
two_layers.set_weights([kernel_1, kernel_2])
y_two = two_layers.predict(t, verbose=0)
np.testing.assert_array_equal(y_two, np.float32(absolute), strict=True)
np.testing.assert_array_equal(absolute, np.abs(t))

# %%
# Break it
# --------
# Suppose you forget the activation in the first layer. The two kernels become
# one, here a kernel of zero: every answer is zero.

wrong = t @ kernel_1 @ kernel_2
print("right:", absolute.T)
print("wrong:", wrong.T)
np.testing.assert_array_equal(wrong, t @ (kernel_1 @ kernel_2))
assert np.any(wrong != absolute)

# %%
# In full
# -------
# ``dense`` from keras_by_hand, this site's NumPy library, takes any function as
# its activation. Without one, it returns the sums. The bias may be left out.

from keras_by_hand import dense


def relu(z):
    """max(0, z); z of any shape."""
    return np.maximum(0, z)


by_library = dense(x, kernel, bias, activation=relu)
np.testing.assert_array_equal(y, np.float32(by_library), strict=True)
np.testing.assert_array_equal(dense(x, kernel), x @ kernel)

# %%
# Try it
# ------
# 1. Write ``clipped(t)``, for t of shape (batch, 1): zero below 0, t from 0 to
#    2, and 2 above. Use two units with ``relu``, a bias, and a second layer.
# 2. XOR is 1 if exactly one of two inputs is 1, else 0. No single layer makes
#    it. Write ``xor(x)``, for x of shape (batch, 2), in the same way.
