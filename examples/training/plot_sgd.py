r"""
SGD: momentum and Nesterov
==========================

``SGD`` moves each weight against its gradient. With momentum it keeps a
velocity, so every step also repeats a part of the step before. For weights
:math:`w`, gradient :math:`g`, learning rate :math:`\eta` and momentum
:math:`\mu`:

.. math::

   v &\leftarrow \mu v - \eta g \\
   w &\leftarrow w + v

The velocity :math:`v` begins at zero. With ``nesterov=True`` the second line
is :math:`w \leftarrow w + \mu v - \eta g`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three steps down a narrow valley, the loss :math:`w_0^2 / 2 + 8 w_1^2`. An
# optimizer needs no model: ``apply`` takes gradients and variables. Before the
# last step an assignment halves the learning rate.

start = np.array([-8, 2])
learning_rates = [1 / 32, 1 / 32, 1 / 64]


def slope(w):
    """The gradient of the loss."""
    return w * [1, 16]


def keras_sgd(**arguments):
    """The weights after each step, (steps, weights)."""
    weights = keras.Variable(start, dtype="float32")
    optimizer = keras.optimizers.SGD(**arguments)
    path = []
    for learning_rate in learning_rates:
        optimizer.learning_rate = learning_rate
        optimizer.apply([slope(weights)], [weights])
        path.append(keras.ops.convert_to_numpy(weights))
    return np.stack(path)


print(keras_sgd(momentum=0.75))

# %%
# Compute it
# ----------


def sgd(
    w, gradient, velocity, learning_rate=0.01, momentum=0.0, nesterov=False
):
    """One step of SGD (Keras documentation, SGD).

    w, gradient and velocity, which begins at 0, have one shape. Returns the new
    w and the new velocity.
    """
    velocity = momentum * velocity - learning_rate * gradient
    if nesterov:
        return w + momentum * velocity - learning_rate * gradient, velocity
    return w + velocity, velocity


def numpy_sgd(learning_rates, **arguments):
    w, velocity, path = start, np.zeros(2), []
    for learning_rate in learning_rates:
        w, velocity = sgd(w, slope(w), velocity, learning_rate, **arguments)
        path.append(w)
    return np.stack(path)


# %%
# Check it
# --------
# All numbers are whole, or fractions of a power of two. Nothing is rounded, and
# every step is equal to the bit. Only the default learning rate, 0.01, rounds.

options = [{}, {"momentum": 0.75}, {"momentum": 0.75, "nesterov": True}]
for arguments in options:
    expected = np.float32(numpy_sgd(learning_rates, **arguments))
    path = keras_sgd(**arguments)
    np.testing.assert_array_equal(path, expected, strict=True)

weights = keras.Variable([0.0])
keras.optimizers.SGD().apply([keras.ops.ones(1)], [weights])
expected, _ = sgd(0.0, 1.0, 0.0)
np.testing.assert_allclose(keras.ops.convert_to_numpy(weights), expected, 1e-6)

# %%
# Nesterov's method takes its gradient *ahead* of the weights, at
# :math:`w + \mu v`. Keras takes it at the weights. Both are right: the weights
# that Keras stores are the point ahead.

w, velocity = start, np.zeros(2)
for learning_rate, stored in zip(learning_rates, path):
    ahead = w + 0.75 * velocity
    w, velocity = sgd(w, slope(ahead), velocity, learning_rate, momentum=0.75)
    np.testing.assert_array_equal(stored, w + 0.75 * velocity)

# %%
# Break it
# --------
# PyTorch puts the learning rate elsewhere: :math:`v \leftarrow \mu v + g` and
# :math:`w \leftarrow w - \eta v`. Is that the same? Only while the learning
# rate stays the same. When it changes, PyTorch rescales the past steps in the
# velocity too.

w, velocity, pytorch = start, np.zeros(2), []
for learning_rate in learning_rates:
    velocity = 0.75 * velocity + slope(w)
    w = w - learning_rate * velocity
    pytorch.append(w)
path = keras_sgd(momentum=0.75)
print("PyTorch minus Keras:", *(pytorch - path))
np.testing.assert_array_equal(path[:2], pytorch[:2])
assert np.any(path[2] != pytorch[2])

# %%
# See it
# ------
# Plain steps fall into the valley and creep along. Momentum swings from side to
# side, and gets further. Nesterov's form swings less.

along, across = np.linspace(-8.5, 2.5, 50), np.linspace(-2.2, 2.2, 50)
loss = along**2 / 2 + 8 * across[:, np.newaxis] ** 2
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.contour(along, across, loss, 12, colors="gray", linewidths=0.5, alpha=0.5)
for arguments, name in zip(options, ("plain", "momentum", "Nesterov")):
    points = np.vstack([start, numpy_sgd([1 / 32] * 25, **arguments)])
    axis.plot(*points.T, ".-", linewidth=1, label=name)
axis.set(title="25 steps down a narrow valley", xlabel="w0", ylabel="w1")
axis.legend()
plt.show()
