r"""
SGD: one random batch after another, and momentum
=================================================

The gradient points uphill, so ``SGD``, stochastic gradient descent, steps the
other way. The gradient of a random batch will do: on average it is that of all
samples, and it costs less. Where the slope is small, steps only creep. With
momentum, each step repeats a part of the one before, so small steps add up.

.. math:: v \leftarrow \mu v - \eta g, \qquad w \leftarrow w + v

:math:`v` is the velocity, at first zero, :math:`g` the gradient of the weights
:math:`w`, :math:`\eta` the learning rate, :math:`\mu` the momentum.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A narrow valley: the loss :math:`w_0^2 / 2 + 8 w_1^2`. ``apply`` takes
# gradients and a ``Variable``, so no model is needed.

start = np.array([-8, 2])
curvature = np.array([1, 16])  # the gradient of the loss is w * curvature


def keras_sgd(learning_rates, momentum=0.0):
    weights = keras.Variable(start, dtype="float32")
    optimizer = keras.optimizers.SGD(momentum=momentum)
    path = []
    for learning_rate in learning_rates:
        optimizer.learning_rate = learning_rate
        optimizer.apply([weights * curvature], [weights])
        path.append(keras.ops.convert_to_numpy(weights))
    return np.stack(path)  # (steps, weights)


# %%
# Now batches. A layer that gets only zeros guesses 80 targets: its bias is best
# at their mean. ``fit`` takes a step with each batch. By default it shuffles.

targets, order = np.arange(80), np.random.default_rng(313).permutation(80)


def keras_guess(order):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(learning_rate=0.1), loss="mse")
    zeros = np.zeros((80, 1))
    model.fit(zeros, targets[order], batch_size=4, shuffle=False, verbose=0)
    return model.get_weights()[1][0]  # the only unit's bias


# %%
# See it
# ------
# Plain SGD has the best of the rates that are tried. With momentum, 25 steps
# still end far nearer to the minimum. On the site, choose rates and momentum.
# (The tick is for a variant, which the page "Nesterov momentum" explains.)

# sphinx_gallery_moving_picture = True
rates = np.arange(16, 26) / 200  # from 0.08 to 0.125
tried = [np.linalg.norm(keras_sgd([rate] * 25)[-1]) for rate in rates]
best = {"plain": [rates[np.argmin(tried)], 0.0], "momentum": [0.145, 0.4]}
w1, w0 = np.mgrid[-3:3:50j, -8.5:4.5:50j]
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.contour(w0, w1, w0**2 / 2 + 8 * w1**2, 9, colors="#8884")
distances = {}  # from the minimum, in the end
for name, (rate, momentum) in best.items():
    steps = keras_sgd([rate] * 25, momentum=momentum)
    distances[name] = np.linalg.norm(steps[-1])
    label = f"{name}, rate {rate:g}: ends {distances[name]:.5f} away"
    path = np.vstack([start, steps])  # (steps, weights)
    axis.plot(*path.T, ".-", linewidth=1, label=label)
axis.set(title="At its best rate, plain SGD still ends further away")
axis.set(xlabel="w0", ylabel="w1")
axis.legend()
plt.show()
assert tried[0] > min(tried) < tried[-1]  # the best rate lies in between
assert distances["momentum"] < distances["plain"] / 100

# %%
# Compute it
# ----------
# The velocity keeps three quarters of what it was, and adds the plain step.

w, velocity, path = start, np.zeros(2), []
for _ in range(3):
    velocity = 0.75 * velocity - 1 / 32 * w * curvature
    w = w + velocity
    path.append(w)

# %%
# The guess takes a step for each batch of four targets, in random order.

guess = 0
for batch in np.split(order, 20):
    gradient = 2 * np.mean(guess - targets[batch])
    guess = guess - 0.1 * gradient

# %%
# Check it
# --------
# Whole numbers divided by powers of two: nothing is rounded in three steps. The
# gradients of the batches, here at guess 0, differ. Their mean is that of all.

by_keras = keras_sgd([1 / 32] * 3, momentum=0.75)
np.testing.assert_array_equal(by_keras, np.float32(path), strict=True)
np.testing.assert_allclose(keras_guess(order), guess, rtol=1e-4)

gradients = np.mean(2 * (0 - targets[order].reshape(20, 4)), axis=1)
print("batches:", gradients[:5], "all:", np.mean(2 * (0 - targets)))
assert np.isclose(np.mean(gradients), np.mean(2 * (0 - targets)))

# %%
# Break it
# --------
# Suppose the targets are sorted, and you do not shuffle them. The guess runs
# after the last ones. In random order it ends near the mean, for five seeds.

rngs = map(np.random.default_rng, range(5))
right = [keras_guess(rng.permutation(80)) for rng in rngs]
wrong = keras_guess(np.arange(80))
print("mean:", np.mean(targets), "right:", np.sort(right), "wrong:", wrong)
assert np.all(np.abs(right - np.mean(targets)) < 12) and wrong > max(right) + 10

# %%
# Try it
# ------
# 1. Write ``velocity_after(steps, rate, momentum)``, where the gradient is 1 in
#    each step. First derive what it comes to in the end.
# 2. Write ``random_batches(count, size, rng)``: the numbers below ``count``, in
#    random order, as a list of arrays of ``size`` (the last may be shorter).
