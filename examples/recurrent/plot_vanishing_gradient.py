r"""
Vanishing gradient: SimpleRNN, LSTM and the forget gate
=======================================================

The gradient of an early input vanishes or explodes, because each step on the
way back multiplies it by a factor. In a ``SimpleRNN`` the factor is a matrix;
along the cell state of an ``LSTM`` it is the forget gate f:

.. math::

   \delta_t &= \left( \delta_{t+1} U^T \right) \odot (1 - h_t^2) \\
   \gamma_t &= \gamma_{t+1} \odot f_{t+1} + (\text{through } h)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import LSTM, SimpleRNN

from keras_by_hand import sigmoid
from keras_by_hand.gradients import (
    lstm_backward,
    lstm_forward,
    rnn_backward,
    rnn_forward,
)

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# To read tiny gradients, add an ``Embedding`` of zeros to ``x``. A step of
# ``SGD(1.0)`` turns the zeros into minus the gradient, and no digit of it is
# rounded away.

steps, units = 31, 8  # and as many features


def loss(_, y):
    return keras.ops.sum(y)  # of all units of the last output


def keras_reach(x, layer, weights):
    zeros = keras.layers.Embedding(steps, units, "zeros", dtype=layer.dtype)
    tokens = keras.Input((steps,))
    model = keras.Model(tokens, layer(zeros(tokens) + x))
    model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
    layer.set_weights(weights)
    model.train_on_batch(np.arange(steps)[np.newaxis], np.zeros((1, units)))
    return -zeros.get_weights()[0][np.newaxis]


# %%
# Compute it
# ----------


def simple_rnn_reach(x, y_gradient, kernel, recurrent_kernel, bias):
    """The gradient of the loss at x, (batch, steps, features).

    y_gradient: (batch, steps, units), at the outputs; the weights as in Keras.
    """
    states = rnn_forward(x, kernel, recurrent_kernel, bias)
    return rnn_backward(states, recurrent_kernel, y_gradient) @ kernel.T


def lstm_reach(x, y_gradient, kernel, recurrent_kernel, bias):
    """The same for an LSTM."""
    _, c, gates = lstm_forward(x, kernel, recurrent_kernel, bias)
    return lstm_backward(c, gates, recurrent_kernel, y_gradient) @ kernel.T


# %%
# Check it
# --------
# Divided by their lengths, small gradients are checked as well as large ones.
# (Only TensorFlow trains in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
keras.utils.set_random_seed(313)
x = rng.normal(size=(1, steps, units)).astype("float32")
simple_layer, lstm_layer = SimpleRNN(units), LSTM(units)
simple_layer.build(x.shape)
lstm_layer.build(x.shape)
simple, default = simple_layer.get_weights(), lstm_layer.get_weights()
kernel, recurrent_kernel, bias = default  # bias: 1 for forget gates, others 0
y_gradient = np.zeros((1, steps, units))
y_gradient[:, -1] = 1
lengths = {}
for name, layer, weights, reach in (
    ("SimpleRNN", SimpleRNN, simple, simple_rnn_reach),
    ("LSTM", LSTM, default, lstm_reach),
    ("LSTM, bias 5", LSTM, [kernel, recurrent_kernel, 5 * bias], lstm_reach),
):
    expected = reach(x.astype("float64"), y_gradient, *weights)
    length = np.linalg.norm(expected, axis=-1, keepdims=True)  # of each step
    expected = expected / length
    lengths[name] = length.ravel()
    for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
        tolerance = 1000 * np.finfo(dtype).eps
        actual = keras_reach(x, layer(units, dtype=dtype), weights) / length
        np.testing.assert_allclose(actual, expected, tolerance, tolerance)

# %%
# The factor itself, on inputs of 0. The recurrent kernel of a new ``SimpleRNN``
# is orthogonal: it keeps lengths. 1.125 times this kernel makes each gradient
# 1.125 times as long.

large = [np.eye(units), 1.125 * simple[1], simple[2]]
exploding = simple_rnn_reach(np.zeros_like(x), y_gradient, *large)
length = np.linalg.norm(exploding[0], axis=-1)
np.testing.assert_allclose(length[:-1], 1.125 * length[1:], rtol=1e-5)
lengths["SimpleRNN, 1.125 U"] = length

# %%
# Break it
# --------
# Would you estimate the gradient of a new ``LSTM`` from its forget bias alone?
# Then you leave out the path through h and the gates: more gradient arrives.

actual = lengths["LSTM"]
wrong = actual[-1] * sigmoid(1) ** np.arange(steps)[::-1]
print(f"{actual[0] / wrong[0]:.0f} times as much at the first step")
assert not np.allclose(actual, wrong)

# %%
# See it
# ------
# On a logarithmic axis, a constant factor is a straight line.

fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, length in lengths.items():
    axis.semilogy(length, label=name)
axis.set(title="On the way back, a gradient vanishes, explodes or stays")
axis.set(xlabel="step of the input", ylabel="length of the gradient")
axis.legend(loc="lower right")
plt.show()
