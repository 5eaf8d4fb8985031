r"""
Shrinkers pull small numbers to zero
====================================

Three activations keep large numbers, or nearly, and pull small ones to zero:
one makes zero of them, the others subtract a curve in the form of an S.

.. math::

   \begin{aligned}
   \operatorname{hard}(z) &= z \text{ where } \left|z\right| > \lambda,
   \text{ else } 0 \\
   \operatorname{soft}(z) &= z - \min(\max(z, -\lambda), \lambda) \\
   \operatorname{tanh\_shrink}(z) &= z - \tanh z
   \end{aligned}
"""

import functools

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# The threshold :math:`\lambda` is 0.5 unless it is given. A string cannot give
# it, but any function can be an activation.

hard_more = functools.partial(keras.activations.hard_shrink, threshold=1.5)
soft_more = functools.partial(keras.activations.soft_shrink, threshold=1.5)
activations = ["hard_shrink", hard_more, "soft_shrink", soft_more]
activations += ["tanh_shrink"]

# %%
# One input goes into five layers. Kernels and biases all hold a grid of odd
# eighths, so the inputs 0, 1, and 3 make :math:`z` the grid, its double, and
# its fourfold, in which the thresholds are.

grid = np.arange(-23, 28, 2) / 8  # (units,): -2.875, -2.625, ... 3.375
units = grid.size
x = np.array([[0.0], [1.0], [3.0]])  # (batch, features)

inputs = keras.Input(shape=(1,))
layers = [keras.layers.Dense(units, activation=f) for f in activations]
outputs = keras.ops.stack([layer(inputs) for layer in layers], axis=1)
model = keras.Model(inputs, outputs)
for layer in layers:
    layer.set_weights([grid[np.newaxis], grid])

y = model.predict(x, verbose=0)  # (batch, activations, units)

# %%
# Then a step of gradient descent with learning rate 1: of the loss
# ``sum(c * y)`` it leaves minus ``c`` times the derivative in a bias of 0.

for layer in layers:
    layer.set_weights([grid[np.newaxis], np.zeros(units)])
c = np.linspace(1, 2, 5 * units, dtype="float32").reshape(5, units)
model.compile(
    optimizer=keras.optimizers.SGD(learning_rate=1.0),
    loss=lambda c, y: keras.ops.sum(c * y),
    run_eagerly=True,  # for a single step, compiling would take longer
)
loss = model.train_on_batch(x[1:2], c[np.newaxis])
biases = [keras.ops.convert_to_numpy(layer.bias) for layer in layers]
gradient = -np.stack(biases)  # (activations, units)

# %%
# Compute it
# ----------
# ``hard_shrink`` and ``soft_shrink`` have the same derivative: they subtract
# nothing or something constant from a large number.


def hard_shrink(z, threshold):
    return np.where(np.abs(z) > threshold, z, 0)


def soft_shrink(z, threshold):
    return z - np.clip(z, -threshold, threshold)


z = x * grid + grid  # (batch, units); a single feature, so x W is a product
hard = np.stack([hard_shrink(z, 0.5), hard_shrink(z, 1.5)], axis=1)
soft = np.stack([soft_shrink(z, 0.5), soft_shrink(z, 1.5)], axis=1)
smooth = z - np.tanh(z)
slope = np.where(np.abs(grid) > np.array([[0.5], [1.5]]), 1, 0)
smooth_slope = np.tanh(grid) ** 2

# %%
# Check it
# --------
# Those with a threshold leave nothing to round here, and are equal to the bit,
# also on the threshold, which counts as small.

np.testing.assert_equal((y.shape, y.dtype), ((3, 5, units), np.float32))
np.testing.assert_equal(gradient.shape, (5, units))

np.testing.assert_array_equal(y[:, 0:2], hard)
np.testing.assert_array_equal(y[:, 2:4], soft)
np.testing.assert_array_equal(gradient[0:2], c[0:2] * slope)
np.testing.assert_array_equal(gradient[2:4], c[2:4] * slope)
np.testing.assert_array_equal(y[2, 0, np.abs(z[2]) == 0.5], [0, 0])

# %%
# ``tanh_shrink`` keeps the error of ``tanh``: four units, ``2**-23``, of *its*
# value. The subtraction adds half a unit of the result. Where that is small,
# the error is many of its units, with nothing wrong. The derivative has four
# units of 1, its upper bound. The loss is a sum: half a unit for each term, and
# the four of each value.

eps = np.finfo("float32").eps
error = np.abs(y[:, 4] - smooth)
limit = eps * (4 * np.abs(np.tanh(z)) + 0.5 * np.abs(smooth))
slope_error = np.abs(gradient[4] / c[4] - smooth_slope)
of_result = np.max(error / (eps * np.abs(smooth)))
print(f"largest error: {np.max(error / limit):.2f} of its limit,")
print(f"but {of_result:.0f} units of the result")
print(f"derivative: {np.max(slope_error / eps):.2f} units of 1")

np.testing.assert_array_less(error, limit)
np.testing.assert_array_less(slope_error, 4 * eps)
np.testing.assert_equal(of_result > 4, True)

terms = c * np.concatenate([hard[0], soft[0], smooth[:1]])
loss_limit = (terms.size / 2 + 4) * eps * np.sum(np.abs(terms))
np.testing.assert_array_less(np.abs(loss - np.sum(terms)), loss_limit)

# %%
# What they solve
# ---------------
# Which :math:`v` is near :math:`z`, if not being zero has a price? The answer
# of ``soft_shrink`` minimizes :math:`(v - z)^2 / 2 + \lambda \left|v\right|`;
# to ``hard_shrink`` any :math:`v` but 0 costs the same, :math:`\lambda^2 / 2`.
# Trying every eighth finds what Keras returned.

tried = np.arange(-32, 33)[:, np.newaxis] / 8  # (candidates, 1)
distance = (tried - grid) ** 2 / 2  # (candidates, units)
best_hard = tried[np.argmin(distance + 0.125 * (tried != 0), axis=0), 0]
best_soft = tried[np.argmin(distance + 0.5 * np.abs(tried), axis=0), 0]

np.testing.assert_array_equal(y[0, 0], best_hard)
np.testing.assert_array_equal(y[0, 2], best_soft)

# %%
# Break it
# --------
# ``soft_shrink`` is not ``relu`` of :math:`z - \lambda`, which loses what is
# negative. Nor is it ``hard_shrink``, which keeps large numbers whole.

for name, wrong in {"relu": np.maximum(z - 0.5, 0), "hard": hard[:, 0]}.items():
    differs = y[:, 2] != wrong
    print(f"{name}: {np.count_nonzero(differs)} of {z.size} are wrong")
    np.testing.assert_equal(np.all(differs[z < -0.5]), True)

# %%
# See it
# ------

titles = {0: "hard_shrink", 2: "soft_shrink", 4: "tanh_shrink"}
titles |= {1: "hard, threshold=1.5", 3: "soft, threshold=1.5"}
fig, axes = plt.subplots(
    2, 3, figsize=(6, 3.6), sharex=True, sharey=True, layout="constrained"
)
for axis, (place, title) in zip(axes.flat, titles.items()):
    axis.plot(grid, y[0, place], label="value")
    axis.plot(grid, gradient[place] / c[place], "--", label="derivative")
    axis.set_title(title)
axes[1, 2].axis("off")
axes[1, 2].legend(*axes[0, 0].get_legend_handles_labels(), loc="center")
fig.suptitle("Shrinkers: value (solid) and derivative (dashed)")
plt.show()
