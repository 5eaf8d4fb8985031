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
# From other pages
# ----------------


def tanh_slope(h):
    return 1 - h**2  # where h is tanh(z)


def rnn_forward(x, kernel, recurrent_kernel, bias, activation=np.tanh):
    """A list of the states of SimpleRNN, (batch, units), which begins with 0.

    x: (batch, steps, features); the weights as in Keras.
    """
    states = [np.zeros((len(x), len(bias)))]
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + states[-1] @ recurrent_kernel + bias
        states.append(activation(z))
    return states


def rnn_backward(states, recurrent_kernel, y_gradient, slope=tanh_slope):
    """delta, the gradient at z, (batch, steps, units) (Werbos, 1990).

    states: from rnn_forward, y_gradient: (batch, steps, units), of the loss at
    each output; zeros but for the last step, if the layer returns only that.
    """
    delta = np.zeros(y_gradient.shape)
    from_next = 0  # no step follows the last one
    for t in reversed(range(y_gradient.shape[1])):
        h_gradient = y_gradient[:, t] + from_next
        delta[:, t] = h_gradient * slope(states[t + 1])
        from_next = delta[:, t] @ recurrent_kernel.T
    return delta


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


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
