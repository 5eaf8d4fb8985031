r"""
What is frozen does not move
============================

Training changes only the weights that are trainable, while the gradient still
passes through the others to the layers before them. A step of gradient descent
with the learning rate :math:`\eta` is

.. math::

   W \leftarrow
   \begin{cases}
   W - \eta \, \partial L / \partial W & \text{if } W \text{ is trainable} \\
   W & \text{otherwise}
   \end{cases}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Two layers, of which the first is made with ``trainable=False``.

x = np.array([[-2, 1], [1, -2], [0, -1], [0, 1]])  # (batch, features)
targets = np.array([[5], [1], [-2], [-5]])  # (batch, 1)

inputs = keras.Input(shape=(2,))
hidden = keras.layers.Dense(2, trainable=False, name="hidden")
output = keras.layers.Dense(1, name="output")
model = keras.Model(inputs, output(hidden(inputs)))

for weight in model.weights:
    print(f"{weight.path:14} {weight.shape!s:7} trainable: {weight.trainable}")

# %%
# Compute it
# ----------
# The loss is the mean of the squared errors. Its slope with respect to the
# result of a layer gives the gradients of that layer's weights.


def dense(x, kernel, bias):
    """A Dense layer: (batch, features) to (batch, units)."""
    return x @ kernel + bias


def step(x, kernel, bias, slope, learning_rate=1 / 16):
    """The weights after a step, for a slope of shape (batch, units)."""
    moved_kernel = kernel - learning_rate * x.T @ slope
    return moved_kernel, bias - learning_rate * slope.sum(axis=0)


first = np.array([[1, 2], [1, 1]]), np.array([-1, 1])  # of the hidden layer
second = np.array([[-3], [2]]), np.array([2])  # of the output

hidden_y = dense(x, *first)  # (batch, 2)
error = dense(hidden_y, *second) - targets  # (batch, 1)
second_moved = step(hidden_y, *second, 2 * error / error.size)

error_after = dense(hidden_y, *second_moved) - targets
slope = 2 * error_after / error_after.size
first_moved = step(x, *first, slope @ second_moved[0].T)

# %%
# Check it
# --------
# The lists of a model say what will move, and what will not.


def check_lists(frozen, moving):
    """The lists of the model hold the weights of these paths."""
    for name, expected in {
        "non_trainable_weights": frozen,
        "non_trainable_variables": frozen,
        "trainable_weights": moving,
        "trainable_variables": moving,
    }.items():
        paths = [weight.path for weight in getattr(model, name)]
        np.testing.assert_equal(paths, expected, name)


names = ["hidden/kernel", "hidden/bias", "output/kernel", "output/bias"]
np.testing.assert_equal((hidden.trainable, output.trainable), (False, True))
check_lists(frozen=names[:2], moving=names[2:])

# %%
# Small integers, and a learning rate that is a power of two, make losses and
# weights equal to the bit. The first step leaves the hidden layer alone.


def check_weights(*expected):
    """The kernel and bias of the hidden layer, then those of the output."""
    held = model.get_weights()
    np.testing.assert_equal(len(held), len(expected))
    for weight, array in zip(held, expected):
        np.testing.assert_equal(weight.dtype, np.float32)
        np.testing.assert_array_equal(weight, array)


def train():
    """Take a step; return the loss before it."""
    model.compile(keras.optimizers.SGD(1 / 16), loss="mse")
    return np.array(model.train_on_batch(x, targets))


model.set_weights([*first, *second])
between = keras.ops.convert_to_numpy(hidden(x.astype("float32")))
np.testing.assert_equal((between.shape, between.dtype), ((4, 2), np.float32))
np.testing.assert_array_equal(between, hidden_y)
y = model.predict(x, verbose=0)
np.testing.assert_equal((y.shape, y.dtype), ((4, 1), np.float32))
np.testing.assert_array_equal(y, targets + error)

np.testing.assert_array_equal(train(), np.mean(error**2))
check_weights(*first, *second_moved)

# %%
# Now the two change places. That takes another ``compile``, without which a
# model that was trained before may go on as it was, or stop with an error. The
# output stays as it is, and the hidden layer gets its gradient through it.

hidden.trainable, output.trainable = True, False
check_lists(frozen=names[2:], moving=names[:2])

np.testing.assert_array_equal(train(), np.mean(error_after**2))
check_weights(*first_moved, *second_moved)
losses = np.mean(error**2), np.mean(error_after**2)
print("losses before the steps:", *losses)

# %%
# Break it
# --------
# Whoever sets ``trainable`` on the wrong layer gets another step, and so may
# whoever sets it after training and does not compile again: the hidden layer
# moves, if it is left trainable.

would_be = step(x, *first, 2 * error / error.size @ second[0].T)
for stayed, moved in zip(first, would_be):
    print("moved:", np.count_nonzero(moved != stayed), "weights")
    np.testing.assert_equal(np.count_nonzero(moved == stayed), 0)

hidden.trainable = output.trainable = True
model.set_weights([*first, *second])
np.testing.assert_array_equal(train(), np.mean(error**2))
check_weights(*would_be, *second_moved)

# %%
# See it
# ------


def change(before, after):
    """By how much a layer's weights have moved, in one row."""
    return np.concatenate([(b - a).ravel() for a, b in zip(before, after)])


moves = {
    "first step": [*np.zeros(6), *change(second, second_moved)],
    "second step": [*change(first, first_moved), *np.zeros(3)],
}
fig, axes = plt.subplots(
    2, 1, figsize=(5.6, 3.6), sharex=True, sharey=True, layout="constrained"
)
fig.suptitle("What is frozen does not move")
for axis, (name, move), frozen in zip(axes, moves.items(), ((0, 6), (6, 9))):
    axis.bar(np.arange(9) + 0.5, move, color="C1")
    axis.axvspan(*frozen, color="C0", alpha=0.2)
    axis.axhline(0, color="gray", linewidth=0.8)
    axis.set(ylabel=name, ylim=(-1.3, 1.3), xlim=(0, 9), yticks=[-1, 0, 1])
axis.set_xticks([2, 5, 7, 8.5], names, rotation=15)
plt.show()
