r"""
set_weights and get_weights: the kernel first, then the bias
============================================================

You have the numbers of a layer, from a file or from another library, and want
them in Keras, or the other way round. ``set_weights`` puts your arrays into a
layer and ``get_weights`` returns copies of those it holds: first the kernel,
then the bias. Keras compares the shapes and nothing else, so it takes a square
kernel that is transposed.

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
# You chose the weights, so NumPy doesn't have to ask the layer for them.

expected = x @ kernel + bias

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit. The
# weights come back in the order in which they were set, as float32.

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
# Suppose you hand over the wrong arrays. Keras refuses ``[bias, kernel]``, and
# a missing array: their shapes or their number differ. But a kernel in
# PyTorch's order, (units, features), fits if it is square, and gives wrong
# numbers.

for refused in ([bias, kernel], [kernel]):
    np.testing.assert_raises(ValueError, dense.set_weights, refused)

dense.set_weights([kernel.T, bias])
wrong = model.predict(x, verbose=0)
print("right:", y[0])
print("wrong:", wrong[0])
assert np.any(y != wrong)

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
# 1. Write ``mend(layer)``, which transposes the kernel of a layer and leaves
#    its bias alone, by ``get_weights`` and ``set_weights``. It returns nothing.
#    (Here it mends ``dense``.)
# 2. Write ``copying(features)``: a list of weights with which a layer returns
#    its input, for any number of features.
