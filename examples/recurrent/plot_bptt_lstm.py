r"""
LSTM gradient: backpropagation through time
===========================================

The gradient of an LSTM goes back along two paths: the cell state, where each
step multiplies it by the forget gate, and the output, which the gates read.

The gradient is :math:`\eta` at h and :math:`\gamma` at c. From the last step to
the first, with i, f, g and o after their activations:

.. math::

   \eta_t &= \partial L / \partial y_t + \delta_{t+1} U^T \\
   \gamma_t &= \gamma_{t+1} f_{t+1} + \eta_t \, o_t (1 - \tanh^2 c_t) \\
   \delta^i_t &= \gamma_t \, g_t \, i_t (1 - i_t) \\
   \delta^f_t &= \gamma_t \, c_{t-1} \, f_t (1 - f_t) \\
   \delta^g_t &= \gamma_t \, i_t (1 - g_t^2) \\
   \delta^o_t &= \eta_t \, \tanh(c_t) \, o_t (1 - o_t)

Side by side, the last four are :math:`\delta`, the gradient at the sum z of
the step. The gradients of the weights follow from it as in ``SimpleRNN``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``SGD`` with a learning rate of 1 subtracts the gradient. ``Embedding`` makes
# ``x`` a weight, too: token 5 reads row 5. With this loss, the target itself is
# the gradient of the loss at ``y``.

x = np.float32(rng.normal(size=(2, 5, 3)))  # (batch, steps, features)
shapes = [(3, 8), (2, 8), (8,)]  # kernel, recurrent kernel and bias: 4 * units
weights = [np.float32(rng.normal(size=shape)) for shape in shapes]
y_gradient = rng.integers(-3, 4, size=(2, 5, 2))  # (batch, steps, units)


def loss(y_gradient, y):
    return keras.ops.sum(y_gradient * y)


def keras_gradients(dtype):
    embedding = keras.layers.Embedding(10, 3, dtype=dtype)
    layer = keras.layers.LSTM(2, return_sequences=True, dtype=dtype)
    model = keras.Sequential([keras.Input((5,)), embedding, layer])
    model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
    model.set_weights([x.reshape(10, 3), *weights])
    model.train_on_batch(np.arange(10).reshape(2, 5), y_gradient)
    new_x, *new_weights = model.get_weights()
    changes = [old - new for old, new in zip(weights, new_weights)]
    return [x - new_x.reshape(x.shape), *changes]


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
# The forward pass keeps both states and the gates of each step.


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
# In float32 and in float64. (Only TensorFlow trains in float64.)

x64, *weights64 = [array.astype("float64") for array in (x, *weights)]
kernel, recurrent_kernel, bias = weights64
h, c, gates = lstm_forward(x64, *weights64)
delta = lstm_backward(c, gates, recurrent_kernel, y_gradient)
gradients = rnn_gradients(x64, h, kernel, delta)
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

nothing = np.zeros_like(recurrent_kernel)
delta_1997 = lstm_backward(c, gates, nothing, y_gradient)
wrong = rnn_gradients(x64, h, kernel, delta_1997)
print("gradient of the bias:", gradients[3].round(2), sep="\n")
print("as in 1997:", wrong[3].round(2), sep="\n")
assert not np.allclose(in_training[3], wrong[3])

# %%
# See it
# ------
# One unit, and only the last output in the loss. Earlier output gates get
# almost no gradient: they reach the last step only through h.

x = np.float32(rng.normal(size=(1, 8, 1)))
one_unit = [np.full((1, 4), 0.5), np.full((1, 4), 0.25), np.array([0, 2, 0, 0])]
_, c, gates = lstm_forward(x, *one_unit)
last = np.zeros((1, 8, 1))
last[:, -1] = 1
delta = lstm_backward(c, gates, one_unit[1], last)[0].T  # (gates, steps)
percent = (100 * delta).round(1) + 0  # no -0.0
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.imshow(percent, cmap="PuOr", vmin=-80, vmax=80)
for (row, column), value in np.ndenumerate(percent):
    axis.text(column, row, value, ha="center", va="center", color="k")
axis.set(title="100 times the gradient of the last output at each gate")
axis.set_xticks(range(8), range(1, 9))
axis.set_yticks(range(4), ["input i", "forget f", "candidate g", "output o"])
axis.set(xlabel="step")
axis.tick_params(length=0)
plt.show()
