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
# From other pages
# ----------------


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def rnn_gradients(x, states, kernel, delta):
    """Gradients of x, kernel, recurrent_kernel and bias."""
    before = np.stack(states[:-1], axis=1)  # (batch, steps, units)
    kernel_gradient = np.einsum("ntf,ntu->fu", x, delta)
    recurrent_gradient = np.einsum("ntv,ntu->vu", before, delta)
    bias_gradient = np.sum(delta, axis=(0, 1))
    return delta @ kernel.T, kernel_gradient, recurrent_gradient, bias_gradient


# %%
# Compute it
# ----------


def lstm_forward(x, kernel, recurrent_kernel, bias):
    """Lists of h, c and [i, f, g, o], all (batch, units), one for each step.

    x: (batch, steps, features); the weights as in Keras. h and c have one more
    entry: the zeros they begin with.
    """
    h = [np.zeros((len(x), len(recurrent_kernel)))]
    c, gates = [h[0]], []
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h[-1] @ recurrent_kernel + bias
        i, f, g, o = np.split(z, 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c.append(f * c[-1] + i * g)
        h.append(o * np.tanh(c[-1]))
        gates.append([i, f, g, o])
    return h, c, gates


def lstm_backward(c, gates, recurrent_kernel, y_gradient):
    """delta: the gradient at z, (batch, steps, 4 * units).

    c, gates: from lstm_forward, y_gradient: (batch, steps, units), of the loss
    at each output. (Graves and Schmidhuber, 2005.)
    """
    delta = np.zeros((*y_gradient.shape[:2], recurrent_kernel.shape[1]))
    h_from_next = c_from_next = 0  # no step follows the last one
    for t in reversed(range(len(gates))):
        i, f, g, o = gates[t]
        tanh_c = np.tanh(c[t + 1])
        h_gradient = y_gradient[:, t] + h_from_next
        c_gradient = c_from_next + h_gradient * o * (1 - tanh_c**2)
        i_gradient = c_gradient * g * i * (1 - i)
        f_gradient = c_gradient * c[t] * f * (1 - f)
        g_gradient = c_gradient * i * (1 - g**2)
        o_gradient = h_gradient * tanh_c * o * (1 - o)
        parts = [i_gradient, f_gradient, g_gradient, o_gradient]
        delta[:, t] = np.concatenate(parts, axis=-1)
        h_from_next = delta[:, t] @ recurrent_kernel.T
        c_from_next = c_gradient * f
    return delta


# %%
# Check it
# --------
# At y, the gradient is y - target. (Only TensorFlow trains in float64.)

kernel, recurrent_kernel, bias = weights
h, c, gates = lstm_forward(x, *weights)
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
