r"""
Sigmoids flatten what is large
==============================

Keras has six activations in the shape of an S, and the logarithm of one. Away
from zero they hardly change or not at all, and with the change goes the
derivative that training needs. Some are one curve on other scales:

.. math::

   \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad \tanh z = 2 \, \sigma(2 z) - 1
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# One input goes into seven layers, each with another activation, and with a
# unit for each number of a grid. Kernel and bias both hold the grid: the input
# 0 makes :math:`z` the grid, and the input 1 twice the grid. Odd eighths are
# exact in float32, and miss the kinks at 1 and 3.

names = ["sigmoid", "tanh", "softsign", "log_sigmoid"]
names += ["hard_sigmoid", "hard_tanh", "sparse_sigmoid"]
grid = np.arange(-47, 40, 2) / 8  # (units,): -5.875, -5.625, ... 4.875
units = grid.size
x = np.array([[0.0], [1.0]])  # (batch, features)

inputs = keras.Input(shape=(1,))
layers = [keras.layers.Dense(units, activation=name) for name in names]
outputs = keras.ops.stack([layer(inputs) for layer in layers], axis=1)
model = keras.Model(inputs, outputs)
for layer in layers:
    layer.set_weights([grid[np.newaxis], grid])

y = model.predict(x, verbose=0)  # (batch, activations, units)

# %%
# A step of gradient descent with learning rate 1 subtracts the gradient of the
# loss from each weight. If the loss is ``sum(c * y)``, that is ``c`` times the
# derivative, and a bias of 0 holds it without rounding. The entries of ``c``
# all differ, so that none can pass for another.

for layer in layers:
    layer.set_weights([grid[np.newaxis], np.zeros(units)])
c = np.linspace(1, 2, len(names) * units).reshape(len(names), units)
c = c.astype("float32")
model.compile(
    optimizer=keras.optimizers.SGD(learning_rate=1.0),
    loss=lambda c, y: keras.ops.sum(c * y),
    run_eagerly=True,  # for a single step, compiling would take longer
)
loss = model.train_on_batch(x[1:], c[np.newaxis])
biases = [keras.ops.convert_to_numpy(layer.bias) for layer in layers]
gradient = -np.stack(biases)  # (activations, units)

# %%
# Compute it
# ----------
# Each activation, and its derivative. The last three are made of straight
# lines: nothing to exponentiate, and a derivative of exactly 0 outside.


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def log_sigmoid(z):  # never raises e to a large power
    return np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))


values = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "softsign": lambda z: z / (1 + np.abs(z)),
    "log_sigmoid": log_sigmoid,
    "hard_sigmoid": lambda z: np.clip(z / 6 + 1 / 2, 0, 1),
    "hard_tanh": lambda z: np.clip(z, -1, 1),
    "sparse_sigmoid": lambda z: np.clip((z + 1) / 2, 0, 1),
}
derivatives = {
    "sigmoid": lambda z: sigmoid(z) * sigmoid(-z),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "softsign": lambda z: 1 / (1 + np.abs(z)) ** 2,
    "log_sigmoid": lambda z: sigmoid(-z),
    "hard_sigmoid": lambda z: np.where(np.abs(z) < 3, 1 / 6, 0),
    "hard_tanh": lambda z: np.where(np.abs(z) < 1, 1, 0),
    "sparse_sigmoid": lambda z: np.where(np.abs(z) < 1, 1 / 2, 0),
}
z = x * grid + grid  # (batch, units); a single feature, so x W is a product
expected = np.stack([values[name](z) for name in names], axis=1)
slope = np.stack([derivatives[name](grid) for name in names])

# %%
# Check it
# --------
# :math:`z` is exact, so only the activation rounds. Its limit is four rounding
# units, here ``2**-23`` of the value. A derivative may be computed as
# :math:`1 - y^2`, which keeps the error of :math:`y^2` however small the
# difference: its unit is taken from the *largest* one of the activation. Even
# so, a derivative wrong by a millionth would be noticed.

np.testing.assert_equal((y.shape, y.dtype), ((2, 7, units), np.float32))
np.testing.assert_equal(gradient.shape, (7, units))

eps, tiny = np.finfo("float32").eps, np.finfo("float32").tiny
rounding_unit = eps * np.abs(expected) + tiny
error = np.abs(y - expected)
slope_unit = eps * c * np.max(slope, axis=1, keepdims=True)
slope_error = np.abs(gradient - c * slope)
for place, name in enumerate(names):
    of_value = np.max((error / rounding_unit)[:, place])
    of_slope = np.max((slope_error / slope_unit)[place])
    print(f"{name:15} {of_value:.2f} units, derivative {of_slope:.2f}")

np.testing.assert_array_less(error, 4 * rounding_unit)
np.testing.assert_array_less(slope_error, 4 * slope_unit)

# %%
# ``hard_tanh`` and ``sparse_sigmoid`` have nothing to round on this grid. The
# loss is a sum: half a unit for each of its terms, and the four of each value.

np.testing.assert_array_equal(y[:, 5:], expected[:, 5:])

terms = c * expected[0]
loss_limit = (terms.size / 2 + 4) * eps * np.sum(np.abs(terms))
np.testing.assert_array_less(np.abs(loss - np.sum(terms)), loss_limit)

# %%
# Relatives
# ---------
# What Keras returned obeys the equation on top: the second sample holds the
# doubled :math:`z`. The hard ones are relatives without the doubling, to the
# bit.

of = dict(zip(names, np.swapaxes(y, 0, 1).astype("float64")))
tanh, doubled = of["tanh"][0], of["sigmoid"][1]
error = np.abs(tanh - (2 * doubled - 1))
np.testing.assert_array_less(error, 4 * eps * (np.abs(tanh) + 2 * doubled))

np.testing.assert_array_equal(of["hard_tanh"], 2 * of["sparse_sigmoid"] - 1)

# %%
# Break it
# --------
# ``tanh`` without the doubling is another curve. So is the ``hard_sigmoid`` of
# Keras 2, which was flat from 2.5 on: a model ported from there changes. And
# :math:`y (1 - y)` is the derivative of ``sigmoid`` only.

undoubled = 2 * of["sigmoid"] - 1
keras_2 = np.clip(0.2 * z + 0.5, 0, 1)
borrowed = of["tanh"][0] * (1 - of["tanh"][0])
wrong = {
    "tanh, not doubled": ~np.isclose(of["tanh"], undoubled),
    "hard_sigmoid of Keras 2": ~np.isclose(of["hard_sigmoid"], keras_2),
    "y (1 - y) for tanh": ~np.isclose(gradient[1] / c[1], borrowed),
}
for name, entries in wrong.items():
    print(f"{name}: {np.count_nonzero(entries)} of {entries.size} are wrong")
    np.testing.assert_equal(np.count_nonzero(entries) > 10, True)

# %%
# See it
# ------
# ``log_sigmoid`` leaves the picture: to the left it falls like :math:`z`.

fig, axes = plt.subplots(
    2, 4, figsize=(6, 3.6), sharex=True, sharey=True, layout="constrained"
)
for axis, name, its_slope in zip(axes.flat, names, gradient / c):
    axis.plot(grid, of[name][0], label="value")
    axis.plot(grid, its_slope, "--", label="derivative")
    axis.set(title=name, ylim=(-1.2, 1.2), yticks=[-1, 0, 1])
axes[1, 3].axis("off")
axes[1, 3].legend(*axes[0, 0].get_legend_handles_labels(), loc="center")
fig.suptitle("Sigmoids: value (solid) and derivative (dashed)")
plt.show()
