r"""
sparsemax in Keras 3.15.1: its results don't add up to 1
========================================================

Keras adds up running totals of the scores, in place of the scores. So the
results are wrong as soon as two scores share the 1.

If :math:`x_{(1)}, x_{(2)}, \ldots` are the scores from the largest down, and
the :math:`k` largest get something, all scores should be reduced by

.. math:: \tau = \frac{1}{k} \left( x_{(1)} + \ldots + x_{(k)} - 1 \right)

Keras takes :math:`x_{(1)} + (x_{(1)} + x_{(2)}) + \ldots` for the sum in it.
That is right for :math:`k = 1` alone.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# In the first sample one score gets everything. In the second, two should share
# it.

x = np.array([[3, 1.5, 0, -1], [-1, -1.5, -3, -4]])  # (batch, classes)
y = keras.activations.sparsemax(x.astype("float32"))
y = keras.ops.convert_to_numpy(y)
print(y)

# %%
# From other pages
# ----------------


def sparsemax(x, axis=-1):
    """The point nearest to x whose entries are at least 0 and add up to 1.

    x: any shape; each vector along the axis is a point (Martins and Astudillo,
    2016, Algorithm 1).
    """
    x = np.moveaxis(np.asarray(x), axis, -1)
    x = x - np.max(x, axis=-1, keepdims=True)  # keeps the totals small
    largest = -np.sort(-x, axis=-1)  # descending
    k = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    above = 1 + k * largest > np.cumsum(largest, axis=-1)
    total = np.sum(np.where(above, largest, 0), axis=-1, keepdims=True)
    tau = (total - 1) / np.sum(above, axis=-1, keepdims=True, dtype=x.dtype)
    return np.moveaxis(np.maximum(x - tau, 0), -1, axis)


def derivative_in_training(activation, x, dtype="float32"):
    """The derivative of an activation at x, (numbers,), as SGD uses it."""
    layer = keras.layers.Dense(x.size, activation, use_bias=False, dtype=dtype)
    model = keras.Sequential([keras.Input((1,)), layer])
    layer.set_weights([x[np.newaxis]])
    sgd = keras.optimizers.SGD(learning_rate=1.0)
    model.compile(sgd, lambda target, y: keras.ops.sum(y), run_eagerly=True)
    model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    return x - layer.get_weights()[0][0]


# %%
# Compute it
# ----------
# Not to copy: these are the running totals.


def sparsemax_of_keras(x):
    """What Keras 3.15.1 returns for x, (batch, classes)."""
    largest = -np.sort(-x, axis=-1)  # descending
    running = np.cumsum(largest, axis=-1)
    above = 1 + np.arange(1, x.shape[-1] + 1) * largest > running
    k = np.sum(above, axis=-1, keepdims=True)
    total = np.sum(np.where(above, running, 0), axis=-1, keepdims=True)
    return np.maximum(x - (total - 1) / k, 0)


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1:** ``sparsemax`` adds up running totals.
#    If more than one score gets something, its results don't add up to 1
#    (`issue 23425 <https://github.com/keras-team/keras/issues/23425>`__).
#
# Quarters are exact in float32, so the values are equal to the bit.

expected = sparsemax_of_keras(x)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Gradients are wrong, too. In the second sample, :math:`\tau` should be
# :math:`(x_1 + x_2 - 1) / 2`, so both scores should get the gradient of their
# probability, minus half the sum of the two: 1 - 3/2 and 2 - 3/2. Keras takes
# :math:`(2 x_1 + x_2 - 1) / 2`, and the first gets 1 - 3. (The page "Custom
# activation" explains the function.)

_, scores = x
g = np.array([1, 2, 4, 8])  # gradient at the probabilities


def weighted(scores):
    return keras.ops.multiply(g, keras.activations.sparsemax(scores))


gradient = derivative_in_training(weighted, scores)
np.testing.assert_array_equal(gradient, [1 - 3, 2 - 3 / 2, 0, 0])

# %%
# Break it
# --------
# Can you mend the result by dividing it by its sum? No: then it adds up to 1,
# but it is another point.

divided = y / y.sum(axis=-1, keepdims=True)
print("divided:", divided)
print("right:  ", sparsemax(x))
assert np.any(divided != sparsemax(x))

# %%
# See it
# ------
# From left to right, two scores get something, then three, two, and one.

first = np.linspace(-1.5, 3.5, 201)
moving = np.stack([first, np.full_like(first, 1), np.full_like(first, 0.5)], 1)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(first, sparsemax_of_keras(moving).sum(axis=1), label="Keras 3.15.1")
axis.plot(first, sparsemax(moving).sum(axis=1), "--", label="sparsemax")
axis.set(title="Sum of sparsemax([first, 1, 0.5])", xlabel="first score")
axis.legend()
plt.show()
