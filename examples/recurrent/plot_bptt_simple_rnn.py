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
:math:`\delta` is the gradient at :math:`z`.
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
# ``SGD(1.0)`` subtracts the gradient: old weights minus new are the gradient.

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
# Suppose you treat the old state as a fixed input of each step. Then nothing
# goes back through :math:`U`, and the gradient of the bias lacks that part.

y = np.stack(h[1:], axis=1)  # (batch, steps, units)
wrong = np.sum((y - target) * (1 - y**2), axis=(0, 1))
print("right:", of_bias.round(2), "wrong:", wrong.round(2))
assert not np.allclose(of_bias, wrong)

# %%
# See it
# ------
# How long is a gradient after each step back? 16 units have a recurrent kernel
# that keeps the length of a vector, as ``qr`` makes it. Then half of this
# kernel, and 1.5 times as much.

orthogonal = np.linalg.qr(rng.normal(size=(16, 16)))[0]  # keeps lengths
lengths = {}
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for factor in (0.5, 1, 1.5):
    u, states = factor * orthogonal, [np.zeros(16)]
    for step in rng.normal(0, 0.1, size=(30, 16)):
        states.append(np.tanh(step + states[-1] @ u))
    gradient, lengths[factor] = np.ones(16), []
    for state in reversed(states[1:]):
        gradient = (gradient * (1 - state**2)) @ u.T
        lengths[factor].append(np.linalg.norm(gradient))
    axis.semilogy(range(1, 31), lengths[factor], label=f"U times {factor}")
assert lengths[0.5][-1] < 1e-6 and lengths[1.5][-1] > 10
axis.set(title="Going back, a gradient vanishes or grows", xlabel="steps back")
axis.legend()
plt.show()

# %%
# Try it
# ------
# 1. Write ``loss_with(recurrent_kernel)``, the sum of ``(h - target) ** 2 / 2``
#    over all steps. Its slopes are the gradient.
# 2. Each step back leaves a part of the gradient. Write ``steps_back(part)``:
#    after how many steps is less than 1 % of the gradient left?
