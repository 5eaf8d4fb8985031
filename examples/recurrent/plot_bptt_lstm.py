r"""
LSTM gradient: backpropagation through time
===========================================

The gradient of an ``LSTM`` goes back along two paths: the cell state c, where
each step multiplies it by the forget gate f, and the output h, which all gates
of the next step read. The first is why an LSTM can learn from long ago.

.. math::

   \eta_t &= \partial L / \partial y_t + \delta_{t+1} U^T \\
   \gamma_t &= \gamma_{t+1} f_{t+1} + \eta_t \, o_t (1 - \tanh^2 c_t)

:math:`\eta` is the gradient of the loss L at h, which is the output y;
:math:`\gamma` is that at c, and :math:`\delta` that at the sums inside the
gates. U is the recurrent kernel, o the output gate: see the page "LSTM".
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.gradients import lstm_forward, rnn_gradients

# %%
# Build it
# --------
# ``SGD(1.0)`` subtracts the gradient: here, of the sum of (y - target)² / 2.

rng = np.random.default_rng(313)
x = rng.integers(-3, 4, size=(2, 4, 3)) / 4  # (batch, steps, features)
shapes = [(3, 8), (2, 8), (8,)]  # kernel, recurrent kernel and bias: 4 * units
weights = [rng.integers(-3, 4, size=shape) / 4 for shape in shapes]
target = rng.integers(-3, 4, size=(2, 4, 2))  # (batch, steps, units)
layer = keras.layers.LSTM(2, return_sequences=True)
model = keras.Sequential([keras.Input((4, 3)), layer])
loss = keras.losses.MeanSquaredError("sum")  # over the units, a mean
model.compile(keras.optimizers.SGD(1.0), loss)
model.set_weights(weights)
model.train_on_batch(x, target)
gradients = [old - new for old, new in zip(weights, model.get_weights())]

# %%
# Compute it
# ----------
# In ``lstm_forward``, c = f * (old c) + i * g and h = o * tanh(c). The loop
# goes back from the last step. Eta and gamma add what comes from the next step.
# Delta multiplies by the slopes: i * (1 - i) for a sigmoid, 1 - g² for tanh.

kernel, recurrent_kernel, bias = weights
h, c, gates = lstm_forward(x, *weights)  # h and c begin with zeros
deltas = np.zeros((2, 5, 8))  # no step follows the last one: zeros
gamma_from_next = np.zeros((2, 2))  # gamma times the forget gate
for t in reversed(range(4)):
    i, f, g, o = gates[t]
    tanh_c = np.tanh(c[t + 1])
    eta = h[t + 1] - target[:, t] + deltas[:, t + 1] @ recurrent_kernel.T
    gamma = gamma_from_next + eta * o * (1 - tanh_c**2)
    gamma_from_next = gamma * f
    of_i, of_f = gamma * g * i * (1 - i), gamma * c[t] * f * (1 - f)
    of_g, of_o = gamma * i * (1 - g**2), eta * tanh_c * o * (1 - o)
    deltas[:, t] = np.concatenate([of_i, of_f, of_g, of_o], axis=-1)

# %%
# The gradients of kernel, recurrent kernel and bias are sums over all steps, of
# delta times x, the old h, and 1. ``rnn_gradients`` computes these sums.

_, *by_hand = rnn_gradients(x, h, kernel, deltas[:, :4])

from keras_by_hand.gradients import lstm_backward

# %%
# Check it
# --------
for of_keras, gradient in zip(gradients, by_hand, strict=True):
    np.testing.assert_allclose(of_keras, gradient, rtol=1e-4, atol=1e-4)
at_y = np.stack(h[1:], axis=1) - target
delta = lstm_backward(c, gates, recurrent_kernel, at_y)
np.testing.assert_allclose(delta, deltas[:, :4], rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you forget the way through h. These are gradients of the bias.

delta = lstm_backward(c, gates, 0 * recurrent_kernel, at_y)
right, wrong = gradients[2], rnn_gradients(x, h, kernel, delta)[-1]
print("right:", right.round(2), "wrong:", wrong.round(2), sep="\n")
assert not np.allclose(right, wrong)

# %%
# See it
# ------
# Only the last output is in the loss. Along c, its gradient still reaches g in
# step 1. The earlier o act only through h: they get almost nothing.
u = np.full((1, 4), 0.25)
_, c, gates = lstm_forward(np.ones((1, 5, 1)), 2 * u, u, np.array([0, 2, 0, 0]))
last = np.eye(5)[4].reshape(1, 5, 1)
delta = lstm_backward(c, gates, u, last)[0]  # (steps, gates)
assert delta[0, 2] > delta[4, 2] / 2 and delta[0, 3] < delta[4, 3] / 20
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(range(1, 6), delta, "o-", label=["i", "f", "g", "o"])
axis.set(title="Gradient of the last output at each gate", xlabel="step")
axis.legend(loc="upper left")
plt.show()
