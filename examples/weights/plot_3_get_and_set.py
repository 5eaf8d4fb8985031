r"""
A layer copies its weights in and out
=====================================

``get_weights`` returns copies, the kernel first and then the bias, and
``set_weights`` takes any arrays of the right shapes, whatever they mean. What
is set is used from then on:

.. math:: y = x W + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# As many units as features, so that the kernel is square. A weight's path is
# made of the names of its layer and its own.

x = np.random.randint(-9, 10, size=(6, 3))  # (batch, features)

inputs = keras.Input(shape=(3,))
dense = keras.layers.Dense(3, name="square")
model = keras.Model(inputs, dense(inputs))

for weight in dense.weights:
    print(weight.path, weight.name, weight.shape, weight.dtype)

kernel = np.array([[1, 2, 3], [-4, 5, -6], [7, -8, 10]])  # (features, units)
bias = np.array([10, -20, 30])  # (units,)
given = [kernel.copy(), bias.copy()]
dense.set_weights(given)
y = model.predict(x, verbose=0)  # (batch, units)
print(y)

# %%
# Compute it
# ----------
# The formula is that of every ``Dense`` layer; here it tells which weights were
# used.


def dense_of(x, kernel, bias):
    """A Dense layer: (batch, features) to (batch, units)."""
    return x @ kernel + bias


expected = dense_of(x, kernel, bias)
expected_transposed = dense_of(x, kernel.T, bias)
expected_doubled = dense_of(x, 2 * kernel, bias)

# %%
# Check it
# --------
# The lists ``weights`` and ``variables`` hold the same two `variables`_, whose
# values are what ``get_weights`` returns. Integers make it exact.
#
# .. _variables: https://keras.io/api/layers/base_layer/

paths = ["square/kernel", "square/bias"]
np.testing.assert_equal(dense.path, "square")
np.testing.assert_equal([weight.path for weight in dense.weights], paths)
np.testing.assert_equal([weight.path for weight in dense.variables], paths)
np.testing.assert_equal((y.shape, y.dtype), ((6, 3), np.float32))
np.testing.assert_array_equal(y, expected)


def check_weights(kernel, bias):
    """Compare the weights of the layer; return the arrays that it returned."""
    held = dense.get_weights()
    np.testing.assert_equal([weight.ndim for weight in held], [2, 1])
    np.testing.assert_array_equal(held[0], kernel)
    np.testing.assert_array_equal(held[1], bias)
    np.testing.assert_equal((held[0].dtype, held[1].dtype), (np.float32,) * 2)
    return held


# %%
# They are copies, both ways: spoiling those that were given, or those that were
# returned, does not reach the layer.

for array in given + check_weights(kernel, bias):
    array[:] = 0
check_weights(kernel, bias)

# %%
# ``kernel`` and ``bias`` are the variables themselves, and can be set one by
# one.

dense.kernel.assign(2 * kernel)
y_doubled = model.predict(x, verbose=0)
np.testing.assert_array_equal(y_doubled, expected_doubled)
check_weights(2 * kernel, bias)

dense.kernel.assign(kernel)
dense.bias.assign(bias)

# %%
# Break it
# --------
# Only shapes are compared: a transposed square kernel is taken, and the results
# are wrong.

dense.set_weights([kernel.T, bias])
y_transposed = model.predict(x, verbose=0)
right = np.count_nonzero(y_transposed == y)
print("right entries with a transposed kernel:", right, "of", y.size)

np.testing.assert_array_equal(y_transposed, expected_transposed)
np.testing.assert_equal(right < y.size / 3, True)

# %%
# Arrays of the wrong shape, order or number are an error. One is set after the
# other, though: an error at the bias leaves the kernel changed.

for wrong in ([bias, kernel], [kernel], [kernel, np.zeros(4)]):
    with np.testing.assert_raises(ValueError):
        dense.set_weights(wrong)
    changed = np.array_equal(dense.get_weights()[0], kernel)
    print(len(wrong), "arrays, an error; kernel changed:", changed)

check_weights(kernel, bias)

# %%
# See it
# ------
# Both kernels fit; only one is meant.

panels = {"W": kernel, "its transpose": kernel.T}
panels |= {"y = x W + b": y, "y of the transpose": y_transposed}
fig, axes = plt.subplots(
    2, 2, figsize=(5, 3.6), height_ratios=[1, 2], layout="constrained"
)
fig.suptitle("A transposed kernel is taken, and gives other results")
for axis, (name, values) in zip(axes.flat, panels.items()):
    largest = np.abs(values).max()
    axis.imshow(values, cmap="PuOr", aspect="auto", vmin=-largest, vmax=largest)
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if abs(value) > 0.6 * largest else "black"
        text = axis.text(column, row, f"{value:.0f}", color=shade)
        text.set(horizontalalignment="center", verticalalignment="center")
plt.show()
