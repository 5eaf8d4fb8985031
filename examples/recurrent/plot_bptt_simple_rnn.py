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
# From other pages
# ----------------


def tanh_slope(h):
    return 1 - h**2  # where h is tanh(z)


# %%
# Compute it
# ----------
# In ``einsum``, n stands for a sample and t for a step.


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


def rnn_gradients(x, states, kernel, delta):
    """Gradients of x, kernel, recurrent_kernel and bias."""
    before = np.stack(states[:-1], axis=1)  # (batch, steps, units)
    kernel_gradient = np.einsum("ntf,ntu->fu", x, delta)
    recurrent_gradient = np.einsum("ntv,ntu->vu", before, delta)
    bias_gradient = np.sum(delta, axis=(0, 1))
    return delta @ kernel.T, kernel_gradient, recurrent_gradient, bias_gradient


# %%
# Check it
# --------
# At y, the gradient is y - target. (Only TensorFlow trains in float64.)

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
