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
# This is all of ``Dense``. The bias and the activation may be left out.


def dense(x, kernel, bias=None, *, activation=None):
    """A Dense layer (Keras documentation, Dense).

    x: (..., features), kernel: (features, units), bias: (units,), activation: a
    function of the sum, such as np.tanh. Returns (..., units).
    """
    y = x @ kernel
    if bias is not None:
        y = y + bias
    return y if activation is None else activation(y)


def rectify(z):
    return np.maximum(0, z)


# %%
# Check it
# --------
# Whole numbers are equal to the bit.

expected = dense(x, kernel, bias)
np.testing.assert_array_equal(z, np.float32(expected), strict=True)
expected = dense(x, kernel, bias, activation=rectify)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Random numbers are equal up to a tolerance, here without a bias. Only on
# TensorFlow does Keras compute in float64 throughout.

x_random = rng.normal(size=(10, 2)).astype("float32").astype("float64")
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    layer = keras.layers.Dense(5, "relu", use_bias=False, dtype=dtype)
    y_random = keras.ops.convert_to_numpy(layer(x_random))
    expected = dense(x_random, *layer.get_weights(), activation=rectify)
    print(f"{dtype}: largest error {np.abs(y_random - expected).max():.1e}")
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y_random, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you add the bias after the activation? It would not be clipped then.

assert np.any(y != rectify(x @ kernel) + bias)

# %%
# See it
# ------
# Each point is one entry of ``y``, over its sum.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(z[z > 0], y[z > 0], "o", label="positive: kept")
axis.plot(z[z <= 0], y[z <= 0], "s", label="negative: set to zero")
axis.set(title="y = max(0, z)", xlabel="z = x W + b", ylabel="y")
axis.legend()
plt.show()
