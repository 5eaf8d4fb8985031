r"""
Only the last axis is multiplied
================================

Given an input with more than two axes, a ``Dense`` layer multiplies along the
last one and leaves the others alone: every step of every sample meets the same
kernel.

.. math:: y_{btu} = \sum_f x_{btf} W_{fu} + b_u
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Ten samples of twenty steps with thirty features each. A layer of one unit
# turns thirty features into one number.

x = np.random.normal(size=(10, 20, 30))  # (batch, steps, features)
x = x.astype("float32")  # so that the model need not round it

inputs = keras.Input(shape=(20, 30))
dense = keras.layers.Dense(1, use_bias=False)
model = keras.Model(inputs, dense(inputs))

y = model.predict(x, verbose=0)  # (batch, steps, units)
print(x.shape, "->", y.shape)

# %%
# Compute it
# ----------
# Three ways to write it: `np.tensordot`_ over the last axis, the operator
# ``@``, which treats the other axes as a stack, and a loop over the steps.
#
# .. _np.tensordot: https://numpy.org/doc/stable/reference/generated/numpy.tensordot.html

(kernel,) = dense.get_weights()  # (features, units)
kernel = kernel.astype("float64")

expected = np.tensordot(x, kernel, axes=(-1, 0))
stacked = x @ kernel
looped = np.stack([x[:, step] @ kernel for step in range(x.shape[1])], axis=1)

# %%
# Check it
# --------
# Thirty products make the limit fifteen rounding units, in whatever order they
# are summed. All three ways are within it, and so is the shape.

np.testing.assert_equal((y.shape, y.dtype), ((10, 20, 1), np.float32))

rounding_unit = np.finfo("float32").eps * (np.abs(x) @ np.abs(kernel))
for result in (expected, stacked, looped):
    error = np.abs(y - result)
    print(f"largest error: {np.max(error / rounding_unit):.2f} rounding units")
    np.testing.assert_array_less(error, 15 * rounding_unit)
    np.testing.assert_equal(result.shape, y.shape)

# %%
# More units, a bias whose entries all differ, and integers throughout: equal to
# the bit.

x = np.random.randint(-9, 10, size=(10, 20, 30))
kernel = np.random.randint(-9, 10, size=(30, 4))
bias = np.array([1000, -2000, 3000, -4000])

dense = keras.layers.Dense(4)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)
print(x.shape, "->", y.shape)

np.testing.assert_equal((y.shape, y.dtype), ((10, 20, 4), np.float32))

expected = np.tensordot(x, kernel, axes=(-1, 0)) + bias
stacked = x @ kernel + bias
looped = (
    np.stack([x[:, step] @ kernel for step in range(x.shape[1])], axis=1) + bias
)

np.testing.assert_array_equal(y, expected)
np.testing.assert_array_equal(y, stacked)
np.testing.assert_array_equal(y, looped)

# %%
# Break it
# --------
# A shape proves little. Reverse the features, or let the first step stand for
# all: the shape is the same, and hardly a number is.

backward = x[..., ::-1] @ kernel + bias
first_step = np.repeat(x[:, :1] @ kernel + bias, 20, axis=1)
for wrong in (backward, first_step):
    right = np.count_nonzero(y == wrong)
    print(wrong.shape, "right entries:", right, "of", y.size)
    np.testing.assert_equal(wrong.shape, y.shape)
    np.testing.assert_equal(right < 0.1 * y.size, True)

# %%
# See it
# ------
# The first sample: its features disappear, its steps stay.

fig, axes = plt.subplots(
    1, 3, figsize=(6, 3.6), width_ratios=[30, 4, 4], layout="constrained"
)
panels = {"x, the first sample": x[0], "W": kernel, "y": y[0]}
for axis, (name, values) in zip(axes, panels.items()):
    limit = np.abs(values).max()
    axis.imshow(values, cmap="PuOr", vmin=-limit, vmax=limit)
    axis.set(title=name, xticks=[], yticks=[])
axes[0].set(xlabel="features", ylabel="steps")
axes[1].set(xlabel="units", ylabel="features")
axes[2].set(xlabel="units", ylabel="steps")
plt.show()
