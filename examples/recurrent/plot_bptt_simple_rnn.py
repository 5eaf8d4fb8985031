r"""
Backpropagation through time: gradients of SimpleRNN
====================================================

Backpropagation through time (BPTT) walks through the sequence in reverse. All
steps use the same weights, so the gradient of a weight is a sum over the steps.
For :math:`z_t = x_t W + h_{t-1} U + b` and :math:`h_t = \varphi(z_t)`:

.. math::

   \delta_t &= \left( g_t + \delta_{t+1} U^T \right) \odot \varphi'(z_t) \\
   \frac{\partial L}{\partial W} &= \sum_t x_t^T \delta_t, \quad
   \frac{\partial L}{\partial U} = \sum_t h_{t-1}^T \delta_t \\
   \frac{\partial L}{\partial b} &= \sum_t \delta_t, \quad
   \frac{\partial L}{\partial x_t} = \delta_t W^T
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``SGD(1.0)`` subtracts the gradient: here, of the sum of (y - target)² / 2.
# ``Embedding`` makes ``x`` a weight, too: token 5 reads row 5.

x = rng.integers(-3, 4, size=(2, 4, 3)) / 4  # (batch, steps, features)
kernel = rng.integers(-3, 4, size=(3, 2)) / 4  # (features, units)
recurrent_kernel = np.array([[1, -1], [2, 1]]) / 4  # (units, units)
weights = [kernel, recurrent_kernel, np.array([0.5, -0.25])]  # and the bias
target = rng.integers(-3, 4, size=(2, 4, 2))  # (batch, steps, units)


def keras_gradients(dtype):
    embedding = keras.layers.Embedding(8, 3, dtype=dtype)
    layer = keras.layers.SimpleRNN(2, return_sequences=True, dtype=dtype)
    model = keras.Sequential([keras.Input((4,)), embedding, layer])
    loss = keras.losses.MeanSquaredError("sum", dtype=dtype)
    model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
    model.set_weights([x.reshape(8, 3), *weights])
    model.train_on_batch(np.arange(8).reshape(2, 4), target)
    new_x, *new_weights = model.get_weights()
    changes = [old - new for old, new in zip(weights, new_weights)]
    return [x - new_x.reshape(x.shape), *changes]


# %%
# Compute it
# ----------
# The first loop keeps all states. The second goes back. In each step, it takes
# the gradient at the output, adds what comes back from the next step, and
# multiplies the sum by the slope of tanh, 1 - h². Each step adds its part to
# the gradients of the weights.

h = [np.zeros((2, 2))]  # the states, (batch, units), which begin with zeros
for t in range(4):
    h.append(np.tanh(x[:, t] @ kernel + h[t] @ recurrent_kernel + weights[2]))

by_hand = [np.zeros_like(array) for array in (x, *weights)]
of_x, of_kernel, of_recurrent_kernel, of_bias = by_hand
delta = np.zeros((2, 2))  # no step follows the last one
for t in reversed(range(4)):
    g = h[t + 1] - target[:, t]  # the gradient of the loss at this output
    delta = (g + delta @ recurrent_kernel.T) * (1 - h[t + 1] ** 2)
    of_x[:, t] = delta @ kernel.T
    of_kernel += x[:, t].T @ delta
    of_recurrent_kernel += h[t].T @ delta
    of_bias += delta.sum(axis=0)

# %%
# The three functions go forwards, go backwards, and compute all gradients at
# once. In ``einsum``, n stands for a sample and t for a step.

from keras_by_hand import rnn_backward, rnn_forward, rnn_gradients

# %%
# Check it
# --------
# At y, the gradient is y - target. (Only TensorFlow trains in float64.)

for of_keras, gradient in zip(keras_gradients("float32"), by_hand):
    np.testing.assert_allclose(of_keras, gradient, rtol=1e-4, atol=1e-4)

states = rnn_forward(x, *weights)
y_gradient = np.stack(states[1:], axis=1) - target
delta = rnn_backward(states, recurrent_kernel, y_gradient)
gradients = rnn_gradients(x, states, kernel, delta)
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    in_training = keras_gradients(dtype)
    for of_keras, gradient in zip(in_training, gradients):
        np.testing.assert_allclose(of_keras, gradient, tolerance, tolerance)

# %%
# Break it
# --------
# Would you treat the state before each step as a fixed input? That is BPTT
# truncated after one step: nothing goes back through the recurrent kernel.

delta = rnn_backward(states, 0 * recurrent_kernel, y_gradient)
truncated = rnn_gradients(x, states, kernel, delta)
print("of the recurrent kernel:", gradients[2], truncated[2], sep="\n")
assert not np.allclose(in_training[2], truncated[2])

# %%
# See it
# ------
# One linear unit with U = 2. Only the last output is in the loss.

last = np.array([0, 0, 0, 0, 1]).reshape(1, 5, 1)
delta = rnn_backward(np.zeros(6), np.array([[2]]), last, np.ones_like)
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.bar(range(1, 6), delta.ravel())
axis.set(title="The gradient δ doubles on its way back", xlabel="step")
plt.show()
