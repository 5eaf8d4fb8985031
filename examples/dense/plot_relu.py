r"""
Dense with relu: the activation comes last
==========================================

A ``Dense`` layer applies its activation to the finished sum, bias included.
With ``relu``, each number below zero becomes zero, and the others stay.

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
y, z = model.predict(x, verbose=0)  # (batch, units)
print(y)

# %%
# Compute it
# ----------
# First the whole sum: the matrix product, and the bias. Only then does ``relu``
# set what is below zero to zero.

sums = x @ kernel + bias  # (batch, units)
relu_of_sums = np.maximum(0, sums)

# %%
# The whole function is all of a ``Dense`` layer without LoRA and quantization.
# The bias and the activation may be left out.

from keras_by_hand import dense


def rectify(z):
    """relu without its arguments: max(0, z); z of any shape."""
    return np.maximum(0, z)


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(y, np.float32(relu_of_sums), strict=True)

expected_z = dense(x, kernel, bias)
np.testing.assert_array_equal(z, np.float32(expected_z), strict=True)
expected_y = dense(x, kernel, bias, activation=rectify)
np.testing.assert_array_equal(y, np.float32(expected_y), strict=True)

# %%
# Random numbers are rounded: the results agree up to a tolerance, in float32
# and in float64. (Only TensorFlow computes a whole layer in float64.)

x_random = rng.normal(size=(10, 2)).astype("float32")
x_wide = x_random.astype("float64")  # NumPy computes in float64
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    arguments = {"activation": "relu", "dtype": dtype}
    with_bias = keras.layers.Dense(5, bias_initializer="normal", **arguments)
    without_bias = keras.layers.Dense(5, use_bias=False, **arguments)
    tolerance = 1000 * np.finfo(dtype).eps
    for layer in (with_bias, without_bias):
        y_random = keras.ops.convert_to_numpy(layer(x_random))
        weights = layer.get_weights()  # [kernel, bias] or [kernel]
        expected = dense(x_wide, *weights, activation=rectify)
        np.testing.assert_allclose(
            y_random, expected, rtol=tolerance, atol=tolerance
        )
    print(f"{dtype}: equal up to {tolerance:.0e}")

# %%
# Break it
# --------
# Would you add the bias after the activation? Then relu doesn't see it, and a
# negative bias makes negative outputs.

wrong = rectify(x @ kernel) + bias
print(f"{np.mean(y == wrong):.0%} of the entries are right")
assert np.any(y != wrong)

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
