r"""
Backpropagation through time: gradients of SimpleRNN
====================================================

The first step of a sequence has a part in the loss of the last. To learn from
it, the gradient goes back through the sequence, step by step. All steps use the
same weights, so the gradient of a weight is a sum over the steps.

.. math::

   z_t &= x_t W + h_{t-1} U + b, \quad h_t = \tanh(z_t) \\
   \delta_t &= \left( g_t + \delta_{t+1} U^T \right) \odot (1 - h_t^2) \\
   \frac{\partial L}{\partial W} &= \sum_t x_t^T \delta_t, \quad
   \frac{\partial L}{\partial U} = \sum_t h_{t-1}^T \delta_t \\
   \frac{\partial L}{\partial b} &= \sum_t \delta_t

Here :math:`g` is the gradient of the loss :math:`L` at an output, and
:math:`\delta` is that at :math:`z`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The layer returns the state of every step, and each has a target. The loss of
# a step is the mean of (y - target)² over its units. "sum" adds up all steps.
# ``SGD(1.0)`` subtracts the gradient: it is the old weights minus the new.

x = rng.integers(-3, 4, size=(2, 4, 3)) / 4  # (batch, steps, features)
kernel = rng.integers(-3, 4, size=(3, 2)) / 4  # (features, units)
recurrent_kernel = np.array([[1, -1], [2, 1]]) / 4  # (units, units)
bias = np.array([0.5, -0.25])  # (units,)
target = rng.integers(-3, 4, size=(2, 4, 2))  # (batch, steps, units)

layer = keras.layers.SimpleRNN(2, return_sequences=True)  # every state
model = keras.Sequential([keras.Input((4, 3)), layer])
model.compile(keras.optimizers.SGD(1.0), keras.losses.MeanSquaredError("sum"))
weights = [kernel, recurrent_kernel, bias]
model.set_weights(weights)
model.train_on_batch(x, target)
of_keras = [old - new for old, new in zip(weights, model.get_weights())]

# %%
# Compute it
# ----------
# Go forwards first, and keep all states.

h = [np.zeros((2, 2))]  # h[0], like every state (batch, units)
for t in range(4):  # h[t + 1] is the state after x[:, t]
    h.append(np.tanh(x[:, t] @ kernel + h[t] @ recurrent_kernel + bias))

# %%
# Then go back. The gradient of the loss at an output is h - target: the mean
# over two units cancels the 2 of the square. Add what comes back from the next
# step, and multiply by the slope of tanh. Each step adds to the gradients.

of_kernel = of_recurrent_kernel = of_bias = 0
delta = np.zeros((2, 2))  # no step follows the last, so δ after it is 0
for t in reversed(range(4)):
    g = h[t + 1] - target[:, t]
    delta = (g + delta @ recurrent_kernel.T) * (1 - h[t + 1] ** 2)
    of_kernel = of_kernel + x[:, t].T @ delta
    of_recurrent_kernel = of_recurrent_kernel + h[t].T @ delta
    of_bias = of_bias + delta.sum(axis=0)

# %%
# Check it
# --------

for both in zip(of_keras, [of_kernel, of_recurrent_kernel, of_bias]):
    np.testing.assert_allclose(*both, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Would you take the state before each step for a fixed input? Then nothing goes
# back through :math:`U`, and the bias gets the sum of g (1 - h²) alone.

y = np.stack(h[1:], axis=1)  # (batch, steps, units)
wrong = np.sum((y - target) * (1 - y**2), axis=(0, 1))
print("right:", of_bias.round(2), "wrong:", wrong.round(2))
assert not np.allclose(of_bias, wrong)

# %%
# See it
# ------
# One linear unit: each step back multiplies :math:`\delta` by its :math:`u`.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for u in (1.2, 1.0, 0.5):
    axis.plot(u ** np.arange(9, -1, -1), "o-", label=f"u = {u}")
axis.set(title="Going back, δ grows or vanishes", xlabel="step t", ylabel="δ")
axis.legend()
plt.show()

# %%
# In full
# -------
# These take any gradient at the outputs, and return that of ``x``, too.

from keras_by_hand.gradients import rnn_backward, rnn_forward, rnn_gradients

delta = rnn_backward(rnn_forward(x, *weights), recurrent_kernel, y - target)
of_x, *expected = rnn_gradients(x, h, kernel, delta)
for both in zip(of_keras, expected):
    np.testing.assert_allclose(*both, rtol=1e-4, atol=1e-4)

# %%
# Try it
# ------
# 1. Measure a slope. Compute the loss with ``recurrent_kernel[0, 1]`` once 1e-5
#    larger and once 1e-5 smaller. Divide the difference by 2e-5:
#    ``assert np.isclose(slope, of_recurrent_kernel[0, 1])``
# 2. With :math:`u = 0.5`, how many ``steps`` back is less than 1 % of the
#    gradient left? ``assert 0.5**steps < 0.01 <= 0.5 ** (steps - 1)``
