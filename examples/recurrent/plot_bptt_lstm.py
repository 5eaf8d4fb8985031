r"""
LSTM gradient: backpropagation through time
===========================================

The gradient of an LSTM goes back along two paths: the cell state, where each
step multiplies it by the forget gate, and the output, which the gates read.
The gradients are :math:`\eta` at h, :math:`\gamma` at c, :math:`\delta` at z:

.. math::

   \eta_t &= \partial L / \partial y_t + \delta_{t+1} U^T \\
   \gamma_t &= \gamma_{t+1} f_{t+1} + \eta_t \, o_t (1 - \tanh^2 c_t)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.gradients import rnn_gradients

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``SGD(1.0)`` subtracts the gradient: here, of the sum of (y - target)² / 2.

x = rng.integers(-3, 4, size=(2, 4, 3)) / 4  # (batch, steps, features)
shapes = [(3, 8), (2, 8), (8,)]  # kernel, recurrent kernel and bias: 4 * units
weights = [rng.integers(-3, 4, size=shape) / 4 for shape in shapes]
target = rng.integers(-3, 4, size=(2, 4, 2))  # (batch, steps, units)


def keras_gradients(dtype):
    layer = keras.layers.LSTM(2, return_sequences=True, dtype=dtype)
    model = keras.Sequential([keras.Input((4, 3)), layer])
    loss = keras.losses.MeanSquaredError("sum", dtype=dtype)
    model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
    model.set_weights(weights)
    model.train_on_batch(x, target)
    return [old - new for old, new in zip(weights, model.get_weights())]


# %%
# Compute it
# ----------
# The forward pass keeps all states and gates.

from keras_by_hand.gradients import lstm_forward

h, c, gates = lstm_forward(x, *weights)  # h and c begin with zeros

# %%
# The backward pass begins at the last step. Each step computes eta and gamma
# from the gradient at its output, and from what comes back from the next step.
# From them it computes delta, with the slopes of the gates: i * (1 - i) for a
# sigmoid, 1 - g² for tanh. ``rnn_gradients`` adds up the steps, as for
# ``SimpleRNN``.

kernel, recurrent_kernel, bias = weights
deltas = np.zeros((2, 5, 8))  # no step follows the last one: zeros
gamma_from_next = np.zeros((2, 2))  # gamma times the forget gate
for t in reversed(range(4)):
    i, f, g, o = gates[t]
    tanh_c = np.tanh(c[t + 1])
    eta = h[t + 1] - target[:, t] + deltas[:, t + 1] @ recurrent_kernel.T
    gamma = gamma_from_next + eta * o * (1 - tanh_c**2)
    gamma_from_next = gamma * f
    of_i = gamma * g * i * (1 - i)
    of_f = gamma * c[t] * f * (1 - f)
    of_g = gamma * i * (1 - g**2)
    of_o = eta * tanh_c * o * (1 - o)
    deltas[:, t] = np.concatenate([of_i, of_f, of_g, of_o], axis=-1)
_, *by_hand = rnn_gradients(x, h, kernel, deltas[:, :4])

# %%
# The function does this for any gradient at the outputs.

from keras_by_hand.gradients import lstm_backward

# %%
# Check it
# --------
# At y, the gradient is y - target. (Only TensorFlow trains in float64.)

for of_keras, gradient in zip(keras_gradients("float32"), by_hand):
    np.testing.assert_allclose(of_keras, gradient, rtol=1e-4, atol=1e-4)

y_gradient = np.stack(h[1:], axis=1) - target
delta = lstm_backward(c, gates, recurrent_kernel, y_gradient)
_, *gradients = rnn_gradients(x, h, kernel, delta)
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    in_training = keras_gradients(dtype)
    for of_keras, gradient in zip(in_training, gradients):
        np.testing.assert_allclose(of_keras, gradient, tolerance, tolerance)

# %%
# Break it
# --------
# The first LSTM, of 1997, sent gradients back along the cell state alone. Would
# you do so, too? In Keras they also go through the recurrent kernel.

delta = lstm_backward(c, gates, 0 * recurrent_kernel, y_gradient)
_, *wrong = rnn_gradients(x, h, kernel, delta)
print("of the bias:", gradients[2], wrong[2], sep="\n")
assert not np.allclose(in_training[2], wrong[2])

# %%
# See it
# ------
# Only the last output is in the loss: earlier output gates get almost nothing.

u = np.full((1, 4), 0.25)
_, c, gates = lstm_forward(np.ones((1, 5, 1)), 2 * u, u, np.array([0, 2, 0, 0]))
last = np.array([0, 0, 0, 0, 1]).reshape(1, 5, 1)
delta = lstm_backward(c, gates, u, last)[0]  # (steps, gates)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(range(1, 6), delta, "o-", label=["i", "f", "g", "o"])
axis.set(title="The gradient of the last output at each gate", xlabel="step")
axis.legend(loc="upper left")
plt.show()
