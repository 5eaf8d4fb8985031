r"""
SGD: momentum and Nesterov
==========================

``SGD`` moves each weight against its gradient. With momentum it keeps a
velocity, so each step also repeats a part of the step before.

.. math::

   v &\leftarrow \mu v - \eta g \\
   w &\leftarrow w + v \\
   \text{Nesterov:} \quad w &\leftarrow w + \mu v - \eta g

Here :math:`g` is the gradient of the weights :math:`w`, :math:`\eta` the
learning rate, :math:`\mu` the momentum. The velocity :math:`v` begins at zero.
With ``nesterov=True`` the third line replaces the second. PyTorch's velocity
leaves the learning rate out, which matters when the rate changes.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three steps down a narrow valley, the loss :math:`w_0^2 / 2 + 8 w_1^2`, with
# half the learning rate in the third ("Break it" needs that). ``apply`` takes
# gradients and variables, so no model is needed.

start = np.array([-8, 2])
curvature = np.array([1, 16])  # the gradient of the loss is w * curvature
learning_rates = [1 / 32, 1 / 32, 1 / 64]


def keras_sgd(**arguments):
    """The weights after each step, (steps, weights)."""
    weights = keras.Variable(start, dtype="float32")
    optimizer = keras.optimizers.SGD(**arguments)
    path = []
    for learning_rate in learning_rates:
        optimizer.learning_rate = learning_rate
        optimizer.apply([weights * curvature], [weights])
        path.append(keras.ops.convert_to_numpy(weights))
    return np.stack(path)


print(keras_sgd(momentum=0.75))

# %%
# Compute it
# ----------
# Each step keeps three quarters of the velocity, as the momentum is 0.75, and
# subtracts the learning rate times the gradient. Then the weights move by the
# new velocity.

w, velocity, by_hand = start, np.zeros(2), []
for learning_rate in learning_rates:
    gradient = w * curvature
    velocity = 0.75 * velocity - learning_rate * gradient
    w = w + velocity
    by_hand.append(w)

# %%
# The whole function also has Nesterov's form: the weights move by ``0.75 *
# velocity - learning_rate * gradient``, with the new velocity.

from keras_by_hand import sgd


def numpy_sgd(learning_rates, **arguments):
    w, velocity, path = start, np.zeros(2), []
    for learning_rate in learning_rates:
        gradient = w * curvature
        w, velocity = sgd(w, gradient, velocity, learning_rate, **arguments)
        path.append(w)
    return np.stack(path)


# %%
# Check it
# --------
# Whole numbers divided by powers of two fit float32 exactly. So nothing is
# rounded here, and every step is equal to the bit.

path = keras_sgd(momentum=0.75)
np.testing.assert_array_equal(path, np.float32(by_hand), strict=True)

options = {"plain": {}, "momentum": {"momentum": 0.75}}
options["Nesterov"] = {"momentum": 0.75, "nesterov": True}
for arguments in options.values():
    expected = np.float32(numpy_sgd(learning_rates, **arguments))
    np.testing.assert_array_equal(keras_sgd(**arguments), expected, strict=True)

# %%
# Break it
# --------
# PyTorch computes ``v = mu * v + g`` and ``w = w - eta * v``. Is that the same?
# Until the learning rate changes: then PyTorch rescales the past steps, too.

w, velocity, path = start, np.zeros(2), []
for learning_rate in learning_rates:
    velocity = 0.75 * velocity + w * curvature
    w = w - learning_rate * velocity
    path.append(w)
first, second, third = np.stack(path) - keras_sgd(momentum=0.75)
print("PyTorch minus Keras:", first, second, third)
assert np.all(first == 0) and np.all(second == 0) and np.any(third != 0)

# %%
# See it
# ------
# Plain steps creep along the valley. Momentum swings from side to side, but
# gets nearer to the minimum in 25 steps. Nesterov's form swings less.

along, across = np.linspace(-8.5, 2.5, 50), np.linspace(-2.2, 2.2, 50)
loss = along**2 / 2 + 8 * across[:, np.newaxis] ** 2
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.contour(along, across, loss, 12, colors="gray", linewidths=0.3)
for name, arguments in options.items():
    points = np.vstack([start, numpy_sgd([1 / 32] * 25, **arguments)])
    axis.plot(points[:, 0], points[:, 1], ".-", linewidth=1, label=name)
axis.set(title="25 steps down a narrow valley", xlabel="w0", ylabel="w1")
axis.legend()
plt.show()
