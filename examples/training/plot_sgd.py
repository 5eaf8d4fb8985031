r"""
SGD: one random batch after another, and momentum
=================================================

The gradient points uphill, so ``SGD``, stochastic gradient descent, steps the
other way. The gradient of a random batch will do: it is right on average, and
costs less than that of all samples. Where the slope is small, steps only creep.
With momentum, each repeats a part of the one before, so they add up.

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
# gradients and a ``Variable``, so no model is needed. Nesterov comes later.

start = np.array([-8, 2])
curvature = np.array([1, 16])  # the gradient of the loss is w * curvature
options = {"plain": {}, "momentum": {"momentum": 0.75}}
options["Nesterov"] = options["momentum"] | {"nesterov": True}


def keras_sgd(learning_rates, **arguments):
    weights = keras.Variable(start, dtype="float32")
    optimizer = keras.optimizers.SGD(**arguments)
    path = []
    for learning_rate in learning_rates:
        optimizer.learning_rate = learning_rate
        optimizer.apply([weights * curvature], [weights])
        path.append(keras.ops.convert_to_numpy(weights))
    return np.stack(path)  # (steps, weights)


# %%
# See it
# ------
# Plain SGD has the best of the rates that are tried. With momentum, 25 steps
# still end far nearer to the minimum. On the site, choose rates and momentum.
# Beyond a rate of 2 / 16, where 16 is the largest curvature, each step of plain
# SGD lands further away, on the other side.

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
# Check it
# --------
# Whole numbers divided by powers of two: nothing is rounded in three steps.

by_keras = keras_sgd([1 / 32] * 3, momentum=0.75)
np.testing.assert_array_equal(by_keras, np.float32(path), strict=True)

# %%
# Break it
# --------
# One guess for 80 targets is best at their mean. Each step uses four targets.
# Suppose you forget to shuffle them: the guess runs after the last ones. In
# random order it ends near the mean, with each of five seeds.

targets = np.arange(80)


def guess_by_batches(order):
    guess = 0
    for batch in np.split(order, 20):
        guess = guess - 0.1 * 2 * np.mean(guess - targets[batch])
    return guess


rngs = map(np.random.default_rng, range(5))
right = [guess_by_batches(rng.permutation(80)) for rng in rngs]
wrong = guess_by_batches(np.arange(80))
print("mean:", np.mean(targets), "right:", np.sort(right), "wrong:", wrong)
assert np.all(np.abs(right - np.mean(targets)) < 12) and wrong > max(right) + 10

# %%
# In full
# -------
# ``sgd`` from keras_by_hand takes one step of any of the three kinds.
# Nesterov's form moves by :math:`\mu v - \eta g`, with the new velocity.

from keras_by_hand import sgd

for arguments in options.values():
    w, slots = start, None
    for by_keras in keras_sgd([1 / 32] * 3, **arguments):
        w, slots = sgd(w, w * curvature, slots, 1 / 32, **arguments)
        np.testing.assert_array_equal(by_keras, np.float32(w), strict=True)

# %%
# Try it
# ------
# 1. Write ``velocity_after(steps, rate, momentum)``, where the gradient is 1 in
#    each step. First derive what it comes to in the end.
# 2. Write ``nesterov(steps)``, the weights after so many steps from ``start``
#    with the rate 1/32, in Nesterov's form, without ``sgd``.
