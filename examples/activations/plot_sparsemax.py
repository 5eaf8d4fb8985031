r"""
sparsemax: probabilities that can be zero
=========================================

``sparsemax`` returns probabilities, as ``softmax`` does, but small ones are
exactly zero. It subtracts the same number from all entries, and cuts off what
falls below zero.

.. math::

   p_i &= \max(x_i - \tau, 0) \\
   \tau &= \frac{1}{k} \left( x_{(1)} + \ldots + x_{(k)} - 1 \right)

Here :math:`x_{(1)}, \ldots, x_{(k)}` are the largest entries, those which stay
above zero. Among them, the derivative of :math:`p_i` by :math:`x_j` is
:math:`1 - 1/k` if :math:`i = j`, and otherwise :math:`-1/k`. All other
derivatives are 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Two samples. In the first, one entry leads by more than 1 and gets everything.
# In the second, two entries should share it.

x = np.array([[3, 1.5, 0, -1], [-1, -1.5, -3, -4]])  # (batch, classes)


def keras_sparsemax(x, axis=-1):
    y = keras.activations.sparsemax(x.astype("float32"), axis)
    return keras.ops.convert_to_numpy(y)


print(keras_sparsemax(x))

# %%
# The second sample adds up to 2! "Break it" tells why.
#
# Compute it
# ----------
# How many stay above zero? The :math:`k` largest, if
# :math:`1 + k \, x_{(k)} > x_{(1)} + \ldots + x_{(k)}`.


def sparsemax(x, axis=-1):
    """The point nearest to x whose entries are at least 0 and add up to 1.

    x: any shape; each vector along the axis is a point (Martins and Astudillo,
    2016, Algorithm 1).
    """
    x = np.moveaxis(np.asarray(x), axis, -1)
    x = x - np.max(x, axis=-1, keepdims=True)  # keeps the totals small
    largest = -np.sort(-x, axis=-1)
    k = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    above = 1 + k * largest > np.cumsum(largest, axis=-1)
    total = np.sum(np.where(above, largest, 0), axis=-1, keepdims=True)
    tau = (total - 1) / np.sum(above, axis=-1, keepdims=True, dtype=x.dtype)
    return np.moveaxis(np.maximum(x - tau, 0), -1, axis)


# %%
# Check it
# --------
# Is it the nearest point? Try all points whose entries are quarters.

tried = np.stack(list(np.ndindex(5, 5, 5, 5))) / 4  # (points, classes)
tried = tried[tried.sum(axis=-1) == 1]
more = np.array([*x, [1.5, 1.25, 1.25, 0], [1, 1, 1, 1]])
distances = np.sum((more[:, np.newaxis] - tried) ** 2, axis=-1)
nearest = tried[np.argmin(distances, axis=-1)]  # (batch, classes)
np.testing.assert_array_equal(sparsemax(more), nearest)
np.testing.assert_array_equal(sparsemax(more.T, axis=0), nearest.T)

# %%
# Keras agrees where one entry gets everything.

first = keras_sparsemax(x)[0]
np.testing.assert_array_equal(first, np.float32(nearest[0]), strict=True)

# %%
# ``sparsemax`` consists of straight pieces, so a difference quotient is the
# exact derivative. In the second sample, :math:`k = 2`.

nudge = np.eye(4) / 64
quotient = (sparsemax(x[1] + nudge) - sparsemax(x[1] - nudge)) * 32
derivative = np.zeros((4, 4))
derivative[:2, :2] = np.eye(2) - 1 / 2
np.testing.assert_array_equal(quotient, derivative)

# %%
# Break it
# --------
# What if the *running* totals of the entries are added up? That is right for
# :math:`k = 1`, and wrong otherwise. And it is what Keras does.
#
# .. warning:: **Seen in Keras 3.15.1:** ``sparsemax`` adds up running totals.
#    If more than one entry stays above zero, its results don't add up to 1
#    (`issue 23425 <https://github.com/keras-team/keras/issues/23425>`__).


def with_running_totals(x):
    largest = -np.sort(-x, axis=-1)
    totals = np.cumsum(largest, axis=-1)
    above = 1 + np.arange(1, 5) * largest > totals
    total = np.sum(np.where(above, totals, 0), axis=-1, keepdims=True)
    tau = (total - 1) / np.sum(above, axis=-1, keepdims=True)
    return np.maximum(x - tau, 0)


wrong = np.float32(with_running_totals(x))
np.testing.assert_array_equal(keras_sparsemax(x), wrong, strict=True)
np.testing.assert_array_equal(keras_sparsemax(x.T, axis=0), wrong.T)
print("sums:", wrong.sum(axis=-1))
assert np.any(wrong != sparsemax(x))

# %%
# Training is wrong in the same way. Give a ``Dense`` layer the input 1 and the
# kernel ``x[1]``: it returns the ``sparsemax`` of that. If the loss is a
# weighted sum, one step of SGD with learning rate 1 subtracts its gradient.

weights = np.array([1, 2, 4, 8])
layer = keras.layers.Dense(4, activation="sparsemax", use_bias=False)
model = keras.Sequential([keras.Input((1,)), layer])
layer.set_weights([x[1:]])
sgd = keras.optimizers.SGD(learning_rate=1.0)
model.compile(sgd, lambda c, y: keras.ops.sum(c * y), run_eagerly=True)
model.train_on_batch(np.ones((1, 1)), weights[np.newaxis])
gradient = x[1] - layer.get_weights()[0][0]
up, down = with_running_totals(x[1] + nudge), with_running_totals(x[1] - nudge)
np.testing.assert_array_equal(gradient, (up - down) * 32 @ weights)
assert np.any(gradient != derivative @ weights)

# %%
# See it
# ------
# One entry grows, and the others stay. From some point on, they get nothing.

first = np.linspace(-1.5, 3.5, 201)
moving = np.stack([first, 0 * first + 1, 0 * first + 0.5], axis=-1)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.stackplot(first, sparsemax(moving).T, labels=["first", "second", "third"])
axis.set(title="sparsemax of [first, 1, 0.5]", xlabel="first entry")
axis.legend(loc="center left")
plt.show()
