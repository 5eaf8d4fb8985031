r"""
Vanishing gradient: SimpleRNN, LSTM and the forget gate
=======================================================

Why does an RNN hardly learn from what it read long ago (long-term
dependencies)? Each step on the way back multiplies the gradient by a factor. If
all factors are below 1, it *vanishes*; if all are above 1, it *explodes*. In a
``SimpleRNN`` the factor is a matrix and a slope:

.. math:: \delta_t = \left( \delta_{t+1} U^T \right) \odot (1 - h_t^2)

:math:`\delta` is the gradient inside the tanh, h the output, U the recurrent
kernel, and :math:`1 - h^2` the slope of tanh. Along the cell state of an
``LSTM``, the factor is the forget gate, which can stay near 1. If gradients
explode, clip them by ``Adam(clipnorm=1)``: see the page "Gradient clipping".
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import simple_rnn
from keras_by_hand.gradients import lstm_backward, lstm_forward

# %%
# Build it
# --------
# How much does the last output depend on each input? Its sum is the loss. Keras
# trains weights only, so add an ``Embedding`` of zeros to x. After one step of
# ``SGD(1.0)``, its table holds minus the gradient at x.

keras.utils.set_random_seed(313)
steps, units = 31, 8  # and as many features
x = np.random.normal(size=(1, steps, units)).astype("float32")


def keras_gradient(layer):
    zeros = keras.layers.Embedding(steps, units, "zeros")
    tokens = keras.Input((steps,))
    model = keras.Model(tokens, layer(zeros(tokens) + x))
    weights = layer.get_weights()
    model.compile(keras.optimizers.SGD(1.0), lambda _, y: keras.ops.sum(y))
    model.train_on_batch(np.arange(steps)[np.newaxis], np.zeros((1, units)))
    return -zeros.get_weights()[0], weights


of_simple, simple_weights = keras_gradient(keras.layers.SimpleRNN(units))
of_lstm, lstm_weights = keras_gradient(keras.layers.LSTM(units))

# %%
# Compute it
# ----------
# The gradient at the last output is 1, so the last delta is a slope of tanh.
# Each step back multiplies by the recurrent kernel and by a slope.


def simple_gradient(kernel, recurrent_kernel, h):
    deltas = 1 - h**2  # the slopes: (steps, units)
    for t in reversed(range(steps - 1)):
        deltas[t] *= deltas[t + 1] @ recurrent_kernel.T
    return deltas @ kernel.T  # at x: (steps, features)


kernel, recurrent_kernel, _ = simple_weights
h = simple_rnn(x, *simple_weights, return_sequences=True)[0]  # (steps, units)
by_hand = simple_gradient(kernel, recurrent_kernel, h)

# %%
# Check it
# --------
# The gradients are tiny, so each is compared with its own size. For the LSTM,
# ``lstm_backward`` does the same: see the page "LSTM gradient".
W, U, _ = lstm_weights
_, c, gates = lstm_forward(x, *lstm_weights)
at_y = np.eye(steps)[-1:, :, np.newaxis] * np.ones(units)
delta = lstm_backward(c, gates, U, at_y)[0]
for of_keras, of_numpy in [(of_simple, by_hand), (of_lstm, delta @ W.T)]:
    size = np.linalg.norm(of_numpy, axis=1, keepdims=True)
    np.testing.assert_allclose(of_keras / size, of_numpy / size, 1e-3, 1e-3)

# %%
# Break it
# --------
# The gradient of a new LSTM vanishes, too. Keras starts the bias of the forget
# gate with 1: each step keeps about sigmoid(1), or 3/4. Training can open the
# gate. Suppose your own LSTM starts with 0: then each step keeps only half.
of_half, _ = keras_gradient(keras.layers.LSTM(units, unit_forget_bias=False))
right, wrong = np.linalg.norm([of_lstm[0], of_half[0]], axis=1)
print(f"at the first step: right {right:.1e}, wrong {wrong:.1e}")
assert 100 * wrong < right

# %%
# See it
# ------
# Keras' first U is orthogonal: it keeps a vector's length. Only the slopes make
# the gradient of the ``SimpleRNN`` vanish. For the third curve all slopes are 1
# (h = 0), and 1.125 U makes a vector longer.
large = simple_gradient(kernel, 1.125 * recurrent_kernel, 0 * h)
norms = np.linalg.norm([of_lstm, of_simple, large], axis=-1).T
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.semilogy(norms, label=["LSTM", "SimpleRNN", "SimpleRNN, 1.125 U"])
axis.set(title="On the way back, a gradient vanishes or explodes")
axis.set(xlabel="step of the input", ylabel="norm of the gradient")
axis.legend(loc="lower right")
plt.show()
