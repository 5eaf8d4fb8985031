r"""
set_weights and get_weights: the kernel first, then the bias
============================================================

``set_weights`` replaces the weights of a layer by arrays of your own, and
``get_weights`` returns copies of them: first the kernel, then the bias. Keras
compares the shapes only, so it takes a square kernel that is transposed.

.. math:: y = x W + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A layer gets its weights when it is first called. From then on you can set
# them.

x = rng.integers(1, 1000, size=(10, 3))  # (batch, features)
kernel = np.array([[1, 2, -3], [-4, 5, 6], [7, -8, 10]])  # (features, units)
bias = np.array([1000, -2000, 3000])  # (units,)

inputs = keras.Input(shape=(3,))
dense = keras.layers.Dense(3, name="mine")
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)  # (batch, units)
print(y)

# %%
# Compute it
# ----------
# You chose the weights, so NumPy doesn't have to ask the layer for them.

expected = x @ kernel + bias

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit. The
# weights come back in the order in which they were set.

np.testing.assert_array_equal(y, np.float32(expected), strict=True)
held_kernel, held_bias = dense.get_weights()
np.testing.assert_array_equal(held_kernel, np.float32(kernel), strict=True)
np.testing.assert_array_equal(held_bias, np.float32(bias), strict=True)

# %%
# They are copies: changing them doesn't reach the layer.

held_kernel[:] = 0
np.testing.assert_array_equal(dense.get_weights()[0], kernel)

# %%
# ``variables`` has the same order. The path of a weight begins with the name of
# its layer, so you can tell the weights of a large model apart.

paths = [variable.path for variable in dense.variables]
print(dense.path, paths)
np.testing.assert_equal(dense.path, "mine")
np.testing.assert_equal(paths, ["mine/kernel", "mine/bias"])

# %%
# A layer rounds what you set to its own dtype, which is float32 by default.
# ``kernel.assign`` sets the kernel alone. (Only on TensorFlow does a layer of
# float64 keep float64 throughout.)

kernel_random = rng.normal(size=(3, 3))
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    layer = keras.layers.Dense(3, dtype=dtype)
    layer.build((None, 3))
    layer.kernel.assign(kernel_random)
    held, _ = layer.get_weights()
    rounded = kernel_random.astype(dtype)
    np.testing.assert_array_equal(held, rounded, strict=True)

# %%
# Break it
# --------
# Would Keras notice a kernel in PyTorch's order, (units, features)? Only if it
# isn't square. It does refuse a wrong order and a missing array.

for wrong in ([bias, kernel], [kernel]):
    np.testing.assert_raises(ValueError, dense.set_weights, wrong)

dense.set_weights([kernel.T, bias])
y_transposed = model.predict(x, verbose=0)
print(f"{np.mean(y == y_transposed):.0%} of the entries are right")
assert np.any(y != y_transposed)

# %%
# See it
# ------
# Keras raises no error, but most points are far from the line.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(y.ravel(), y_transposed.ravel(), "o", label="entries of y")
axis.axline((0, 0), slope=1, color="C1", label="where they would be equal")
axis.set(title="W.T fits, and is wrong", xlabel="y with W", ylabel="y with W.T")
axis.legend()
plt.show()
