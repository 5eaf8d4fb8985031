r"""
NonNeg, UnitNorm, MaxNorm, MinMaxNorm: constraints after the update
===================================================================

Each step of training first moves the weights as if they were free. Then the
constraint puts them back. Setting the weights by hand does not call it.

For each column :math:`w` of a kernel:

.. math::

   \text{NonNeg} &= \max(0, w) \\
   \text{UnitNorm} &= \frac{w}{\|w\| + 10^{-7}} \\
   \text{MaxNorm} &= \frac{\min(\|w\|, \text{max})}{\|w\| + 10^{-7}} \, w
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Five layers start from the same weights and learn the same targets.

of = keras.constraints
limits = [None, of.NonNeg(), of.UnitNorm(), of.MaxNorm(2.5)]
limits.append(of.MinMaxNorm(1.5, 2, rate=0.5))
x = np.array([[1, 0], [-1, 1], [0, -2], [1, 1]])  # (batch, features)
targets = np.array([[0, 1, -1, 2], [1, 0, 2, 0], [4, -1, 3, 1], [2, 2, 0, -3]])
kernel = np.array([[1, -3, 1, 2], [1, 2, -3, 0]])  # (features, units)
bias = np.array([1, -1, 2, -2])  # (units,)

inputs = keras.Input(shape=(2,))
layers = [
    keras.layers.Dense(4, kernel_constraint=c, bias_constraint=c)
    for c in limits
]
model = keras.Model(inputs, [layer(inputs) for layer in layers])
model.compile(keras.optimizers.SGD(0.5), loss="mse")
model.set_weights([kernel, bias] * 5)

# %%
# Compute it
# ----------


def non_neg(w):
    """Set negative entries to 0 (Keras documentation, NonNeg)."""
    return np.maximum(w, 0)


def min_max_norm(w, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
    """Bring norms along an axis of w between two values (Keras, MinMaxNorm).

    The rate tells which part of the way they go. 1e-7 is
    keras.config.epsilon().
    """
    norm = np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))
    wanted = rate * np.clip(norm, min_value, max_value) + (1 - rate) * norm
    return w * (wanted / (norm + 1e-7))


def max_norm(w, max_value=2, axis=0):
    """Shorten w where its norm along an axis is larger (Keras, MaxNorm)."""
    return min_max_norm(w, 0, max_value, axis=axis)


def unit_norm(w, axis=0):
    """Make the norm of w along an axis 1 (Keras, UnitNorm). Zeros stay."""
    return w / (np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True)) + 1e-7)


# %%
# Check it
# --------
# Before the step, no constraint has acted. After it, each has, on both weights.

y = x @ kernel + bias
losses = model.train_on_batch(x, [targets] * 5)  # the sum, then each
np.testing.assert_array_equal(losses[1:], [np.mean((y - targets) ** 2)] * 5)
slope = 2 * (y - targets) / y.size
updated = [kernel - 0.5 * x.T @ slope, bias - 0.5 * slope.sum(axis=0)]
tolerance = 1000 * np.finfo("float32").eps
for i, old in enumerate(updated):
    free, *constrained = [layer.get_weights()[i] for layer in layers]
    np.testing.assert_array_equal(free, np.float32(old), strict=True)
    expected = [non_neg(old), unit_norm(old), max_norm(old, 2.5)]
    expected.append(min_max_norm(old, 1.5, 2, 0.5))
    np.testing.assert_allclose(constrained, expected, tolerance, tolerance)

# %%
# With ``axis=1`` the norm is that of a row. Here the small number counts.

small = np.float32(kernel / 2**20)
rows = keras.ops.convert_to_numpy(keras.constraints.UnitNorm(axis=1)(small))
np.testing.assert_allclose(rows, unit_norm(small, axis=1), rtol=tolerance)
longer = keras.constraints.MinMaxNorm(1, 2, axis=1)(small)
expected = min_max_norm(small, 1, 2, axis=1)
np.testing.assert_allclose(longer, expected, rtol=tolerance)

# %%
# Break it
# --------
# Does ``set_weights`` constrain, or can the constraint come before the update?

layers[1].set_weights([kernel, bias])
assert np.any(layers[1].get_weights()[0] != non_neg(kernel))
assert np.any(non_neg(kernel) + updated[0] - kernel < 0)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(*updated[0], "o", markersize=10, label="after the update")
axis.plot(*max_norm(updated[0]), "s", label="after MaxNorm(2)")
axis.add_patch(plt.Circle((0, 0), 2, fill=False, color="C2", label="norm 2"))
axis.set(title="Columns of a kernel", aspect="equal", xlim=(-4, 4))
axis.set(xlabel="first feature", ylabel="second feature", ylim=(-3, 3))
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
