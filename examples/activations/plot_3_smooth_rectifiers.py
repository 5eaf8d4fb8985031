r"""
Smooth rectifiers miss relu by most at zero
===========================================

``softplus``, ``squareplus`` and ``sparse_plus`` round off the corner of
``relu``. They never lie below it, are as far from it on both sides of zero, and
differ in how fast that distance goes away:

.. math::

   \begin{aligned}
   \text{softplus}(z) &= \ln(1 + e^z) \\
   \text{squareplus}(z) &= \frac{z + \sqrt{z^2 + b}}{2} \\
   \text{sparse\_plus}(z) &= \frac{(z + 1)^2}{4}
   \quad \text{for } -1 < z < 1, \text{ and relu outside}
   \end{aligned}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# ``squareplus`` has a parameter: ``b`` is 4 by default.

activations = {
    "softplus": "softplus",
    "squareplus": "squareplus",
    "squareplus(z, b=1)": lambda z: keras.activations.squareplus(z, b=1),
    "sparse_plus": "sparse_plus",
}

# %%
# Each goes into a ``Dense`` layer whose kernel is zero and whose bias holds the
# numbers ``z``: unit ``j`` returns ``f(z[j])``. The loss is the sum of all
# outputs. A step of SGD with learning rate 1 subtracts its gradient, which for
# ``kernel[0, j]`` is ``f'(z[j])`` times an input of 1. The kernel becomes minus
# the derivative, as training sees it. ``run_eagerly`` spares compiling, which
# takes longer than one step.

z = np.arange(-48, 41) / 8  # (units,), exact in float32
x = np.ones((1, 1))  # (batch, features)
inputs = keras.Input(shape=(1,))
layers = [keras.layers.Dense(z.size, f) for f in activations.values()]
outputs = keras.ops.stack([layer(inputs) for layer in layers], axis=1)
model = keras.Model(inputs, outputs)
sgd = keras.optimizers.SGD(learning_rate=1.0)
model.compile(sgd, lambda target, y: keras.ops.sum(y), run_eagerly=True)
for layer in layers:
    layer.set_weights([np.zeros((1, z.size)), z])

y = model.predict(x, verbose=0)  # (batch, activations, units)
loss = model.train_on_batch(x, y)  # a target is required, and not used
kernels, biases = zip(*[layer.get_weights() for layer in layers])

# %%
# Compute it
# ----------
# The value of each, its derivative, and its distance from ``relu``.

value = {
    "softplus": lambda z: np.log1p(np.exp(z)),
    "squareplus": lambda z: (z + np.sqrt(z**2 + 4)) / 2,
    "squareplus(z, b=1)": lambda z: (z + np.sqrt(z**2 + 1)) / 2,
    "sparse_plus": lambda z: np.where(
        z < 1, np.clip(z + 1, 0, None) ** 2 / 4, z
    ),
}
derivative = {
    "softplus": lambda z: 1 / (1 + np.exp(-z)),
    "squareplus": lambda z: (1 + z / np.sqrt(z**2 + 4)) / 2,
    "squareplus(z, b=1)": lambda z: (1 + z / np.sqrt(z**2 + 1)) / 2,
    "sparse_plus": lambda z: np.clip((z + 1) / 2, 0, 1),
}
distance = {
    "softplus": lambda z: np.log1p(np.exp(-np.abs(z))),
    "squareplus": lambda z: 2 / (np.abs(z) + np.sqrt(z**2 + 4)),
    "squareplus(z, b=1)": lambda z: 0.5 / (np.abs(z) + np.sqrt(z**2 + 1)),
    "sparse_plus": lambda z: np.clip(1 - np.abs(z), 0, None) ** 2 / 4,
}

# %%
# Check it
# --------
# The limit is four rounding units, ``2**-23`` of the result. ``squareplus``
# adds ``z`` to a root and its derivative adds a quotient to 1, which nearly
# cancel left of zero and leave their rounding behind: their terms count too.

np.testing.assert_equal((y.shape, y.dtype), ((1, 4, 89), np.float32))
np.testing.assert_equal(np.shape(kernels), (4, 1, 89))

computed = np.stack([y[0], -np.squeeze(kernels)])  # (2, activations, units)
expected = np.array(
    [[f[name](z) for name in activations] for f in (value, derivative)]
)
eps, tiny = np.finfo("float32").eps, np.finfo("float32").tiny
rounding_unit = eps * expected + tiny
rounding_unit[0, 1:3] += eps * np.abs(z)
rounding_unit[1, 1:3] += eps
error = np.abs(computed - expected)
for name, largest in zip(activations, np.max(error / rounding_unit, (0, 2))):
    print(f"{name:18} {largest:.2f} rounding units")

np.testing.assert_array_less(error, 4 * rounding_unit)

# The loss adds up all outputs, with half a unit for each. The input is 1, so
# each bias moved as far as its kernel.
limit = (y.size / 2 + 4) * np.sum(rounding_unit[0])
np.testing.assert_array_less(np.abs(loss - np.sum(expected[0])), limit)
np.testing.assert_array_equal(biases, np.float32(z) - computed[1])

# %%
# How far from relu
# -----------------
# At zero the distance is largest. Then that of ``softplus`` falls
# exponentially, that of ``squareplus`` like ``b / (4 * abs(z))``, and that of
# ``sparse_plus`` to nothing at all.

above = computed[0] - np.maximum(z, 0)  # (activations, units)
difference = np.abs(above - [distance[name](z) for name in activations])
np.testing.assert_array_less(difference, 4 * rounding_unit[0])
np.testing.assert_array_equal(z[np.argmax(above, axis=1)], np.zeros(4))
for name, row in zip(activations, above):
    print(name, *(f"{row[z == place].item():.4f}" for place in (0, 1, 4)))

# %%
# Break it
# --------
# Typed as it is defined, ``softplus`` in float32 is infinite from 89 on, and
# zero below -17. Keras is right at both ends. The formula to copy is ``relu``
# plus the distance, of which nothing can overflow.

far = 32 * z
for layer in layers:
    layer.set_weights([np.zeros((1, z.size)), far])
y = model.predict(x, verbose=0)[0]

expected = [np.maximum(far, 0) + distance[name](far) for name in activations]
rounding_unit = eps * np.array(expected) + tiny
rounding_unit[1:3] += eps * np.abs(far)
np.testing.assert_array_less(np.abs(y - expected), 4 * rounding_unit)

with np.errstate(over="ignore"):
    typed = np.log(1 + np.exp(far.astype("float32")))
print("infinite:", np.sum(np.isinf(typed)), "zero:", np.sum(typed == 0))
np.testing.assert_array_equal(np.isinf(typed), far > 89)
np.testing.assert_array_equal(typed == 0, far < -17)
np.testing.assert_equal(np.all(y[0][far > -87] > 0), True)

# %%
# See it
# ------
# On a logarithmic scale an exponential is a straight line.

names = [*activations, "distance"]
fig, axes = plt.subplot_mosaic(
    [names[:3], names[3:] + names[4:]], figsize=(6, 3.6), layout="constrained"
)
for row, name in enumerate(activations):
    axes[name].plot(z, computed[0, row])
    axes[name].plot(z, computed[1, row], "--")
    axes[name].set(title=name, ylim=(-0.5, 5))
    axes["distance"].semilogy(z, above[row], label=name)
axes["distance"].set(title="distance from relu", ylim=(1e-3, 2))
axes["distance"].set(xlim=(-6, 14), xticks=[-5, 0, 5])
axes["distance"].legend(loc="right")
fig.suptitle("Smooth rectifiers: value (solid) and derivative (dashed)")
plt.show()
