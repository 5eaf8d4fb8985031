r"""
SGD: momentum and Nesterov
==========================

The gradient points uphill. Stochastic gradient descent, ``SGD``, steps against
the gradient of one random batch after another. Where the slope is small, steps
only creep. With momentum each repeats a part of the one before: they add up.

.. math:: v \leftarrow \mu v - \eta g, \qquad w \leftarrow w + v

:math:`v` is the velocity, at first zero, :math:`g` the gradient of the weights
:math:`w`, :math:`\eta` the learning rate, :math:`\mu` the momentum, 0 in plain
SGD. Nesterov's form moves by :math:`\mu v - \eta g`, with the new :math:`v`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A narrow valley: the loss :math:`w_0^2 / 2 + 8 w_1^2`. ``apply`` takes
# gradients and variables, so no model is needed.

start = np.array([-8, 2])
curvature = np.array([1, 16])  # the gradient of the loss is w * curvature
learning_rates = [1 / 32, 1 / 32, 1 / 64]  # the last for "Break it"
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
# The velocity keeps three quarters of what it was and adds the plain step. Then
# the weights move by it. Nesterov's form counts the newest step 1 + 0.75 times.

by_hand = {"momentum": [], "Nesterov": []}
for name, path in by_hand.items():
    w, velocity = start, np.zeros(2)
    for learning_rate in learning_rates:
        step = -learning_rate * w * curvature
        velocity = 0.75 * velocity + step
        w = w + (velocity if name == "momentum" else 0.75 * velocity + step)
        path.append(w)

# %%
# Check it
# --------
# Whole numbers divided by powers of two: nothing is rounded in three steps.

for name, path in by_hand.items():
    by_keras = keras_sgd(learning_rates, **options[name])
    np.testing.assert_array_equal(by_keras, np.float32(path), strict=True)

# %%
# Break it
# --------
# PyTorch multiplies by the learning rate only when the weights move. When the
# rate changes, the new one scales the gradients of earlier steps, too.

right = keras_sgd(learning_rates, **options["momentum"])
w, velocity, wrong = start, np.zeros(2), []
for learning_rate in learning_rates:
    velocity = 0.75 * velocity + w * curvature
    w = w - learning_rate * velocity
    wrong.append(w)
print("right:", right[2])
print("wrong:", wrong[2])
assert np.all(right[:2] == wrong[:2]) and np.any(right[2] != wrong[2])

# %%
# In full
# -------
# ``sgd`` from keras_by_hand takes one step of any of the three kinds.

from keras_by_hand import sgd

for arguments in options.values():
    w, slots = start, None
    for by_keras in keras_sgd([1 / 32] * 3, **arguments):
        w, slots = sgd(w, w * curvature, slots, 1 / 32, **arguments)
        np.testing.assert_array_equal(by_keras, np.float32(w), strict=True)

# %%
# Try it
# ------
# 1. At which learning rate, ``bound``, does each plain step only flip the sign
#    of the second weight, without changing its size? ``assert
#    np.all(keras_sgd([bound] * 2)[:, 1] == [-2, 2])``
# 2. Let the gradient be 1 in each of 500 steps, the learning rate 1, and the
#    momentum 0.9. Derive the ``limit`` of ``velocity``, then compute it:
#    ``assert np.isclose(velocity, limit)``
