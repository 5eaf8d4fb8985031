r"""
Vanishing gradient: SimpleRNN, LSTM and the forget gate
=======================================================

The gradient of an early input vanishes or explodes, because each step on the
way back multiplies it by a factor.

In a ``SimpleRNN`` the factor is a matrix. Along the cell state of an ``LSTM``
it is the forget gate f, a number between 0 and 1 for each unit:

.. math::

   \delta_t &= \left( \delta_{t+1} U^T \right) \odot (1 - h_t^2) \\
   \gamma_t &= \gamma_{t+1} \odot f_{t+1} + \cdots

Here :math:`\delta` is the gradient at the sum inside tanh, and :math:`\gamma`
the gradient at c. The dots stand for the path through h and the gates.
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
# ``SGD`` with a learning rate of 1 turns the zeros into minus the gradient. So
# no digit of it is rounded away.

steps, units = 61, 16  # and as many features


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
# This is backpropagation through time. The gradient at y is 1 for each unit of
# the last output, and 0 at the other steps.


def simple_rnn_reach(x, y_gradient, kernel, recurrent_kernel, bias):
    """The gradient of the loss at x, in the shape of x.

    x: (batch, steps, features), y_gradient: (batch, steps, units), of the loss
    at each output; the weights as in Keras.
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
# A new ``SimpleRNN``, a new ``LSTM``, and an ``LSTM`` whose forget gates have a
# bias of 5 instead of 1. We divide each gradient by its length: so we check the
# digits of small gradients, too.

keras.utils.set_random_seed(313)
x = np.float32(rng.normal(size=(1, steps, units)))  # (batch, steps, features)
simple_layer, lstm_layer = SimpleRNN(units), LSTM(units)
simple_layer.build(x.shape)
lstm_layer.build(x.shape)
simple, default = simple_layer.get_weights(), lstm_layer.get_weights()
kernel, recurrent_kernel, bias = default
bias_5 = np.repeat([0, 5, 0, 0], units)  # of i, f, g, o
open_gates = [kernel, recurrent_kernel, bias_5]
y_gradient = np.zeros((1, steps, units))
y_gradient[:, -1] = 1
given = x.astype("float64"), y_gradient
cases = {
    "SimpleRNN": (SimpleRNN, simple, simple_rnn_reach(*given, *simple)),
    "LSTM": (LSTM, default, lstm_reach(*given, *default)),
    "LSTM, bias 5": (LSTM, open_gates, lstm_reach(*given, *open_gates)),
}
tensorflow = keras.backend.backend() == "tensorflow"
for name, (layer, weights, expected) in cases.items():
    length = np.linalg.norm(expected, axis=-1, keepdims=True)  # of each step
    first, last = length[0, 0, 0], length[0, -1, 0]
    print(f"{name}: length {last:.1f} at the last step, {first:.0e} at first")
    for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
        tolerance = 1000 * np.finfo(dtype).eps
        actual = keras_reach(x, layer(units, dtype=dtype), weights)
        np.testing.assert_allclose(
            actual / length, expected / length, tolerance, tolerance
        )

# %%
# The factor itself. With a recurrent kernel of 0, an ``LSTM`` has only the path
# through its forget gates. A new ``SimpleRNN`` has an orthogonal recurrent
# kernel, which keeps lengths. So 1.125 times this kernel makes each gradient
# 1.125 times as long, if there is no activation.

nothing = np.zeros_like(recurrent_kernel)
large = [np.eye(units), 1.125 * simple[1], np.zeros(units)]
lengths = {}
for name, factor, layer, weights in (
    ("LSTM", sigmoid(1), LSTM(units), [kernel, nothing, bias]),
    ("bias 5", sigmoid(5), LSTM(units), [kernel, nothing, bias_5]),
    ("large", 1.125, SimpleRNN(units, "linear"), large),
):
    gradient = keras_reach(0 * x, layer, weights)
    lengths[name] = np.linalg.norm(gradient[0], axis=-1)  # (steps,)
    distance = np.arange(steps)[::-1]
    expected = lengths[name][-1] * factor**distance
    print(f"factor {factor:.3f}: {factor**60:.0e} after 60 steps")
    np.testing.assert_allclose(lengths[name], expected, rtol=1e-4)

# %%
# Break it
# --------
# Would you estimate the gradient of a new ``LSTM`` from its forget bias alone?
# Then you leave out the path through h and the gates: more gradient arrives.

actual = np.linalg.norm(cases["LSTM"][2][0], axis=-1)
wrong = actual[-1] * sigmoid(1) ** distance
print(f"{actual[0] / wrong[0]:.0f} times as much at the first step")
assert not np.allclose(actual, wrong)

# %%
# See it
# ------
# On a logarithmic axis, a constant factor is a straight line.

fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.semilogy(lengths["large"], label="SimpleRNN, linear, 1.125 U")
for name, (_, _, gradient) in reversed(cases.items()):
    axis.semilogy(np.linalg.norm(gradient[0], axis=-1), label=name)
axis.set(title="On the way back, a gradient vanishes, explodes or stays")
axis.set(xlabel="step of the input", ylabel="length of the gradient")
axis.legend(loc="lower right")
plt.show()
