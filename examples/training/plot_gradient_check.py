r"""
Gradient checking: is your backward pass right?
===============================================

Move one weight a little up, then a little down. The loss must change by about
the gradient times the distance. If it doesn't, the backward pass is wrong.

.. math::

   \frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2 h}

It takes two forward passes for each weight: good for a check, not for training.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``SGD`` with a learning rate of 1 subtracts the gradient from the kernel.

rng = np.random.default_rng(313)
x = rng.integers(-8, 9, size=(8, 3)) / 8  # (batch, features)
kernel = rng.integers(-8, 9, size=(3, 4)) / 8  # (features, units)
target = rng.integers(-8, 9, size=(8, 4)) / 8  # (batch, units)


def keras_gradient(kernel, activation, dtype="float32"):
    layer = keras.layers.Dense(4, activation, use_bias=False, dtype=dtype)
    model = keras.Sequential([keras.Input((3,)), layer])
    mse = keras.losses.MeanSquaredError(dtype=dtype)
    model.compile(keras.optimizers.SGD(learning_rate=1.0), mse)
    model.set_weights([kernel])
    model.train_on_batch(x, target)
    return kernel - model.get_weights()[0]


# %%
# Compute it
# ----------
# Move one weight up by h, then down, and compute the loss both times. Divide
# the difference of the losses by the distance. Do so for each weight.

h = 1e-5
quotients_by_hand = np.zeros((3, 4))  # (features, units)
for place in np.ndindex(3, 4):
    move = np.zeros((3, 4))
    move[place] = h
    up = np.mean((np.tanh(x @ (kernel + move)) - target) ** 2)
    down = np.mean((np.tanh(x @ (kernel - move)) - target) ** 2)
    quotients_by_hand[place] = (up - down) / (2 * h)

# %%
# The whole functions take any loss, and give the relative error between two
# gradients. In float64, an error below ``1e-7`` means that they agree.

from keras_by_hand.gradients import gradient_error, numerical_gradient

# %%
# Check it
# --------
# A loss, and the backward pass to be checked. Keras passes the check, too.

by_keras = keras_gradient(kernel, "tanh")
np.testing.assert_allclose(by_keras, quotients_by_hand, rtol=1e-4, atol=1e-5)


def loss(kernel, dtype="float64"):
    y = np.tanh(x.astype(dtype) @ kernel.astype(dtype))  # (batch, units)
    return np.mean((y - target.astype(dtype)) ** 2)


y = np.tanh(x @ kernel)
y_gradient = 2 * (y - target) / y.size
gradient = x.T @ (y_gradient * (1 - y**2))
quotients = numerical_gradient(loss, kernel)
print(f"relative error: {gradient_error(gradient, quotients):.1e}")
np.testing.assert_array_less(gradient_error(gradient, quotients), 1e-7)
in_float32 = keras_gradient(kernel, "tanh")
np.testing.assert_array_less(gradient_error(in_float32, quotients), 1e-4)
if keras.backend.backend() == "tensorflow":  # it alone trains in float64
    in_float64 = keras_gradient(kernel, "tanh", "float64")
    np.testing.assert_array_less(gradient_error(in_float64, quotients), 1e-7)

# %%
# Break it
# --------
# A factor of 2 is a relative error of 1/3, so mistakes stand out. Is a large
# error always a mistake? Not at a kink: where a sum is 0, Keras takes 0 for the
# slope of relu, and the quotient takes 1/2. Check at weights away from it.

wrong = x.T @ y_gradient  # without 1 - y**2
print(f"factor forgotten: {gradient_error(wrong, quotients):.1e}")
assert not np.allclose(wrong, quotients)
np.testing.assert_allclose(gradient_error(2 * gradient, gradient), 1 / 3)

zeros, h = np.zeros((3, 4)), 2**-17  # with this kernel, all sums are 0
np.testing.assert_array_equal(keras_gradient(zeros, "relu"), zeros)
assert (max(0, h) - max(0, -h)) / (2 * h) == 1 / 2

# %%
# See it
# ------
# Large steps are wrong because the loss curves, small ones because of rounding.
# In float32 the best step is larger, and the result has fewer digits.

steps = 2.0 ** np.arange(-36, 1)
rows = []  # (steps, methods)
for step in steps:
    up, down = kernel + step, kernel - step  # moves all weights together
    central = (loss(up) - loss(down)) / (2 * step)
    one_sided = (loss(up) - loss(kernel)) / step
    in_float32 = (loss(up, "float32") - loss(down, "float32")) / (2 * step)
    rows.append([central, one_sided, in_float32])
errors = np.abs(np.array(rows) - np.sum(gradient))
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.loglog(steps, errors, label=["central", "one-sided", "central, float32"])
axis.set(title="Error of the gradient", xlabel="step h", ylim=(1e-13, 10))
axis.legend()
plt.show()
