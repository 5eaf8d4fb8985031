r"""
Momentum repeats a part of the step before
==========================================

``SGD`` moves the weights against the gradient of the loss. With momentum it
also keeps a velocity, which begins at zero and remembers the steps before. For
weights :math:`w`, their gradient :math:`g`, learning rate :math:`\eta`,
momentum :math:`\mu` and velocity :math:`v`:

.. math::

   v \leftarrow \mu v - \eta g, \qquad
   w \leftarrow \begin{cases}
   w + v & \text{momentum} \\
   w + \mu v - \eta g & \text{Nesterov}
   \end{cases}

Without momentum, both are :math:`w \leftarrow w - \eta g`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Three models that differ in their optimizer alone take three steps each. All
# numbers are integers, or multiples of a power of two, which float32 holds:
# nothing is rounded. Before the last step the learning rate is halved. It is a
# variable of the optimizer, so an assignment is enough.

x = np.random.randint(-1, 2, size=(4, 3))  # (batch, features)
target = np.random.randint(-3, 4, size=(4, 2))  # (batch, units)
start = [np.array([[1, -2], [3, 0], [-1, 2]]), np.array([-1, 2])]  # W, b
learning_rates = [0.5, 0.5, 0.25]
options = {
    "plain": {},
    "momentum": {"momentum": 0.75},
    "Nesterov": {"momentum": 0.75, "nesterov": True},
}


def train_keras(arguments):
    """A list of (loss, kernel, bias, and their velocities if any), by step."""
    optimizer = keras.optimizers.SGD(learning_rates[0], **arguments)
    model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dense(2)])
    model.set_weights(start)
    model.compile(optimizer, loss="mean_squared_error")
    steps = []
    for learning_rate in learning_rates:
        optimizer.learning_rate = learning_rate
        loss = model.train_on_batch(x, target)
        state = map(keras.ops.convert_to_numpy, optimizer.variables)
        iterations, rate, *velocities = state
        np.testing.assert_equal(
            (iterations, rate), (len(steps) + 1, learning_rate)
        )
        steps.append((loss, *model.get_weights(), *velocities))
    return steps


keras_steps = {name: train_keras(options[name]) for name in options}

# %%
# Compute it
# ----------
# ``sgd`` takes one step with one array of weights, of any shape. The gradients
# are those of the first page of this section.


def sgd(weights, velocity, gradient, learning_rate, momentum=0, nesterov=False):
    """The new weights and the new velocity."""
    velocity = momentum * velocity - learning_rate * gradient
    if nesterov:
        return (
            weights + momentum * velocity - learning_rate * gradient,
            velocity,
        )
    return weights + velocity, velocity


def loss_and_gradients(x, target, kernel, bias):
    """The mean squared error, and its gradients, one for each weight."""
    residual = x @ kernel + bias - target  # (batch, units)
    slope = 2 * residual / residual.size
    return np.mean(residual**2), [x.T @ slope, np.sum(slope, axis=0)]


def train(x, target, weights, learning_rates, **arguments):
    """A list of (loss, kernel, bias, and their velocities), by step."""
    velocities, steps = [0, 0], []
    for learning_rate in learning_rates:
        loss, gradients = loss_and_gradients(x, target, *weights)
        moved = [
            sgd(*state, learning_rate, **arguments)
            for state in zip(weights, velocities, gradients)
        ]
        weights, velocities = zip(*moved)
        steps.append((loss, *weights, *velocities))
    return steps


# %%
# Check it
# --------
# Each loss, weight and velocity of each step is equal to the bit. The loss that
# ``train_on_batch`` returns is the one before the step.

for name, arguments in options.items():
    steps = train(x, target, start, learning_rates, **arguments)
    for number, (found, expected) in enumerate(zip(keras_steps[name], steps)):
        message = f"{name}, step {number + 1}"
        print(f"{message}: loss {found[0]:.5f}, bias {found[2]}")
        kept = 5 if arguments else 3  # plain descent keeps no velocity
        np.testing.assert_equal(len(found), kept, err_msg=message)
        np.testing.assert_equal(found[0], expected[0], err_msg=message)
        for array, wanted in zip(found[1:], expected[1:]):
            np.testing.assert_array_equal(array, wanted, err_msg=message)
            np.testing.assert_equal(array.dtype, np.float32)

# %%
# Break it
# --------
# Nesterov's method takes its gradient at a point ahead of the weights,
# :math:`w + \mu v`, and Keras is seen to take it at the weights. Both are true:
# the weights that Keras holds *are* the point ahead. This is the method as it
# is usually told.

behind, velocities = start, [0, 0]
for number, learning_rate in enumerate(learning_rates):
    ahead = [w + 0.75 * v for w, v in zip(behind, velocities)]
    _, gradients = loss_and_gradients(x, target, *ahead)
    moved = [
        sgd(*state, learning_rate, momentum=0.75)
        for state in zip(behind, velocities, gradients)
    ]
    behind, velocities = zip(*moved)
    _, kernel, bias, *_ = keras_steps["Nesterov"][number]
    np.testing.assert_array_equal(kernel, behind[0] + 0.75 * velocities[0])
    np.testing.assert_array_equal(bias, behind[1] + 0.75 * velocities[1])
    np.testing.assert_equal(np.array_equal(kernel, behind[0]), False)

# %%
# PyTorch's ``SGD`` multiplies by the learning rate later: :math:`v \leftarrow
# \mu v + g`, then :math:`w \leftarrow w - \eta v`. That is the same, until the
# learning rate changes: it then scales the steps of the past as well.

(kernel, bias), velocity = start, 0
for number, learning_rate in enumerate(learning_rates):
    _, gradients = loss_and_gradients(x, target, kernel, bias)
    velocity = 0.75 * velocity + gradients[1]
    pytorch = bias - learning_rate * velocity
    _, kernel, bias, *_ = keras_steps["momentum"][number]
    differ = np.count_nonzero(pytorch != bias)
    print(f"step {number + 1}: {differ} of 2 entries of the bias differ")
    np.testing.assert_equal(differ, [0, 0, 2][number])

# %%
# See it
# ------
# The functions above fit a line to three points. Its loss is a narrow valley:
# plain steps fall in and creep along; momentum swings from side to side, and
# gets further; Nesterov's form swings less.

points = np.array([[1], [2], [3]]), np.array([[1], [3], [2]])  # x, target
corner = np.array([[-1.0]]), np.array([3.0])  # W, b
slopes, offsets = np.linspace(-1.2, 0.8, 50), np.linspace(1.2, 3.6, 50)
losses = [
    [loss_and_gradients(*points, [[slope]], offset)[0] for slope in slopes]
    for offset in offsets
]
fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
axis.contour(slopes, offsets, losses, 12, colors="gray", linewidths=0.5)
for (name, arguments), marker in zip(options.items(), "os^"):
    steps = train(*points, corner, [0.06] * 20, **arguments)
    path = [(w.item(), b.item()) for _, w, b, *_ in [(0, *corner), *steps]]
    axis.plot(*zip(*path), f"{marker}-", linewidth=1, markersize=4, label=name)
axis.set(title="20 steps each, down a valley of the loss")
axis.set(xlabel="kernel", ylabel="bias")
axis.legend()
plt.show()
