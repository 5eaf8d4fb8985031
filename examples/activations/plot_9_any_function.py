r"""
An activation is any function
=============================

``activation=`` takes the name of a function, the function itself, a layer, or
nothing. Whatever it is, the layer applies it to its sum, and training finds the
derivative by itself:

.. math:: y = f(x W + b)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Functions of one's own are written with ``keras.ops``, for any backend. The
# second does not act on each unit by itself.


def own_silu(z):
    return z * keras.ops.sigmoid(z)


def centred(z):
    return z - keras.ops.mean(z, axis=-1, keepdims=True)


accepted = {
    "None": None,
    "layer": keras.layers.ReLU(max_value=2.0),
    "centred": centred,
    "name": "silu",
    "alias": "swish",
    "function": keras.activations.silu,
    "got": keras.activations.get("silu"),
    "own": own_silu,
}

# %%
# One input goes into a layer for each. Kernel and bias hold a grid of odd
# eighths: the input 0 makes :math:`z` the grid, and the input 1 twice the grid.

grid = np.arange(-33, 30, 2) / 8  # (units,): -4.125, -3.875, ... 3.625
x = np.array([[0.0], [1.0]])  # (batch, features)

inputs = keras.Input(shape=(1,))
layers = [keras.layers.Dense(32, activation=f) for f in accepted.values()]
outputs = keras.ops.stack([layer(inputs) for layer in layers], axis=1)
model = keras.Model(inputs, outputs)
for layer in layers:
    layer.set_weights([grid[np.newaxis], grid])

y = model.predict(x, verbose=0)  # (batch, activations, units)

# %%
# A training step with learning rate 1 and the loss ``sum(c * y)`` leaves minus
# the gradient in biases of 0.

for layer in layers:
    layer.set_weights([grid[np.newaxis], np.zeros(32)])
c = np.random.randint(1, 9, size=(len(layers), 32))
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
# The gradient of ``silu`` has two parts: what its gate lets through, and what
# the gate's own movement lets through. That of a centred unit is centred.


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def silu(z):
    return z * sigmoid(z)


def silu_gradient(z, c):
    return c * (sigmoid(z) + z * sigmoid(z) * sigmoid(-z))


z = x * grid + grid  # (batch, units); of a single feature, x W is a product
means = np.mean(z, axis=1, keepdims=True)
exact = np.stack([z, np.clip(z, 0, 2), z - means], axis=1)
rounded = np.stack([silu(z)] * 5, axis=1)

exact_gradient = [c[0], c[1] * (grid > 0) * (grid < 2), c[2] - np.mean(c[2])]
rounded_gradient = silu_gradient(grid, c[3:])

# %%
# Check it
# --------
# ``None``, the layer, and the mean of 32 numbers leave nothing to round. The
# others are within four rounding units, ``2**-23`` of the value. The unit of a
# gradient is that of twice its weight, as no term of a derivative is above 2.

np.testing.assert_equal((y.shape, y.dtype), ((2, 8, 32), np.float32))
np.testing.assert_equal(gradient.shape, (8, 32))

np.testing.assert_array_equal(y[:, :3], exact)
np.testing.assert_array_equal(gradient[:3], exact_gradient)

eps, tiny = np.finfo("float32").eps, np.finfo("float32").tiny
unit = eps * np.abs(rounded) + tiny
error = np.abs(y[:, 3:] - rounded)
gradient_unit = eps * 2 * c[3:]
gradient_error = np.abs(gradient[3:] - rounded_gradient)
print(f"largest error: {np.max(error / unit):.2f} units")
print(f"of a gradient: {np.max(gradient_error / gradient_unit):.2f} units")

np.testing.assert_array_less(error, 4 * unit)
np.testing.assert_array_less(gradient_error, 4 * gradient_unit)

terms = c * np.concatenate([exact[0], rounded[0]])
loss_limit = (terms.size / 2 + 4) * eps * np.sum(np.abs(terms))
np.testing.assert_array_less(np.abs(loss - np.sum(terms)), loss_limit)

# %%
# What is saved
# -------------
# The configuration of a layer holds the name of its activation, and an alias is
# resolved. Of a function of one's own it holds the name only: who loads it must
# bring the function. A layer is saved with its arguments.

configs = {of: f.get_config() for of, f in zip(accepted, layers)}
saved = {of: configs[of]["activation"] for of in ("None", "alias", "function")}
print("saved:", saved)
np.testing.assert_equal(list(saved.values()), ["linear", "silu", "silu"])

hard_swish = keras.activations.get("hard_swish")  # the other alias
np.testing.assert_equal(hard_swish, keras.activations.hard_silu)

load = keras.layers.Dense.from_config
np.testing.assert_equal(load(configs["layer"]).activation.max_value, 2.0)
np.testing.assert_raises(TypeError, load, configs["own"])
with keras.saving.custom_object_scope({"own_silu": own_silu}):
    np.testing.assert_equal(load(configs["own"]).activation, own_silu)

# %%
# Break it
# --------
# Names are in lower case, and ``None`` is not one of them. A class is neither a
# layer nor a function of numbers, which ``Dense`` finds out only when it gets
# numbers. And to mix samples is not to mix units.

for name in ("ReLU", "Silu", "None"):
    with np.testing.assert_raises(ValueError):
        keras.layers.Dense(32, activation=name)
with_class = keras.layers.Dense(32, activation=keras.layers.ReLU)
np.testing.assert_equal(with_class(inputs).shape, (None, 32))
np.testing.assert_raises(Exception, with_class, x)

differs = y[:, 2] != z - np.mean(z, axis=0)
print(f"mixed samples: {np.count_nonzero(differs)} of {z.size} are wrong")
np.testing.assert_equal(np.count_nonzero(differs) > 60, True)

# %%
# See it
# ------

titles = {0: "None", 1: "ReLU(max_value=2.0)", 4: '"swish"'}
fig, axes = plt.subplots(
    1, 3, figsize=(6, 3.6), sharey=True, layout="constrained"
)
for axis, (place, title) in zip(axes, titles.items()):
    axis.plot(grid, y[0, place], label="value")
    axis.plot(grid, gradient[place] / c[place], "--", label="derivative")
    axis.set(title=title, xlabel="z")
axes[0].legend()
fig.suptitle("activation= takes None, a layer, or a name")
plt.show()
