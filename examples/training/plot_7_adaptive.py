r"""
RMSprop and Adam divide by the size of past gradients
=====================================================

An adaptive optimizer gives each weight a step of its own, scaled by the
gradients which that weight has seen. Two details are easily got wrong: where
the small :math:`\epsilon` stands, and that Adam corrects its averages, which
begin at zero. With gradient :math:`g`, learning rate :math:`\eta` and steps
:math:`t = 1, 2, \ldots`, Keras computes

.. math::

   \begin{aligned}
   \text{RMSprop:} \quad & v \leftarrow \rho v + (1 - \rho) g^2, \quad
   w \leftarrow w - \eta \frac{g}{\sqrt{v + \epsilon}} \\
   \text{Adam:} \quad & m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad
   v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \\
   & w \leftarrow w - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}
   \cdot \frac{m}{\sqrt{v} + \epsilon}
   \end{aligned}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Three steps of each, on a batch of integers of its own. Before each step the
# weights are set to integers again, which leaves the gradient no rounding
# error. What goes on from step to step is in the optimizer's variables: the
# counter of steps, the learning rate, and the averages of each array of weights
# in turn. The rates are multiples of a power of two: the averages are exact in
# float32 then. Epsilon is large, or its place would hardly matter.

x = np.random.randint(-1, 2, size=(3, 4, 3))  # (steps, batch, features)
target = np.random.randint(-3, 4, size=(3, 4, 2))  # (steps, batch, units)
start = [np.array([[1, -2], [3, -3], [-1, 2]]), np.array([-1, 2])]  # W, b
rates = {"learning_rate": 0.125, "epsilon": 0.0625}
optimizers = {
    "RMSprop": keras.optimizers.RMSprop(rho=0.75, **rates),
    "Adam": keras.optimizers.Adam(beta_1=0.5, beta_2=0.75, **rates),
}
keras_steps = {}  # by name, lists of (loss, weights, optimizer's variables)
for name, optimizer in optimizers.items():
    model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dense(2)])
    model.compile(optimizer, loss="mean_squared_error")
    keras_steps[name] = []
    for batch in zip(x, target):
        model.set_weights(start)
        loss = model.train_on_batch(*batch)
        state = [keras.ops.convert_to_numpy(v) for v in optimizer.variables]
        keras_steps[name].append((loss, model.get_weights(), state))

# %%
# Compute it
# ----------
# Step t with one array of weights, of any shape: its new values, and the new
# averages.


def rmsprop(weights, gradient, averages, t, learning_rate, epsilon, rho):
    (velocity,) = averages
    velocity = rho * velocity + (1 - rho) * gradient**2
    step = learning_rate * gradient / np.sqrt(velocity + epsilon)
    return weights - step, [velocity]


def adam(weights, gradient, averages, t, learning_rate, epsilon, betas):
    momentum, velocity = averages
    momentum = betas[0] * momentum + (1 - betas[0]) * gradient
    velocity = betas[1] * velocity + (1 - betas[1]) * gradient**2
    correction = np.sqrt(1 - betas[1] ** t) / (1 - betas[0] ** t)
    step = learning_rate * correction * momentum / (np.sqrt(velocity) + epsilon)
    return weights - step, [momentum, velocity]


def loss_and_gradients(x, target, kernel, bias):
    """The mean squared error, and its gradients, one for each weight."""
    residual = x @ kernel + bias - target  # (batch, units)
    slope = 2 * residual / residual.size
    return np.mean(residual**2), [x.T @ slope, np.sum(slope, axis=0)]


def train(function, averages, **rates):
    """A list of (loss, weights, averages of the kernel and of the bias)."""
    averages, steps = [averages, averages], []
    for t, batch in enumerate(zip(x, target), 1):
        loss, gradients = loss_and_gradients(*batch, *start)
        moved = [
            function(*state, t, **rates)
            for state in zip(start, gradients, averages)
        ]
        weights, averages = zip(*moved)
        steps.append((loss, weights, averages[0] + averages[1]))
    return steps


numpy_steps = {
    "RMSprop": train(rmsprop, [0], **rates, rho=0.75),
    "Adam": train(adam, [0, 0], **rates, betas=(0.5, 0.75)),
}

# %%
# Check it
# --------
# Losses and averages are equal to the bit. A step is rounded six times at most,
# in its roots, products and quotients, and then the new weight is: with
# :math:`\varepsilon/2` for each, the limit is :math:`\varepsilon (3
# \left|\text{step}\right| + \left|w\right| / 2)`.


def limit(weights, start):
    size = 3 * np.abs(weights - start) + np.abs(weights) / 2
    return np.finfo("float32").eps * size


for name, steps in numpy_steps.items():
    largest = 0
    for t, (loss, weights, averages) in enumerate(steps, 1):
        message = f"{name}, step {t}"
        found_loss, found_weights, state = keras_steps[name][t - 1]
        np.testing.assert_equal(found_loss, loss, err_msg=message)
        np.testing.assert_equal(state[:2], [t, 0.125])  # counter, learning rate
        np.testing.assert_equal(len(state), 2 + len(averages))
        for found, average in zip(state[2:], averages):
            np.testing.assert_array_equal(found, average, err_msg=message)
        for old, new, found in zip(start, weights, found_weights):
            np.testing.assert_equal(found.shape, old.shape)
            np.testing.assert_equal(found.dtype, np.float32)
            error = np.abs(found - new)
            np.testing.assert_array_less(error, limit(found, old), message)
            largest = max(largest, np.max(error / limit(found, old)))
    print(f"{name}: averages exact, error {largest:.2f} of its limit")

# %%
# Break it
# --------
# Three ways to get Adam's second step wrong, from the right averages. The
# `paper`_'s Algorithm 1 corrects the velocity before it takes the root and adds
# epsilon; Keras follows the shorter form given below it.
#
# .. _paper: https://arxiv.org/abs/1412.6980

momentum, velocity = keras_steps["Adam"][1][2][2:4]  # of the kernel
correction = np.sqrt(1 - 0.75**2) / (1 - 0.5**2)
corrected = momentum / (1 - 0.5**2), velocity / (1 - 0.75**2)
mistakes = {
    "no correction": momentum / (np.sqrt(velocity) + 0.0625),
    "epsilon in the root": correction * momentum / np.sqrt(velocity + 0.0625),
    "epsilon of Algorithm 1": corrected[0] / (np.sqrt(corrected[1]) + 0.0625),
}
for mistake, ratio in mistakes.items():
    wrong = start[0] - 0.125 * ratio
    error = np.abs(keras_steps["Adam"][1][1][0] - wrong)
    differ = error > 100 * limit(wrong, start[0])
    print(
        f"{mistake}: {np.count_nonzero(differ)} of 6 kernel entries are wrong"
    )
    np.testing.assert_array_equal(differ, momentum != 0)

# %%
# See it
# ------
# The first step that these functions make with Keras' default rates. Adam's is
# nearly the learning rate, for all gradients above ``1e-4``. RMSprop's is three
# times that for large ones, as its average is not corrected. For small ones it
# shrinks with them, like that of SGD: inside the root, the default epsilon of
# ``1e-7`` is as large as a gradient of ``3e-4``, squared.

gradient = np.geomspace(1e-9, 1e3, 49)
default = {"t": 1, "learning_rate": 0.001, "epsilon": 1e-7}
moved = {
    "Adam": adam(0, gradient, [0, 0], **default, betas=(0.9, 0.999))[0],
    "RMSprop": rmsprop(0, gradient, [0], **default, rho=0.9)[0],
    "SGD": -0.001 * gradient,
}
rates = {name: -step / 0.001 for name, step in moved.items()}
np.testing.assert_array_less(0.9, rates["Adam"][gradient > 1e-4])
np.testing.assert_array_less(3, rates["RMSprop"][gradient > 1e-2])
ratio = rates["RMSprop"] / rates["SGD"]
np.testing.assert_array_less(3000, ratio[gradient < 1e-4])

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
for (name, weights), style in zip(moved.items(), ("-", "--", ":")):
    axis.loglog(gradient, -weights, style, label=name)
axis.set(title="The first step against the size of the gradient")
axis.set(xlabel="gradient", ylabel="step, at learning rate 0.001")
axis.set(ylim=(1e-9, 1))
axis.legend()
plt.show()
