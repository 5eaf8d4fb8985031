r"""
Vanishing gradient: SimpleRNN, LSTM and the forget gate
=======================================================

Why does a network not learn what depends on long ago? Each step on the way back
multiplies the gradient by a factor. Factors below 1 leave nothing of it: it
*vanishes*. Factors above 1 make it *explode*. In a ``SimpleRNN`` the factor is
a matrix and a slope. Along the cell state of an ``LSTM`` it is the forget gate
f, which can stay near 1.

.. math::

   \delta_t &= \left( \delta_{t+1} U^T \right) \odot (1 - h_t^2) \\
   \gamma_t &= \gamma_{t+1} \odot f_{t+1} + (\text{through } h)

:math:`\delta` is the gradient inside the tanh of a ``SimpleRNN``, h its output
and U its recurrent kernel; :math:`\gamma` is that at the cell state.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import simple_rnn
from keras_by_hand.gradients import lstm_backward, lstm_forward

rng = np.random.default_rng(313)
keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# How much does the last output depend on each input? Add an ``Embedding`` of
# zeros to x: a step of ``SGD(1.0)`` turns them into minus the gradient at x, of
# the sum of the last output.

steps, units = 31, 8  # and as many features
x = rng.normal(size=(1, steps, units)).astype("float32")


def loss(_, y):
    return keras.ops.sum(y)


def keras_gradient(layer):
    zeros = keras.layers.Embedding(steps, units, "zeros")
    tokens = keras.Input((steps,))
    model = keras.Model(tokens, layer(zeros(tokens) + x))
    weights = layer.get_weights()
    model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
    model.train_on_batch(np.arange(steps)[np.newaxis], np.zeros((1, units)))
    return -zeros.get_weights()[0], weights


of_simple, simple_weights = keras_gradient(keras.layers.SimpleRNN(units))
of_lstm, lstm_weights = keras_gradient(keras.layers.LSTM(units))

# %%
# Compute it
# ----------
# The gradient at the last output is 1. Through tanh, it becomes delta. Each
# step back multiplies by the recurrent kernel and by a slope of tanh.


def simple_gradient(kernel, recurrent_kernel, h):
    delta = 1 - h[-1] ** 2
    deltas = [delta]
    for t in reversed(range(steps - 1)):
        delta = (delta @ recurrent_kernel.T) * (1 - h[t] ** 2)
        deltas.append(delta)
    return np.array(deltas[::-1]) @ kernel.T  # at x: (steps, features)


h = simple_rnn(x, *simple_weights, return_sequences=True)[0]  # (steps, units)
by_hand = simple_gradient(*simple_weights[:2], h)

# %%
# Check it
# --------
# The gradients are tiny, so each is compared with its own size. For the LSTM,
# ``lstm_backward`` does the same along both paths.


def lstm_gradient(kernel, recurrent_kernel, bias):
    _, c, gates = lstm_forward(x, kernel, recurrent_kernel, bias)
    at_y = np.zeros((1, steps, units))
    at_y[:, -1] = 1
    return (lstm_backward(c, gates, recurrent_kernel, at_y) @ kernel.T)[0]


expected = lstm_gradient(*lstm_weights)
for of_keras, of_numpy in [(of_simple, by_hand), (of_lstm, expected)]:
    size = np.linalg.norm(of_numpy, axis=1, keepdims=True)
    np.testing.assert_allclose(of_keras / size, of_numpy / size, 1e-3, 1e-3)

# %%
# Break it
# --------
# Suppose you estimate the gradient of a new ``LSTM`` from its forget bias of 1.
# You leave out what comes through h: more arrives.

arrived = np.linalg.norm(of_lstm, axis=1)
kept = 1 / (1 + np.exp(-1))  # the sigmoid of 1
wrong = arrived[-1] * kept ** np.arange(steps)[::-1]
print(f"first step: right {arrived[0]:.1e}, wrong {wrong[0]:.1e}")
assert not np.allclose(arrived[0], wrong[0], rtol=0.5)

# %%
# See it
# ------
# On a logarithmic axis, a constant factor is a straight line. 1.125 U is for
# outputs of 0, where the slope of tanh is 1.

kernel, recurrent_kernel, _ = simple_weights
large = simple_gradient(kernel, 1.125 * recurrent_kernel, 0 * h)
curves = {"LSTM": of_lstm, "SimpleRNN": of_simple, "SimpleRNN, 1.125 U": large}
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, gradient in curves.items():
    axis.semilogy(np.linalg.norm(gradient, axis=1), label=name)
axis.set(title="On the way back, a gradient vanishes or explodes")
axis.set(xlabel="step of the input", ylabel="length of the gradient")
axis.legend(loc="lower right")
plt.show()
