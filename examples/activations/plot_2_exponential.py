r"""
Exponential units level off below zero
======================================

``elu``, ``celu`` and ``selu`` are straight above zero and exponential below,
where they come to rest at a negative value. So their outputs can have a mean of
zero, and the two constants of ``selu`` are chosen for that. For negative
:math:`z`

.. math::

   \text{elu}(z) = \alpha \, (e^z - 1), \quad
   \text{celu}(z) = \alpha \, (e^{z / \alpha} - 1), \quad
   \text{selu}(z) = \lambda \, \alpha \, (e^z - 1),

and above zero the first two are :math:`z`, the third is :math:`\lambda z`.
"""

import math

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A string gives an activation with :math:`\alpha = 1`, a function any other.

activations = {
    "elu": "elu",
    "celu": "celu",
    "selu": "selu",
    "elu(z, alpha=2)": lambda z: keras.activations.elu(z, alpha=2),
    "celu(z, alpha=2)": lambda z: keras.activations.celu(z, alpha=2),
    "exponential": "exponential",
}

# %%
# Each goes into a ``Dense`` layer whose kernel is zero and whose bias holds the
# numbers ``z``: unit ``j`` returns ``f(z[j])``. The loss is the sum of all
# outputs. A step of SGD with learning rate 1 subtracts its gradient, which for
# ``kernel[0, j]`` is ``f'(z[j])`` times an input of 1. The kernel becomes minus
# the derivative, as training sees it. ``run_eagerly`` spares compiling, which
# takes longer than one step.

z = np.arange(-39, 26, 2) / 8  # (units,), exact in float32, and never 0
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
# The constants of ``selu`` follow from what it shall keep. Where :math:`z` is
# standard normal, with mean 0 and variance 1, :math:`\text{selu}(z)` shall have
# the same mean and variance: two equations for :math:`\alpha` and
# :math:`\lambda`, whose integrals ``math.erfc`` knows.


def mean_below_zero(k):
    """The mean of exp(k z) for standard normal z, counting only z < 0."""
    return math.exp(k * k / 2) * math.erfc(k / math.sqrt(2)) / 2


alpha = 1 / math.sqrt(2 * math.pi) / (1 / 2 - mean_below_zero(1))
square = mean_below_zero(2) - 2 * mean_below_zero(1) + 1 / 2
scale = 1 / math.sqrt(1 / 2 + alpha**2 * square)  # lambda

# %%
# The value of each, and its derivative. ``np.expm1(z)`` is ``exp(z) - 1``
# without the loss of digits near zero.

value = {
    "elu": lambda z: np.where(z > 0, z, np.expm1(z)),
    "celu": lambda z: np.where(z > 0, z, np.expm1(z)),
    "selu": lambda z: scale * np.where(z > 0, z, alpha * np.expm1(z)),
    "elu(z, alpha=2)": lambda z: np.where(z > 0, z, 2 * np.expm1(z)),
    "celu(z, alpha=2)": lambda z: np.where(z > 0, z, 2 * np.expm1(z / 2)),
    "exponential": lambda z: np.exp(z),
}
derivative = {
    "elu": lambda z: np.where(z > 0, 1, np.exp(z)),
    "celu": lambda z: np.where(z > 0, 1, np.exp(z)),
    "selu": lambda z: scale * np.where(z > 0, 1, alpha * np.exp(z)),
    "elu(z, alpha=2)": lambda z: np.where(z > 0, 1, 2 * np.exp(z)),
    "celu(z, alpha=2)": lambda z: np.where(z > 0, 1, np.exp(z / 2)),
    "exponential": lambda z: np.exp(z),
}

# %%
# Check it
# --------
# The limit is four rounding units, ``2**-23`` of the terms that are added up. A
# backend may compute ``exp(z) - 1``, and the derivative from it, as ``value +
# 1``: with the 1 among the terms, they can be larger than what they make.

np.testing.assert_equal((y.shape, y.dtype), ((1, 6, 33), np.float32))
np.testing.assert_equal(np.shape(kernels), (6, 1, 33))

computed = np.stack([y[0], -np.squeeze(kernels)])  # (2, activations, units)
expected = np.array(
    [[f[name](z) for name in activations] for f in (value, derivative)]
)
eps = np.finfo("float32").eps
rounding_unit = eps * (1 + np.abs(expected))
rounding_unit[:, -1] -= eps  # exponential adds no 1
error = np.abs(computed - expected)
for name, largest in zip(activations, np.max(error / rounding_unit, (0, 2))):
    print(f"{name:16} {largest:.2f} rounding units")

np.testing.assert_array_less(error, 4 * rounding_unit)

# The loss adds up all outputs, with half a unit for each. The input is 1, so
# each bias moved as far as its kernel.
limit = (y.size / 2 + 4) * np.sum(rounding_unit[0])
np.testing.assert_array_less(np.abs(loss - np.sum(expected[0])), limit)
np.testing.assert_array_equal(biases, np.float32(z) - computed[1])

# %%
# What selu keeps
# ---------------
# Behind ten layers, with kernels of the variance that ``lecun_normal`` has, a
# signal still has about the mean of 0 and the variance of 1 that it had in
# front. With ``elu`` or ``relu`` it fades.

print(f"alpha {alpha:.8f}, lambda {scale:.8f}")
ten_kernels = np.random.normal(0, 128**-0.5, size=(10, 128, 128))
variance = {"selu": [1], "elu": [1], "relu": [1]}
for name in variance:
    f = value.get(name, lambda z: np.maximum(z, 0))
    signal = np.random.normal(size=(128, 128))  # (batch, units)
    for kernel in ten_kernels:
        signal = f(signal @ kernel)
        variance[name].append(signal.var())
    print(f"{name:4} mean {signal.mean():.3f}, variance {signal.var():.3f}")

    if name == "selu":
        np.testing.assert_array_less(np.abs(variance[name][-1] - 1), 0.1)
        np.testing.assert_array_less(np.abs(signal.mean()), 0.1)
    else:
        np.testing.assert_array_less(variance[name][-1], 0.1)

# %%
# Break it
# --------
# ``alpha * exp(z) - 1``, as the documentation of ``elu`` can be read, is right
# for ``alpha=1`` only. ``celu`` is no other name for ``elu``, whose derivative
# jumps unless ``alpha=1``. And ``selu`` is steeper than 1 above zero.

mistaken = {
    "elu(z, alpha=2)": (z < 0, np.where(z > 0, z, 2 * np.exp(z) - 1)),
    "celu(z, alpha=2)": (z < 0, value["elu(z, alpha=2)"](z)),
    "selu": (z != 0, np.where(z > 0, z, alpha * np.expm1(z))),
}
of = dict(zip(activations, np.swapaxes(computed, 0, 1)))  # value, derivative
for name, (where, wrong) in mistaken.items():
    print(f"{name}: {np.count_nonzero(where)} of {z.size} are wrong")
    np.testing.assert_array_equal(~np.isclose(of[name][0], wrong), where)

# %%
# See it
# ------
# ``elu`` stands for ``celu`` too: with :math:`\alpha = 1` they are the same.

fig, axes = plt.subplots(2, 3, figsize=(6, 3.6), layout="constrained")
panels = ["elu", "selu", "exponential", "elu(z, alpha=2)", "celu(z, alpha=2)"]
for axis, name in zip(axes.flat, panels):
    for curve, style in zip(of[name], ["-", "--"]):
        axis.plot(z, curve, style)
    axis.set(title=name, xticks=[-4, 0, 2], ylim=(-2.5, 3.5))
axes[1, 2].plot(np.transpose(list(variance.values())), label=list(variance))
axes[1, 2].set(title="variance by layer")
axes[1, 2].legend()
fig.suptitle("Exponential units: value (solid) and derivative (dashed)")
plt.show()
