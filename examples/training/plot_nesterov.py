r"""
Nesterov momentum: Keras stores the point ahead
===============================================

Momentum runs past the minimum. Nesterov's method, also called NAG (Nesterov's
accelerated gradient), takes the gradient *ahead* of the weights, where the
momentum will lead them: so it brakes in time. Keras takes it at the weights.
Both are the same method: what Keras stores as the weights is the point ahead.

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

# %%
# Build it
# --------
# Three steps down a narrow valley, the loss :math:`w_0^2 / 2 + 8 w_1^2`.

start = np.array([-8, 2])
curvature = np.array([1, 16])  # the gradient of the loss is w * curvature

weights, path = keras.Variable(start, dtype="float32"), []
optimizer = keras.optimizers.SGD(1 / 32, momentum=0.75, nesterov=True)
for _ in range(3):
    optimizer.apply([weights * curvature], [weights])
    path.append(keras.ops.convert_to_numpy(weights))
path = np.stack(path)  # (steps, weights)

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
# Check it
# --------
# Whole numbers divided by powers of two are not rounded. ``nesterov`` takes a
# step of the method for any gradient, as a function of the weights.

from keras_by_hand.optimizers import nesterov

np.testing.assert_array_equal(path, points_ahead)


def slope(w):
    return w * curvature


w, velocity, weights = start, np.zeros(2), []
for _ in range(3):
    w, velocity = nesterov(w, slope, velocity, 1 / 32, 0.75)
    weights.append(w)
np.testing.assert_array_equal(path[2], w + 0.75 * velocity)

# %%
# Break it
# --------
# Suppose you compare Keras' weights with those of a program that keeps
# Nesterov's own. Keras' are ahead by momentum times velocity: subtract that,
# :math:`w = w' - \mu v`. (PyTorch's ``SGD(nesterov=True)`` stores the point
# ahead, as Keras does: compare its weights as they are.)

right = path[2] - 0.75 * keras.ops.convert_to_numpy(optimizer.momentums[0])
print("right:", right, "wrong:", path[2])
np.testing.assert_array_equal(right, weights[2])
assert not np.allclose(path[2], right)

# %%
# See it
# ------
# The dotted lines lead from each of Nesterov's weights to the point ahead.

fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.plot(*np.transpose(weights), "o-", label="Nesterov's weights")
axis.plot(*path.T, "s-", label="Keras' weights")
for pair in zip(weights, path):
    axis.plot(*np.transpose(pair), ":", color="gray")
axis.set(title="Keras stores the point ahead", xlabel="w0", ylabel="w1")
axis.legend()
plt.show()
