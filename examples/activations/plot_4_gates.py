r"""
Gates let a share of their input through
========================================

``silu``, ``gelu``, ``mish`` and ``hard_silu`` multiply their input by a number
between 0 and 1 that grows with it. So they are near ``relu`` far from zero, dip
below zero on the left of it, and have a derivative by the product rule:

.. math::

   f(z) = z \, g(z), \qquad f'(z) = g(z) + z \, g'(z)
"""

import math

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# ``gelu`` has a parameter, ``approximate``, which is ``False`` by default.
# ``swish`` and ``hard_swish`` are other names for two of the others.

activations = {
    "silu": "silu",
    "gelu": "gelu",
    "gelu, approximate": lambda z: keras.activations.gelu(z, approximate=True),
    "mish": "mish",
    "hard_silu": "hard_silu",
}

for name, alias in [("silu", "swish"), ("hard_silu", "hard_swish")]:
    same = keras.activations.get(alias) is keras.activations.get(name)
    np.testing.assert_equal(same, True, alias)

# %%
# Each goes into a ``Dense`` layer whose kernel is zero and whose bias holds the
# numbers ``z``: unit ``j`` returns ``f(z[j])``. The loss is the sum of all
# outputs. A step of SGD with learning rate 1 subtracts its gradient, which for
# ``kernel[0, j]`` is ``f'(z[j])`` times an input of 1. The kernel becomes minus
# the derivative, as training sees it. ``run_eagerly`` spares compiling, which
# takes longer than one step.

z = np.arange(-39, 32, 2) / 8  # (units,), exact in float32, and never 3
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
# Each gate and its derivative, and then the product rule for all. The gate of
# ``gelu`` is the probability that a standard normal number is below ``z``, for
# which the standard library has the error function.

erf = np.vectorize(math.erf)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cubic(z):
    return np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)


gate = {
    "silu": sigmoid,
    "gelu": lambda z: (1 + erf(z / np.sqrt(2))) / 2,
    "gelu, approximate": lambda z: (1 + np.tanh(cubic(z))) / 2,
    "mish": lambda z: np.tanh(np.log1p(np.exp(z))),
    "hard_silu": lambda z: np.clip(z / 6 + 1 / 2, 0, 1),
}
gate_slope = {
    "silu": lambda z: sigmoid(z) * sigmoid(-z),
    "gelu": lambda z: np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi),
    "gelu, approximate": lambda z: (
        (1 + 3 * 0.044715 * z**2) / np.sqrt(2 * np.pi) / np.cosh(cubic(z)) ** 2
    ),
    "mish": lambda z: sigmoid(z) / np.cosh(np.log1p(np.exp(z))) ** 2,
    "hard_silu": lambda z: np.where(np.abs(z) < 3, 1 / 6, 0),
}
gates = np.stack([gate[name](z) for name in activations])
slopes = np.stack([gate_slope[name](z) for name in activations])
expected = np.stack([z * gates, gates + z * slopes])  # values, derivatives

# %%
# Check it
# --------
# A gate such as ``(1 + erf) / 2`` is known to ``2**-23`` of the 1 in it, even
# where it is much smaller itself. So a rounding unit is ``2**-23`` of ``z`` for
# a value, of 1 and ``z`` for a derivative. The approximate ``gelu`` has a cubic
# inside, whose slope multiplies that. The limit is four units.

np.testing.assert_equal((y.shape, y.dtype), ((1, 5, 36), np.float32))
np.testing.assert_equal(np.shape(kernels), (5, 1, 36))

computed = np.stack([y[0], -np.squeeze(kernels)])  # (2, activations, units)
eps = np.finfo("float32").eps
rounding_unit = eps * np.abs(z) * np.ones(expected.shape)
rounding_unit[1] += eps
rounding_unit[1, 2] *= 1 + z**2 / 8
error = np.abs(computed - expected)
for name, largest in zip(activations, np.max(error / rounding_unit, (0, 2))):
    print(f"{name:17} {largest:.2f} rounding units")

np.testing.assert_array_less(error, 4 * rounding_unit)

# The loss adds up all outputs, with half a unit for each. The input is 1, so
# each bias moved as far as its kernel.
limit = (y.size / 2 + 4) * np.sum(rounding_unit[0])
np.testing.assert_array_less(np.abs(loss - np.sum(expected[0])), limit)
np.testing.assert_array_equal(biases, np.float32(z) - computed[1])

# %%
# Break it
# --------
# The approximate ``gelu`` is not the exact one. On both sides of zero it is
# lower up to about 1.88 and higher beyond, by so little that a model ported
# with the wrong one passes a careless look. The trap is ``keras.ops.gelu``,
# where ``approximate`` is ``True`` by default.

confusion = computed[0, 2] - computed[0, 1]
print(f"approximate - exact: {confusion.min():.6f} to {confusion.max():.6f}")
np.testing.assert_array_equal(confusion > 0, np.abs(z) > 1.88)
np.testing.assert_array_equal(confusion < 0, np.abs(z) < 1.88)

trap = keras.ops.convert_to_numpy(keras.ops.gelu(z.astype("float32")))
np.testing.assert_array_less(np.abs(trap - expected[0, 2]), 4 * eps * np.abs(z))

# %%
# Nor is the gate the derivative. This one leaves the range from 0 to 1, at both
# ends.

for name, slope in zip(activations, computed[1]):
    print(f"{name:17} derivative from {slope.min():.2f} to {slope.max():.2f}")
    np.testing.assert_equal((slope.min() < 0, slope.max() > 1), (True, True))

# %%
# See it
# ------

fig, axes = plt.subplots(2, 3, figsize=(6, 3.6), layout="constrained")
for axis, name, curves in zip(axes.flat, activations, computed.swapaxes(0, 1)):
    axis.plot(z, curves[0])
    axis.plot(z, curves[1], "--")
    axis.set(title=name, xticks=[-4, 0, 3], ylim=(-0.6, 3))
axes[1, 2].plot(z, 1e4 * confusion, color="C2")
axes[1, 2].set(title="approximate - exact\ntimes 10,000")
fig.suptitle("Gates: value (solid) and derivative (dashed)")
plt.show()
