r"""
A constraint acts after the update
==================================

Each step of training first moves the weights as if there were no constraint,
then puts them back to where the constraint allows. Setting them does not. A
unit norm divides a column :math:`w` of the updated kernel by its length:

.. math:: w \leftarrow \frac{w}{\sqrt{\sum w^2} + 10^{-7}}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A layer for each constraint, of kernel and bias alike. All start from the same
# weights and learn the same targets, in one model.

constraints = {
    "no constraint": None,
    "NonNeg": keras.constraints.NonNeg(),
    "UnitNorm": keras.constraints.UnitNorm(),
    "MaxNorm": keras.constraints.MaxNorm(2.5),
    "MinMaxNorm": keras.constraints.MinMaxNorm(1.5, 2, rate=0.5),
}
x = np.array([[1, 0], [-1, 1], [0, -2], [1, 1]])  # (batch, features)
targets = np.array([[0, 1, -1, 2], [1, 0, 2, 0], [4, -1, 3, 1], [2, 2, 0, -3]])
kernel = np.array([[1, -3, 1, 2], [1, 2, -3, 0]])  # (features, units)
bias = np.array([1, -1, 2, -2])  # (units,)

inputs = keras.Input(shape=(2,))
layers = {
    name: keras.layers.Dense(
        4, kernel_constraint=constraint, bias_constraint=constraint
    )
    for name, constraint in constraints.items()
}
model = keras.Model(inputs, [layer(inputs) for layer in layers.values()])
model.compile(keras.optimizers.SGD(0.5), loss="mse")
for layer in layers.values():
    layer.set_weights([kernel, bias])

ys = model.predict(x, verbose=0)  # of each layer, (batch, units)
losses = model.train_on_batch(x, [targets] * 5)  # their sum, then each

# %%
# Compute it
# ----------
# A length is taken along the first axis: of a kernel that is one for each unit,
# of a bias it is one for all of it. The small number is Keras' ``epsilon`` and
# keeps a column of zeros what it is.


def non_neg(w):
    return np.maximum(w, 0)


def norm(w):
    """Of each column of (features, units), or of all of (units,)."""
    return np.sqrt(np.sum(w**2, axis=0))


def unit_norm(w):
    return w / (norm(w) + 1e-7)


def max_norm(w, largest):
    return unit_norm(w) * np.minimum(norm(w), largest)


def min_max_norm(w, smallest, largest, rate):
    """Goes a part of the way, the rate, to between two norms."""
    allowed = np.clip(norm(w), smallest, largest)
    return unit_norm(w) * (rate * allowed + (1 - rate) * norm(w))


y = x @ kernel + bias
slope = 2 * (y - targets) / y.size
loss = np.mean((y - targets) ** 2)
updated = kernel - 0.5 * x.T @ slope, bias - 0.5 * slope.sum(axis=0)
expected = {
    "no constraint": updated,
    "NonNeg": [non_neg(w) for w in updated],
    "UnitNorm": [unit_norm(w) for w in updated],
    "MaxNorm": [max_norm(w, 2.5) for w in updated],
    "MinMaxNorm": [min_max_norm(w, 1.5, 2, 0.5) for w in updated],
}

# %%
# Check it
# --------
# Before the step, no constraint has acted: all layers compute the same, from
# the weights that were set.

for name, layer_y in zip(layers, ys):
    np.testing.assert_equal(layer_y.shape, (4, 4), err_msg=name)
    np.testing.assert_equal(layer_y.dtype, np.float32, err_msg=name)
    np.testing.assert_array_equal(layer_y, y, err_msg=name)
np.testing.assert_array_equal(losses, [5 * loss] + 5 * [loss])

# %%
# After it, the weights are equal to the bit where nothing is rounded. Otherwise
# norm, sum, quotient and product are ten roundings at most, each of half an
# epsilon of the entry. The wrong axis, or a missing root, is far beyond that.


def flat(weights):
    """Kernel and bias, (2, 4) and (4,), in one row."""
    np.testing.assert_equal([w.shape for w in weights], [(2, 4), (4,)])
    return np.concatenate([w.ravel() for w in weights])


held = {name: flat(layer.get_weights()) for name, layer in layers.items()}
for name, w in held.items():
    computed = flat(expected[name])
    np.testing.assert_equal(w.dtype, np.float32)
    if name in ("no constraint", "NonNeg"):
        np.testing.assert_array_equal(w, computed, err_msg=name)
        continue
    unit = np.finfo("float32").eps * np.abs(computed)
    error = np.abs(w - computed)
    print(f"{name}: largest error {np.max(error / unit):.2f} epsilons")
    np.testing.assert_array_less(error, 5 * unit, err_msg=name)

# %%
# A constraint is a function, and can be called. With ``axis=1`` it takes the
# length of each row of the kernel, which is one for each feature. For weights
# as small as these, ``epsilon`` is large: the rows stay shorter than 1.

small = kernel / 2**20  # about a millionth
rows = keras.constraints.UnitNorm(axis=1)(small.astype("float32"))
rows = keras.ops.convert_to_numpy(rows)
computed = unit_norm(small.T).T
print("lengths of the rows:", norm(computed.T))
np.testing.assert_equal((rows.shape, rows.dtype), ((2, 4), np.float32))
unit = np.finfo("float32").eps * np.abs(computed) + np.finfo("float32").tiny
np.testing.assert_array_less(np.abs(rows - computed), 5 * unit)

# %%
# Break it
# --------
# Weights that are set stay as they are, even where the constraint would not
# have them. And whoever constrains before the update, instead of after it, lets
# the update undo it.

layers["NonNeg"].set_weights([kernel, bias])
stayed = layers["NonNeg"].get_weights()[0]
print("negative entries that were set:", np.count_nonzero(stayed < 0))
np.testing.assert_array_equal(stayed, kernel)

before = non_neg(kernel) + updated[0] - kernel
print("negative entries, constrained before:", np.count_nonzero(before < 0))
np.testing.assert_equal(np.count_nonzero(held["NonNeg"] < 0), 0)
np.testing.assert_equal(np.any(before < 0), True)

# %%
# See it
# ------
# From each dot, a unit's column after the update, to where it is put.

fig, axes = plt.subplots(2, 2, figsize=(5, 4), layout="constrained")
fig.suptitle("Where constraints put the columns of a kernel")
circles = {"UnitNorm": [1], "MaxNorm": [2.5], "MinMaxNorm": [1.5, 2]}
for axis, name in zip(axes.flat, list(layers)[1:]):
    ends = held[name][:8].reshape(2, 4)
    axis.plot(*np.stack([updated[0], ends], axis=1), color="C0")
    axis.plot(*updated[0], "o", color="C0")
    axis.plot(*ends, "s", color="C1")
    for radius in circles.get(name, []):
        axis.add_patch(plt.Circle((0, 0), radius, fill=False, color="gray"))
    axis.set(title=name, aspect="equal", xlim=(-4, 4), ylim=(-3, 3))
    axis.set(xticks=[0], yticks=[0])
plt.show()
