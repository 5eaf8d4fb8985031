r"""
Gradient checking: is your gradient right?
==========================================

A gradient with a mistake often still trains, only badly. So check it. Move one
weight a little up, then a little down. The loss must change by about the
gradient times the distance. If it does not, the gradient is wrong. The check
takes two losses for each weight, so it is too slow for training itself.

.. math::

   \frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2 h}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The gradient to be checked is ``x.T @ y_gradient``, from the page "Gradient of
# a Dense layer", here without a bias. Keras' gradient is checked, too: with a
# learning rate of 1, a step subtracts it from the kernel.

rng = np.random.default_rng(313)
x = rng.integers(-8, 9, size=(8, 3)) / 8  # (batch, features)
kernel = rng.integers(-8, 9, size=(3, 4)) / 8  # (features, units)
target = rng.integers(-8, 9, size=(8, 4)) / 8  # (batch, units)
y_gradient = 2 * (x @ kernel - target) / target.size
gradient = x.T @ y_gradient  # (features, units)

layer = keras.layers.Dense(4, use_bias=False)
model = keras.Sequential([keras.Input((3,)), layer])
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
model.set_weights([kernel])
model.train_on_batch(x, target)
gradient_of_keras = kernel - model.get_weights()[0]

# %%
# Compute it
# ----------
# Move one weight up by ``h``, then down, and take the loss both times. Divide
# the difference by the distance. Do so for each weight.


def loss_of(kernel):
    return np.mean((x @ kernel - target) ** 2)


def quotients_of(h):
    quotients = np.zeros((3, 4))  # (features, units)
    for place in np.ndindex(3, 4):
        move = np.zeros((3, 4))
        move[place] = h
        difference = loss_of(kernel + move) - loss_of(kernel - move)
        quotients[place] = difference / (2 * h)
    return quotients


# %%
# Check it
# --------
# Both gradients pass, NumPy's with more digits, as it computes in float64. A
# gradient that forgets the 2 and the mean fails: it is 16 times too large.

quotients = quotients_of(1e-4)
np.testing.assert_allclose(gradient, quotients, rtol=1e-8, atol=1e-8)
np.testing.assert_allclose(gradient_of_keras, quotients, rtol=1e-4, atol=1e-4)

mistaken = x.T @ (x @ kernel - target)
print("mistaken / quotients:", mistaken[0] / quotients[0])
np.testing.assert_allclose(mistaken, 16 * quotients, rtol=1e-8, atol=1e-8)

# %%
# See it
# ------
# If ``h`` is too small, rounding spoils the quotient. If it is too large, the
# slope changes on the way. (For a parabola, as MSE is in each weight, up and
# down is exact at any ``h``. So the figure takes exp, its own derivative.)

h = 10 ** np.arange(-15, 0.1, 0.5)
up_only = np.abs((np.exp(1 + h) - np.exp(1)) / h - np.exp(1))
both_ways = np.abs((np.exp(1 + h) - np.exp(1 - h)) / (2 * h) - np.exp(1))
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.loglog(h, both_ways, label="up and down")
axis.loglog(h, up_only, label="up only")
axis.set(title="Up and down beats up only", xlabel="distance h", ylabel="error")
axis.legend()
plt.show()
assert np.all((both_ways < up_only / 3)[h > 1e-5])

# %%
# Break it
# --------
# Suppose you take ``h`` as small as you can. Then ``kernel + h`` is rounded to
# ``kernel``, both losses are the same, and the quotient is 0.

wrong = quotients_of(1e-18)
print("right:", quotients[0])
print("wrong:", wrong[0])
assert np.all(wrong == 0) and np.all(np.abs(quotients[0]) > 0.01)

# %%
# In full
# -------
# ``numerical_gradient`` from keras_by_hand takes any loss; ``gradient_error``
# compares two gradients. Keep away from kinks: ``relu`` has one at 0.

from keras_by_hand.gradients import gradient_error, numerical_gradient

error = gradient_error(gradient, numerical_gradient(loss_of, kernel))
np.testing.assert_array_less(error, 1e-7)

# %%
# Try it
# ------
# 1. Two losses can check all weights at once. Write ``slope_along(function,
#    array, direction)``: the slope, at t = 0, of ``function(array + t *
#    direction)``. Array and direction have the same shape.
