r"""
set_weights and get_weights: the kernel first, then the bias
============================================================

You have the numbers of a layer as arrays, from a file or another program, and
want them in Keras; or the other way round. ``set_weights`` puts arrays into a
layer, and ``get_weights`` returns copies of those in it: first the kernel, then
the bias. Keras compares their shapes and nothing else.

.. math:: y = x W + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A layer has no weights until it is built, here by its first call, which tells
# it how many features there are. From then on you can set them.

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
# ``variables`` has the same order. The path of a weight begins with the name of
# its layer, so you can tell the weights of a large model apart.

paths = [variable.path for variable in dense.variables]
print(dense.path, paths)

# %%
# Compute it
# ----------
# Column u of the kernel and entry u of the bias belong to unit u, and to no
# other unit. So the output can be computed unit by unit.

by_units = np.zeros((10, 3))  # (batch, units)
for unit in range(3):
    by_units[:, unit] = x @ kernel[:, unit] + bias[unit]

# %%
# Or for all units at once. You chose the weights, so NumPy doesn't have to ask
# the layer for them.

expected = x @ kernel + bias

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit. The
# weights come back in the order in which they were set, as float32.

np.testing.assert_array_equal(y, np.float32(by_units), strict=True)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
held_kernel, held_bias = dense.get_weights()
np.testing.assert_array_equal(held_kernel, np.float32(kernel), strict=True)
np.testing.assert_array_equal(held_bias, np.float32(bias), strict=True)
np.testing.assert_equal(dense.path, "mine")
np.testing.assert_equal(paths, ["mine/kernel", "mine/bias"])

# %%
# They are copies: changing them doesn't reach the layer. ``kernel.assign``
# does, and leaves the bias alone.

held_kernel[:] = 0
np.testing.assert_array_equal(dense.get_weights()[0], kernel)
dense.kernel.assign(2 * kernel)
np.testing.assert_array_equal(dense.get_weights()[0], 2 * kernel)
np.testing.assert_array_equal(dense.get_weights()[1], bias)

# %%
# Break it
# --------
# Suppose you set the weights in the wrong order, or forget one: Keras refuses.
# But suppose your kernel has a row for each unit, as in PyTorch. If it is
# square, Keras takes it, and the numbers are wrong. Reshaping it changes
# nothing; ``.T`` transposes it.

for refused in ([bias, kernel], [kernel]):
    np.testing.assert_raises(ValueError, dense.set_weights, refused)

by_rows = kernel.T  # (units, features)
dense.set_weights([by_rows.reshape(3, 3), bias])
wrong = model.predict(x, verbose=0)
print("right:", y[0])
print("wrong:", wrong[0])
assert np.mean(y != wrong) > 0.5

# %%
# See it
# ------
# Keras raises no error, but most points are far from the line.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(y.ravel(), wrong.ravel(), "o", label="entries of y")
axis.axline((0, 0), slope=1, color="C1", label="where they would be equal")
axis.set(title="W.T fits, and is wrong", xlabel="y with W", ylabel="y with W.T")
axis.legend()
plt.show()

# %%
# Try it
# ------
# 1. The layer now holds a kernel with a row for each unit. Write
#    ``mended(weights)``, which takes what ``get_weights`` returns in such a
#    case, and returns the list that ``set_weights`` should be given.
# 2. Write ``exchanged(weights, first, second)``, which returns the list for a
#    layer in which the units of these two numbers have changed places.
