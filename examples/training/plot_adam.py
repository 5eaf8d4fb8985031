r"""
Adam: the average gradient, divided by its size
===============================================

No learning rate suits both large gradients and small ones. With Adam, a weight
with steady gradients moves by about the learning rate in each step, however
large they are. If their signs change, the steps get shorter.

.. math::

   m &\leftarrow \beta_1 m + (1 - \beta_1) \, g \\
   v &\leftarrow \beta_2 v + (1 - \beta_2) \, g^2 \\
   w &\leftarrow w - \eta \, \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \,
   \frac{m}{\sqrt{v} + \epsilon}

:math:`g` is the gradient of a weight :math:`w`, :math:`\eta` the learning rate;
:math:`t` counts the steps from 1. The averages :math:`m` and :math:`v` begin at
zero. The first fraction, the *bias correction*, makes up for these zeros.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Two weights have steady gradients, large and small. Those of the third change
# sign. ``apply`` takes gradients, so no model is needed.

gradients = np.array([[100, 0.01, 1], [100, 0.01, -1]] * 3)  # (steps, weights)


def keras_adam(gradients, **arguments):
    weights = keras.Variable(np.zeros(3), dtype="float32")
    optimizer = keras.optimizers.Adam(**arguments)
    path = []
    for gradient in np.float32(gradients):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weights])
        path.append(keras.ops.convert_to_numpy(weights))
    return np.stack(path)  # (steps, weights)


path = keras_adam(gradients)
steps = np.diff(path, axis=0, prepend=0)
print(steps / 0.001)  # 0.001 is the default learning rate

# %%
# Compute it
# ----------
# ``m`` is a running average of the gradients: the newest counts a tenth, older
# ones fade, and signs cancel. ``v`` is one of their squares, and fades slowly.
# The step is ``m`` over the root of ``v``. Epsilon keeps the divisor from zero.

w = m = v = np.zeros(3)
by_hand = []
for t, gradient in enumerate(gradients, 1):
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    rate = 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    w = w - rate * m / (np.sqrt(v) + 1e-7)
    by_hand.append(w)

# %%
# Check it
# --------
# The steps of the first two weights are one learning rate long, though one has
# gradients 10,000 times as large. The third's are soon less than half of that.

np.testing.assert_allclose(path, by_hand, rtol=1e-4)
np.testing.assert_allclose(steps[:, :2], -0.001, rtol=1e-3)
np.testing.assert_array_less(np.abs(steps[1:, 2]), 0.0005)

# %%
# Break it
# --------
# Would you leave the bias correction out? For a steady gradient of 1, ``m`` is
# ``1 - 0.9**t`` and ``v`` is ``1 - 0.999**t``. Both begin too small, but ``v``,
# in the divisor, for much longer. So the steps are too long.

t = np.arange(1, 5001)
wrong = (1 - 0.9**t) / np.sqrt(1 - 0.999**t)  # in learning rates
print("right:", -steps[:, 0] / 0.001)
print("wrong:", wrong[:6])
assert np.allclose([m[0] / 100, v[0] / 100**2], [1 - 0.9**6, 1 - 0.999**6])
assert np.all(wrong[:6] > -2 * steps[:, 0] / 0.001)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4))
axis.semilogx(t, wrong, label="without bias correction")
axis.semilogx(t[[0, -1]], [1, 1], "--", label="Adam")
axis.set(title="Uncorrected, thousands of steps are too long", ylim=(0, 7))
axis.set(xlabel="step", ylabel="length in learning rates")
axis.legend()
plt.show()

# %%
# In full
# -------
# ``adam`` from keras_by_hand takes one step, with any betas and epsilon.

from keras_by_hand import adam

arguments = {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.75}
w, slots = np.zeros(3), None
for t, by_keras in enumerate(keras_adam(gradients, **arguments), 1):
    w, slots = adam(w, gradients[t - 1], slots, t, **arguments)
    np.testing.assert_allclose(by_keras, w, rtol=1e-4)

# %%
# Try it
# ------
# 1. With which ``beta`` for both averages does only the sign of a gradient
#    count? Call the weights after the six steps ``last``:
#    ``assert np.allclose(last, [-0.006, -0.006, 0], atol=1e-6)``
# 2. Which gradient is so ``small`` that epsilon halves the first step?
#    ``assert np.isclose(keras_adam([[small] * 3])[0, 0], -0.0005, rtol=1e-3)``
