r"""
Gradient checking: is your gradient right?
==========================================

A gradient with a mistake often still trains, only badly. So check it. Move one
weight a little up, then a little down. The loss must change by about the
gradient times the distance. If it does not, the gradient is wrong.

.. math::

   \frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2 h}

This takes two losses for each weight: good for a check, too slow for training.
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
# Both gradients pass, NumPy's with more digits, as it computes in float64.

quotients = quotients_of(1e-4)
np.testing.assert_allclose(gradient, quotients, rtol=1e-8, atol=1e-8)
np.testing.assert_allclose(gradient_of_keras, quotients, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
# A distance that is too small is wrong because of rounding. If you move the
# weight up only, one that is too large is wrong as well: the loss curves.

steps = 10 ** np.arange(-15, 0.1, 0.5)
errors = []  # (steps, ways)
for h in steps:
    move = np.zeros((3, 4))
    move[1, 2] = h  # one weight
    one_sided = (loss_of(kernel + move) - loss_of(kernel)) / h
    found = np.array([quotients_of(h)[1, 2], one_sided])
    errors.append(np.abs(found - gradient[1, 2]) + 1e-17)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.loglog(steps, errors, label=["up and down", "up only"])
axis.set(title="Up and down is better than up only")
axis.set(xlabel="distance h", ylabel="error")
axis.legend()
plt.show()

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
# ``numerical_gradient`` from keras_by_hand takes any loss and any array, and
# ``gradient_error`` says how far two gradients are apart, relative to their
# size. Choose weights away from kinks, such as that of ``relu`` at 0.

from keras_by_hand.gradients import gradient_error, numerical_gradient

error = gradient_error(gradient, numerical_gradient(loss_of, kernel))
np.testing.assert_array_less(error, 1e-7)

# %%
# Try it
# ------
# 1. Two losses can check all weights at once. Write ``slope_along(function,
#    array, direction)``: how fast a function of an array grows while the array
#    moves along ``direction``, an array of its shape.
