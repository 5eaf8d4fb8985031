r"""
A hundred steps in NumPy and in Keras
=====================================

The same training, run in Keras and in NumPy beside it, does not stay the same:
Keras rounds to float32, and each step starts from the errors of those before.
How far they part is drawn below, and proves nothing. What can be checked is
each single step: from the weights and averages that *Keras* had before it,
NumPy finds those that Keras has after it.

.. math:: (w, v)_{t} = \text{optimizer}\left((w, v)_{t-1}, \; g(w_{t-1}), \;
   t\right), \qquad t = 1, \ldots, 100
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Three optimizers train the same layer on the same batch. After each step, all
# that an optimizer knows is kept: the weights, and its averages of each.

x = np.random.randint(-2, 3, size=(16, 4))  # (batch, features)
target = np.random.randint(-8, 9, size=(16, 2))  # (batch, units)
kernel, bias = np.arange(8).reshape(4, 2) - 4, np.array([-3, 5])
optimizers = {
    "SGD, Nesterov": keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "RMSprop": keras.optimizers.RMSprop(0.05, epsilon=1e-4),
    "Adam": keras.optimizers.Adam(0.1),
}


def state_of(model, optimizer):
    """Weights and averages, (1 + averages, features + 1, units): bias last."""
    variables = [*model.trainable_variables, *optimizer.variables[2:]]
    kernel, bias, *averages = map(keras.ops.convert_to_numpy, variables)
    half = len(averages) // 2
    pairs = [(kernel, bias), *zip(averages[:half], averages[half:])]
    return [np.vstack(pair) for pair in pairs]


kept = {"SGD, Nesterov": 2, "RMSprop": 2, "Adam": 3}  # arrays in a state
losses, states = {}, {}  # by name, of each step
for name, optimizer in optimizers.items():
    model = keras.Sequential([keras.Input(shape=(4,)), keras.layers.Dense(2)])
    model.set_weights([kernel, bias])
    model.compile(optimizer, loss="mean_squared_error")
    optimizer.build(model.trainable_variables)
    losses[name], states[name] = [], [state_of(model, optimizer)]
    np.testing.assert_equal(len(states[name][0]), kept[name], name)
    for _ in range(100):
        losses[name].append(model.train_on_batch(x, target))
        states[name].append(state_of(model, optimizer))

# %%
# Compute it
# ----------
# The optimizers, as the pages before have them; a state is a list of weights
# and averages.


def nesterov(state, gradient, t, rate=0.05, momentum=0.9):
    weights, velocity = state
    velocity = momentum * velocity - rate * gradient
    return [weights + momentum * velocity - rate * gradient, velocity]


def rmsprop(state, gradient, t, rate=0.05, rho=0.9):
    weights, velocity = state
    velocity = rho * velocity + (1 - rho) * gradient**2
    return [weights - rate * gradient / np.sqrt(velocity + 1e-4), velocity]


def adam(state, gradient, t, rate=0.1, betas=(0.9, 0.999)):
    weights, momentum, velocity = state
    momentum = betas[0] * momentum + (1 - betas[0]) * gradient
    velocity = betas[1] * velocity + (1 - betas[1]) * gradient**2
    powers = [float(np.float32(beta)) ** t for beta in betas]
    correction = np.sqrt(1 - powers[1]) / (1 - powers[0])
    step = rate * correction * momentum / (np.sqrt(velocity) + 1e-7)
    return [weights - step, momentum, velocity]


# %%
# A bias is the weight of one more feature, which is 1 in every sample. So one
# array holds all weights, and the gradient of the mean squared error is one
# product.

features = np.hstack([x, np.ones((16, 1))])  # (batch, features + 1)


def gradient_of(features, residual):
    return 2 * features.T @ residual / target.size


def train(function, averages):
    """A hundred steps in float64: the losses, and the states."""
    weights = np.vstack([kernel, bias]).astype("float64")
    states, losses = [[weights, *np.zeros((averages, *weights.shape))]], []
    for t in range(1, 101):
        residual = features @ states[-1][0] - target  # (batch, units)
        losses.append(np.mean(residual**2))
        gradient = gradient_of(features, residual)
        states.append(function(states[-1], gradient, t))
    return np.array(losses), np.array(states)


functions = {"SGD, Nesterov": nesterov, "RMSprop": rmsprop, "Adam": adam}
numpy_run = {
    name: train(functions[name], averages=kept[name] - 1) for name in functions
}

# %%
# Check it
# --------
# All steps of Keras at once, in arrays of shape ``(steps, features + 1,
# units)``. A residual is rounded six times, and a gradient sums 16 of them:
# with :math:`\varepsilon/2` for each, that is 11 rounding units; only the first
# gradient, of integers, is exact. What it means for a step is found by taking
# the step with the gradient at either end. The optimizer rounds up to ten times
# what it adds to an average, or moves a weight by. Adam's power of 0.999 has an
# error as well, which counts the more, the closer the power is to 1.

eps = np.finfo("float32").eps
t = np.arange(1, 101)[:, np.newaxis, np.newaxis]
for name, function in functions.items():
    states[name] = np.array(states[name])  # (steps, 1 + averages, ...)
    np.testing.assert_equal(states[name].dtype, np.float32)
    np.testing.assert_equal(states[name].shape, numpy_run[name][1].shape)
    arrays = states[name].swapaxes(0, 1)  # (1 + averages, steps, ...)
    before, after = arrays[:, :-1].astype("float64"), arrays[:, 1:]
    residual = features @ before[0] - target  # (steps, batch, units)
    size = np.abs(features) @ np.abs(before[0]) + np.abs(target)

    loss = np.mean(residual**2, axis=(1, 2))
    limit = 6 * size * np.abs(residual) + 17 * residual**2
    limit = eps * np.mean(limit, axis=(1, 2))
    first = numpy_run[name][0][0]  # of integers
    np.testing.assert_equal((losses[name][0], loss[0]), (first, first), name)
    error = np.abs(losses[name] - loss)
    np.testing.assert_array_less(error, limit, err_msg=name)

    gradient = gradient_of(features, residual)
    reach = 11 * eps * gradient_of(np.abs(features), size)
    reach[0] = 0  # of integers, too
    expected, low, high = (
        np.array(function(before, end, t))
        for end in (gradient, gradient - reach, gradient + reach)
    )
    limit = np.abs(low - expected) + np.abs(high - expected)
    limit[1:] += 5 * eps * (np.abs(before) + np.abs(expected))[1:]
    moved = np.abs(expected[0] - before[0])
    moved[1:] += moved[:-1]  # a velocity is made of this step and the last
    of_power = 1 / (1 - 0.999**t) if name == "Adam" else 0
    limit[0] += eps * ((5 + of_power) * moved + np.abs(expected[0]) / 2)
    error = np.abs(after - expected)
    print(f"{name}: largest error {np.max(error / limit):.2f} of its limit")
    np.testing.assert_array_less(error, limit, err_msg=name)

# %%
# Break it
# --------
# Two comparisons that fail with nothing wrong. RMSprop's weights of both runs,
# after all steps, with a tolerance of one in a thousand; and the first step of
# Adam, to six digits, with 0.999 itself. This is no float32 number: Keras has
# the nearest one. One weight began at zero, so that it shows its first step in
# full.

for name, (_, computed) in numpy_run.items():
    close = np.isclose(states[name][-1, 0], computed[-1, 0], rtol=1e-3)
    print(
        f"{name}: {np.count_nonzero(close)} of 10 weights agree after 100 steps"
    )
    np.testing.assert_equal(np.all(close), name != "RMSprop")

step, computed = states["Adam"][1, 0, 2, 0], numpy_run["Adam"][1][1, 0, 2, 0]
power = float(np.float32(0.999))
print(f"1 - 0.999 is {1 - power:.10f} in float32")
with_exact_power = computed * np.sqrt((1 - 0.999) / (1 - power))
print("Adam:", step, "NumPy:", computed, "with 0.999:", with_exact_power)
np.testing.assert_array_less(abs(step - computed), 5 * eps * abs(computed))
np.testing.assert_array_less(30 * eps, abs(step / with_exact_power - 1))

# %%
# See it
# ------
# The losses cannot be told apart. The weights part by some units in the seventh
# digit, except for those of RMSprop: once it has arrived, its steps do not get
# smaller, it jumps across the minimum, and errors grow from jump to jump, until
# they are as large as the jumps.

fig, axes = plt.subplots(1, 2, figsize=(6, 3.6), layout="constrained")
for (name, (loss, computed)), marker in zip(numpy_run.items(), "os^"):
    (line,) = axes[0].plot(loss, label=name)
    axes[0].plot(
        *(range(0, 100, 10), losses[name][::10]),
        *(marker,),
        color=line.get_color(),
        markersize=4,
    )
    drift = np.abs(states[name] - computed)[1:, 0].max(axis=(1, 2))
    axes[1].semilogy(drift / np.abs(computed[1:, 0]).max(axis=(1, 2)))
axes[0].set(title="Loss: Keras on NumPy", xlabel="step")
axes[1].set(title="Distance of the weights", xlabel="step")
axes[0].legend()
plt.show()
