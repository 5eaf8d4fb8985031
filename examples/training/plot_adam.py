r"""
Adam: the average gradient, divided by its size
===============================================

Features are often of very different size, and so are the gradients of their
weights. No learning rate of ``SGD`` suits all. ``Adam`` divides each gradient
:math:`g` by its usual size:

.. math::

   m &\leftarrow \beta_1 m + (1 - \beta_1) \, g, \quad
   v \leftarrow \beta_2 v + (1 - \beta_2) \, g^2 \\
   w &\leftarrow w - \eta \, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \,
   \frac{m}{\sqrt{v} + \epsilon}

:math:`t` counts the steps from 1. As :math:`m` and :math:`v` begin at zero,
they are too small at first; the fraction with :math:`t` corrects that.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Two features, one a hundred times as large as the other. The targets were made
# with the weights 3 and 0.02, which each optimizer has to find.


def draw_data(seed):
    x = np.random.default_rng(seed).normal(size=(50, 2)) * [1, 100]
    return x, x @ [[3], [0.02]]  # (batch, features), (batch, units)


x, target = draw_data(seed=0)
losses_of_keras = {}
for optimizer in (keras.optimizers.SGD(5e-5), keras.optimizers.Adam(0.1)):
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([layer])
    model.compile(optimizer, loss="mse")
    rows = [model.train_on_batch(x, target) for _ in range(100)]
    losses_of_keras[optimizer.name] = rows  # the loss before each step

# %%
# Compute it
# ----------
# ``m`` is a running average of gradients: the newest counts a tenth, signs
# cancel. ``v`` averages their squares. Dividing makes steps of about one size.


def adam_losses(x, target, correct=True):
    w, m, v, losses = np.zeros((2, 1)), 0, 0, []
    for t in range(1, 101):
        error = x @ w - target  # (batch, units)
        losses.append(np.mean(error**2))
        gradient = x.T @ error * 2 / len(x)  # (features, units)
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        correction = np.sqrt(1 - 0.999**t) / (1 - 0.9**t) if correct else 1
        w = w - 0.1 * correction * m / (np.sqrt(v) + 1e-7)
    return losses


# %%
# Check it
# --------
# On five sets of data, Adam ends near zero. SGD finds the weight of the large
# feature, and hardly moves the other. With a larger rate, its loss explodes.


def sgd_losses(x, target, rate):
    w, losses = np.zeros((2, 1)), []
    for _ in range(100):
        error = x @ w - target
        losses.append(np.mean(error**2))
        w = w - rate * (x.T @ error * 2 / len(x))
    return losses


by_hand, slow = adam_losses(x, target), sgd_losses(x, target, 5e-5)
np.testing.assert_allclose(losses_of_keras["adam"], by_hand, atol=0.01)
np.testing.assert_allclose(losses_of_keras["sgd"], slow, rtol=1e-4)
for seed in range(5):
    data = draw_data(seed)
    ends = [sgd_losses(*data, rate)[-1] for rate in (5e-5, 4e-4)]
    print("Adam", adam_losses(*data)[-1], "SGD", *ends)
    np.testing.assert_array_less([adam_losses(*data)[-1], 3, 100], [0.1, *ends])

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, losses in losses_of_keras.items():
    axis.plot(losses, label=name)
axis.set(title="Adam goes on where SGD gets stuck", xlabel="step", ylim=(0, 20))
axis.legend()
plt.show()

# %%
# Break it
# --------
# Suppose you forget the correction. ``v``, the divisor, begins much too small.

wrong = adam_losses(x, target, correct=False)
print("right: largest loss", max(by_hand), "wrong:", max(wrong))
assert max(wrong) > 3 * max(by_hand)

# %%
# In full
# -------
from keras_by_hand import adam

w, slots = adam(np.zeros(2), np.array([100, 0.01]), None, t=1)
np.testing.assert_allclose(w, [-0.001, -0.001], rtol=1e-3)

# %%
# Try it
# ------
# 1. Write ``first_step(gradient, rate)``: Adam's first step, without epsilon.
