r"""
Nesterov momentum: Keras stores the point ahead
===============================================

Nesterov's method takes the gradient *ahead* of the weights, where the momentum
will lead them. Keras takes it at the weights. Both are the same method: what
Keras stores as the weights is the point ahead.

.. math::

   \text{Nesterov:} \quad
   v &\leftarrow \mu v - \eta \, g(w + \mu v) \\
   w &\leftarrow w + v \\
   \text{Keras:} \quad
   v &\leftarrow \mu v - \eta \, g(w') \\
   w' &\leftarrow w' + \mu v - \eta \, g(w')

Here :math:`g` is the gradient as a function of the weights, :math:`\eta` the
learning rate, :math:`\mu` the momentum, and :math:`w' = w + \mu v`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sgd

# %%
# Build it
# --------
# Three steps down a narrow valley, the loss :math:`w_0^2 / 2 + 8 w_1^2`.

start = np.array([-8, 2])
curvature = np.array([1, 16])  # the gradient of the loss is w * curvature


def keras_nesterov(steps):
    """What Keras stores after each step, (steps, weights)."""
    weights = keras.Variable(start, dtype="float32")
    optimizer = keras.optimizers.SGD(1 / 32, momentum=0.75, nesterov=True)
    path = []
    for _ in range(steps):
        optimizer.apply([weights * curvature], [weights])
        path.append(keras.ops.convert_to_numpy(weights))
    return np.stack(path)


path = keras_nesterov(steps=3)
print(path)

# %%
# Compute it
# ----------
# This is Nesterov's method: take the gradient at the point ahead, change the
# velocity, and move the weights. From these weights, the velocity leads to the
# next point ahead: that is what Keras stores.

w, velocity, points_ahead = start, np.zeros(2), []
for _ in range(3):
    ahead = w + 0.75 * velocity
    gradient = ahead * curvature
    velocity = 0.75 * velocity - gradient / 32
    w = w + velocity
    points_ahead.append(w + 0.75 * velocity)

# %%
# The whole function takes any gradient, as a function of the weights.

from keras_by_hand.optimizers import nesterov


def slope(w):
    return w * curvature


def numpy_nesterov(steps):
    """Weights and velocities after each step, (steps, weights)."""
    w, velocity = start, np.zeros(2)
    path, velocities = [], []
    for _ in range(steps):
        w, velocity = nesterov(w, slope, velocity, 1 / 32, 0.75)
        path.append(w)
        velocities.append(velocity)
    return np.stack(path), np.stack(velocities)


# %%
# Check it
# --------
# Whole numbers divided by powers of two: nothing is rounded.

points_ahead = np.float32(points_ahead)  # (steps, weights)
np.testing.assert_array_equal(path, points_ahead, strict=True)

weights, velocities = numpy_nesterov(steps=3)
ahead = weights + 0.75 * velocities
np.testing.assert_array_equal(path, np.float32(ahead), strict=True)

# %%
# The function ``sgd`` of the page on SGD, which takes Keras' point of view,
# gives the same.

w, slots = start, None
for stored in path:
    w, slots = sgd(w, slope(w), slots, 1 / 32, 0.75, nesterov=True)
    np.testing.assert_array_equal(stored, w)

# %%
# Break it
# --------
# Are the weights that Keras stores those of the textbook? No, they are ahead.

assert np.any(path != weights)

# %%
# See it
# ------
# The dotted lines lead from each of Nesterov's weights to the point ahead.

weights, velocities = numpy_nesterov(steps=7)
ahead = weights + 0.75 * velocities
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(weights[:, 0], weights[:, 1], "o-", label="Nesterov's weights")
axis.plot(ahead[:, 0], ahead[:, 1], "s-", label="Keras' weights")
for behind, before in zip(weights, ahead):
    points = np.stack([behind, before])
    axis.plot(points[:, 0], points[:, 1], ":", color="gray")
axis.set(title="Keras stores the point ahead", xlabel="w0", ylabel="w1")
axis.legend()
plt.show()
