r"""
set_weights and get_weights: the kernel first, then the bias
============================================================

``set_weights`` replaces the weights of a layer by arrays of your own, and
``get_weights`` returns copies of them. Both have the kernel first.

.. math:: y = x W + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A layer has weights once you have called it. It needs no model for that.

x = rng.integers(1, 1000, size=(10, 3))  # (batch, features)
kernel = np.array([[1, 2, -3], [-4, 5, 6], [7, -8, 10]])  # (features, units)
bias = np.array([1000, -2000, 3000])  # (units,)

inputs = keras.Input(shape=(3,))
dense = keras.layers.Dense(3, name="mine")
outputs = dense(inputs)
given = [kernel.copy(), bias.copy()]
dense.set_weights(given)
model = keras.Model(inputs, outputs)
y = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------
# You chose the weights, so NumPy doesn't have to ask the layer for them.

expected = x @ kernel + bias

# %%
# Check it
# --------
# Whole numbers are equal to the bit. The weights come back as float32.

np.testing.assert_array_equal(y, np.float32(expected), strict=True)
first = dense.variables[0]
np.testing.assert_equal((dense.path, first.path), ("mine", "mine/kernel"))
held_kernel, held_bias = dense.get_weights()
np.testing.assert_array_equal(held_kernel, np.float32(kernel), strict=True)
np.testing.assert_array_equal(held_bias, np.float32(bias), strict=True)

# %%
# Both methods copy. Changing an array afterwards doesn't reach the layer.

for array in (*given, held_kernel, held_bias):
    array[:] = 0
np.testing.assert_array_equal(dense.get_weights()[0], kernel)

# %%
# Random numbers are equal up to a tolerance. ``kernel.assign`` sets the kernel
# alone. Only on TensorFlow does Keras compute in float64 throughout.

x_random = rng.normal(size=(10, 3)).astype("float32")
kernel_random = rng.normal(size=(3, 3))
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    layer = keras.layers.Dense(3, dtype=dtype)
    layer.build((None, 3))
    layer.kernel.assign(kernel_random)
    y_random = keras.ops.convert_to_numpy(layer(x_random))
    tolerance = 1000 * np.finfo(dtype).eps
    expected = x_random @ kernel_random  # the bias is still zero
    np.testing.assert_allclose(y_random, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Keras refuses a wrong order, a missing array and ``dense.kernel = kernel``.
# Would it notice a kernel of PyTorch, (units, features)? Not a square one.

for wrong in ([bias, kernel], [kernel]):
    np.testing.assert_raises(ValueError, dense.set_weights, wrong)
np.testing.assert_raises(AttributeError, setattr, dense, "kernel", kernel)
dense.set_weights([kernel.T, bias])
y_transposed = model.predict(x, verbose=0)
assert np.any(y != y_transposed)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(y.ravel(), y_transposed.ravel(), "o", label="entries of y")
axis.axline((0, 0), slope=1, color="C1", label="where they would be equal")
axis.set(title="W.T fits, and is wrong", xlabel="y with W", ylabel="y with W.T")
axis.legend()
plt.show()
