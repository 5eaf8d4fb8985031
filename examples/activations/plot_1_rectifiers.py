r"""
Rectifiers are made of straight pieces
======================================

A rectifier keeps what is above a threshold and damps or drops the rest, so that
its derivative is one number on each piece, and jumps where two pieces meet.
``relu`` with all its parameters is, unless its threshold is negative:

.. math::

   f(z) = \begin{cases}
   \min(z, m) & \text{for } z > \theta \\
   s \, (z - \theta) & \text{otherwise}
   \end{cases}
   \qquad
   f'(z) = \begin{cases}
   0 & \text{for } z > m \\
   1 & \text{for } m > z > \theta \\
   s & \text{for } z < \theta
   \end{cases}

Here :math:`s` is ``negative_slope``, :math:`m` is ``max_value``, and
:math:`\theta` is ``threshold``. (Where :math:`\theta` is negative and :math:`m`
is given, what lies between :math:`\theta` and 0 becomes 0.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A string gives an activation with its defaults, a function gives any others:
# ``relu(z, 0.25, 4, 1)`` has all three, in the order named above.

activations = {
    "linear": "linear",
    "relu": "relu",
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
    "leaky_relu(z, 0.5)": lambda z: keras.activations.leaky_relu(z, 0.5),
    "relu(z, threshold=1)": lambda z: keras.activations.relu(z, threshold=1),
    "relu(z, 0.25, 4, 1)": lambda z: keras.activations.relu(z, 0.25, 4, 1),
    "threshold(z, 1, -1)": lambda z: keras.activations.threshold(z, 1, -1),
}

# %%
# Each goes into a ``Dense`` layer whose kernel is zero and whose bias holds the
# numbers ``z``: unit ``j`` returns ``f(z[j])``. The loss is the sum of all
# outputs, and a step of SGD with learning rate 1 subtracts the gradient. For
# ``kernel[0, j]`` that is ``f'(z[j])`` times an input of 1, and a subtraction
# from zero rounds nothing: the kernel becomes minus the derivative, as training
# sees it.

z = np.arange(-16, 33) / 4  # (units,), exact in float32
x = np.ones((1, 1))  # (batch, features)

inputs = keras.Input(shape=(1,))
layers = [keras.layers.Dense(z.size, f) for f in activations.values()]
outputs = keras.ops.stack([layer(inputs) for layer in layers], axis=1)
model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.SGD(learning_rate=1.0),
    loss=lambda target, y: keras.ops.sum(y),
    run_eagerly=True,  # compiling would take longer than the one step
)
for layer in layers:
    layer.set_weights([np.zeros((1, z.size)), z])  # kernel, bias

y = model.predict(x, verbose=0)  # (batch, activations, units)
loss = model.train_on_batch(x, y)  # a target is required, and not used
kernels, biases = zip(*[layer.get_weights() for layer in layers])

# %%
# Compute it
# ----------
# The value of each, and its derivative.

value = {
    "linear": lambda z: z,
    "relu": lambda z: np.where(z > 0, z, 0),
    "relu6": lambda z: np.clip(z, 0, 6),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.2 * z),
    "leaky_relu(z, 0.5)": lambda z: np.where(z > 0, z, 0.5 * z),
    "relu(z, threshold=1)": lambda z: np.where(z > 1, z, 0),
    "relu(z, 0.25, 4, 1)": lambda z: np.where(
        z > 1, z.clip(max=4), 0.25 * (z - 1)
    ),
    "threshold(z, 1, -1)": lambda z: np.where(z > 1, z, -1),
}
derivative = {
    "linear": lambda z: 1,
    "relu": lambda z: np.where(z > 0, 1, 0),
    "relu6": lambda z: np.where(z > 0, z < 6, 0),
    "leaky_relu": lambda z: np.where(z > 0, 1, 0.2),
    "leaky_relu(z, 0.5)": lambda z: np.where(z > 0, 1, 0.5),
    "relu(z, threshold=1)": lambda z: np.where(z > 1, 1, 0),
    "relu(z, 0.25, 4, 1)": lambda z: np.where(z > 1, z < 4, 0.25),
    "threshold(z, 1, -1)": lambda z: np.where(z > 1, 1, 0),
}

# %%
# Check it
# --------
# Quarters leave nothing to round. Values are equal to the bit, also where two
# pieces meet: a ``z`` on the threshold counts as below. So are derivatives but
# for these places, where none exists and backends differ.

np.testing.assert_equal((y.shape, y.dtype), ((1, 8, 49), np.float32))
np.testing.assert_equal(np.shape(kernels), (8, 1, 49))

y = dict(zip(activations, y[0]))
slope = {name: -kernel[0] for name, kernel in zip(activations, kernels)}
smooth = ~np.isin(z, [0, 1, 4, 6])  # where no two pieces meet
for name in activations:
    if name != "leaky_relu":
        np.testing.assert_array_equal(y[name], value[name](z), name)
    expected = np.float32(derivative[name](z)) * np.ones(z.size)
    np.testing.assert_array_equal(slope[name][smooth], expected[smooth], name)

# %%
# The default slope of ``leaky_relu``, 0.2, is no float32 number. It is rounded,
# and so is its product with ``z``: each by half of ``2**-23`` of itself at
# most. The loss adds up all outputs, and each addition may round like that.

eps, tiny = np.finfo("float32").eps, np.finfo("float32").tiny
expected = value["leaky_relu"](z)
error = np.abs(y["leaky_relu"] - expected)
rounding_unit = eps * np.abs(expected) + tiny
print(f"leaky_relu: {np.max(error / rounding_unit):.2f} rounding units")
np.testing.assert_array_less(error, 1.0 * rounding_unit)

outputs = np.stack([value[name](z) for name in activations])
limit = outputs.size / 2 * eps * np.sum(np.abs(outputs))
np.testing.assert_array_less(np.abs(loss - np.sum(outputs)), limit)

# %%
# The input is 1, so the step moves each bias as far as the kernel above it.

for bias, name in zip(biases, activations):
    np.testing.assert_array_equal(bias, np.float32(z) - slope[name], name)

# %%
# Break it
# --------
# ``threshold=1`` does not move the rectifier: what is kept is kept whole, and
# ``relu`` jumps from 0 to 1. ``negative_slope`` multiplies the distance from
# the threshold, and not ``z``. And the slope of a leak has many defaults: 0.2
# here, 0.3 in the layer ``LeakyReLU``, 0.01 in PyTorch.

mistaken = {
    "relu(z, threshold=1)": (z > 1, np.where(z > 1, z - 1, 0)),
    "relu(z, 0.25, 4, 1)": (z <= 1, np.where(z > 1, z.clip(max=4), 0.25 * z)),
    "leaky_relu": (z < 0, np.where(z > 0, z, 0.3 * z)),
}
for name, (where, wrong) in mistaken.items():
    print(f"{name}: {np.count_nonzero(where)} of {z.size} are wrong")
    np.testing.assert_array_equal(y[name] != wrong, where, name)
np.testing.assert_equal(keras.layers.LeakyReLU().negative_slope, 0.3)

# %%
# See it
# ------
# Where the value bends or jumps, the derivative goes to another level.

fig, axes = plt.subplots(
    2, 4, figsize=(6, 3.6), sharex=True, sharey=True, layout="constrained"
)
for axis, name in zip(axes.flat, activations):
    axis.plot(z, y[name])
    step = np.append(np.diff(slope[name]) != 0, False)
    axis.plot(z, np.where(step, np.nan, slope[name]), "--")
    axis.set_title(name, fontsize=8)
fig.suptitle("Rectifiers: value (solid) and derivative (dashed)")
plt.show()
