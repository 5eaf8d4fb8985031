r"""
Adam: the average gradient, divided by its size
===============================================

Features are often of very different size, and so are the gradients of their
weights. No learning rate of ``SGD`` suits all. ``Adam`` averages gradients
:math:`g` in :math:`m`, and their squares in :math:`v`. The root of :math:`v` is
their usual size, and each step divides by it:

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

data = np.random.default_rng(313).normal(size=(5, 50, 2)) * [1, 100]
targets = data @ [[3], [0.02]]  # (sets, batch, units)
x, target = data[0], targets[0]
losses_of_keras, kernels = {}, {}
for optimizer in (keras.optimizers.SGD(5e-5), keras.optimizers.Adam(0.1)):
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([layer])
    model.compile(optimizer, loss="mse")
    rows = [model.train_on_batch(x, target) for _ in range(100)]
    losses_of_keras[optimizer.name] = rows  # the loss before each step
    kernels[optimizer.name] = layer.get_weights()[0]

# %%
# Compute it
# ----------
# In ``m`` the newest gradient counts a tenth, and opposite signs cancel. ``v``
# forgets more slowly. Epsilon, 1e-7, keeps the divisor above zero.


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
# feature, and hardly moves the other. With a larger rate, its kernel explodes.


def sgd_kernel(x, target, rate):
    w = np.zeros((2, 1))
    for _ in range(100):
        w = w - rate * (x.T @ (x @ w - target) * 2 / len(x))
    return w


by_hand = adam_losses(x, target)
np.testing.assert_allclose(losses_of_keras["adam"], by_hand, atol=0.01)
np.testing.assert_allclose(kernels["sgd"], sgd_kernel(x, target, 5e-5), 1e-4)
for pair in zip(data, targets):
    loss = adam_losses(*pair)[-1]
    slow, large = [sgd_kernel(*pair, rate)[:, 0] for rate in (5e-5, 4e-4)]
    print(f"Adam's loss {loss:.4f}, SGD's kernel {slow}, larger rate {large}")
    assert loss < 0.1 and slow[0] < 0.1 and abs(slow[1] - 0.02) < 0.01
    assert abs(large[1]) > 1e10

# %%
# See it
# ------
# Steps of about 0.1 are far too long for the weight 0.02, so Adam swings first.
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, losses in losses_of_keras.items():
    axis.plot(losses, label=name)
axis.set(title="SGD gets stuck", xlabel="step", ylabel="loss", ylim=(0, 20))
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
# In its first step, ``adam`` from keras_by_hand moves each weight by the rate.
from keras_by_hand import adam

w, slots = adam(np.zeros(2), np.array([100, 0.01]), None, t=1)
np.testing.assert_allclose(w, [-0.001, -0.001], rtol=1e-3)

# %%
# Try it
# ------
# 1. Write ``first_step(gradient, rate)``: what Adam's first step adds to a
#    weight. Leave out epsilon.
