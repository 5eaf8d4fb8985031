r"""
Backpropagation through time: gradients of SimpleRNN
====================================================

Backpropagation through time (BPTT) walks through the sequence in reverse. All
steps use the same weights, so the gradient of a weight is a sum over the steps.

For :math:`z_t = x_t W + h_{t-1} U + b` and :math:`h_t = \varphi(z_t)`, from the
last step to the first:

.. math::

   \delta_t &= \left( g_t + \delta_{t+1} U^T \right) \odot \varphi'(z_t) \\
   \frac{\partial L}{\partial W} &= \sum_t x_t^T \delta_t, \quad
   \frac{\partial L}{\partial U} = \sum_t h_{t-1}^T \delta_t \\
   \frac{\partial L}{\partial b} &= \sum_t \delta_t, \quad
   \frac{\partial L}{\partial x_t} = \delta_t W^T

In the first line two gradients meet, as the state h is used twice: it is the
output of its step, with the gradient g, and an input of the next step.
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

x = rng.integers(-3, 4, size=(2, 4, 3)) / 4  # (batch, steps, features)
kernel = rng.integers(-3, 4, size=(3, 2)) / 4  # (features, units)
recurrent_kernel = np.array([[1, -1], [2, 1]]) / 4  # (units, units)
weights = [kernel, recurrent_kernel, np.array([0.5, -0.25])]  # and the bias
y_gradient = rng.integers(-3, 4, size=(2, 4, 2))  # (batch, steps, units)


def loss(y_gradient, y):
    return keras.ops.sum(y_gradient * y)


def keras_gradients(dtype):
    embedding = keras.layers.Embedding(8, 3, dtype=dtype)
    layer = keras.layers.SimpleRNN(2, return_sequences=True, dtype=dtype)
    model = keras.Sequential([keras.Input((4,)), embedding, layer])
    model.compile(keras.optimizers.SGD(1.0), loss, run_eagerly=True)
    model.set_weights([x.reshape(8, 3), *weights])
    model.train_on_batch(np.arange(8).reshape(2, 4), y_gradient)
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
# The forward pass keeps the states. The backward pass finds :math:`\delta` in a
# loop. Each gradient is then one line. (n stands for a sample, t for a step.)


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
# In float32 and in float64. (Only TensorFlow trains in float64.)

states = rnn_forward(x, *weights)
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

nothing = np.zeros_like(recurrent_kernel)
delta = rnn_backward(states, nothing, y_gradient)
truncated = rnn_gradients(x, states, kernel, delta)
print("gradient of the recurrent kernel:", gradients[2].round(2), sep="\n")
print("truncated:", truncated[2].round(2), sep="\n")
assert not np.allclose(in_training[2], truncated[2])

# %%
# See it
# ------
# One unit without an activation, whose recurrent kernel is 2. Only the last
# output is in the loss. On the way back, each step doubles the gradient.

x = [1, -1, 2, 1]
u = np.array([[2]])
h = rnn_forward(
    np.reshape(x, (1, 4, 1)), np.eye(1), u, np.zeros(1), np.positive
)
last = np.reshape([0, 0, 0, 1], (1, 4, 1))
delta = rnn_backward(h, u, last, np.ones_like)
fig, axis = plt.subplots(figsize=(6, 2), layout="constrained")
centered = {"ha": "center", "va": "center", "size": 12}
for t in range(4):
    state = f"x = {x[t]}\n↓\nh = {h[t + 1].item():.0f}"
    axis.text(t, 0, f"{state}\n\nδ = {delta[0, t, 0]:.0f}", **centered)
for t in range(3):
    axis.text(t + 0.5, 0, "\n\n→\ntimes 2\n←", **centered)
axis.set(title="Forward the states, backward the gradients")
axis.set(xlim=(-0.4, 3.4), ylim=(-1, 1))
axis.axis("off")
plt.show()
