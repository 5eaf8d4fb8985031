r"""
LSTM: formula, gates and weights in NumPy
=========================================

An ``LSTM`` is a loop around a cell with two states: the output h and the cell
state c. One kernel holds the weights of all its gates, in the order i, f, g, o.

.. math::

   (i, f, g, o) &= x_t W + h_{t-1} U + b \\
   c_t &= \sigma(f) \odot c_{t-1} + \sigma(i) \odot \tanh(g) \\
   h_t &= \sigma(o) \odot \tanh(c_t)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 5 steps with 3 features, and 2 units.

x = rng.normal(size=(2, 5, 3)).astype("float32")  # (batch, steps, features)
shapes = [(3, 8), (2, 8), (8,)]  # kernel, recurrent kernel and bias: 4 * units
weights = [rng.normal(size=shape).astype("float32") for shape in shapes]


def keras_lstm(x, weights, mask=None, initial_state=None, **arguments):
    layer = keras.layers.LSTM(2, return_state=True, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    results = layer(x, mask=mask, initial_state=initial_state)
    return [keras.ops.convert_to_numpy(result) for result in results]


y, h, c = keras_lstm(x, weights)
print(y)

# %%
# From other pages
# ----------------


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def choose(kept, new, old):
    """new where kept, (batch,), is true, else old: two arrays, or two lists."""
    if isinstance(new, list):
        return [choose(kept, *pair) for pair in zip(new, old)]
    return np.where(kept.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def rnn(
    cell,
    x,
    states,
    mask=None,
    *,
    return_sequences=False,
    return_state=False,
    go_backwards=False,
    zero_output_for_mask=False,
):
    """An RNN layer around cell(step, states) (Keras documentation, RNN).

    x: (batch, steps, ...), states: a list, mask: (batch, steps). Returns the
    last output, or all, (batch, steps, ...); or a list of that and the states.
    """
    order = range(x.shape[1])
    outputs = []
    for t in reversed(order) if go_backwards else order:
        y, new_states = cell(x[:, t], states)
        if mask is not None:
            repeat = outputs and not zero_output_for_mask
            y = choose(
                mask[:, t], y, outputs[-1] if repeat else np.zeros_like(y)
            )
            new_states = choose(mask[:, t], new_states, states)
        states = new_states
        outputs.append(y)
    y = np.stack(outputs, axis=1) if return_sequences else outputs[-1]
    return [y, *states] if return_state else y


# %%
# Compute it
# ----------


def lstm_cell(
    x,
    states,
    kernel,
    recurrent_kernel,
    bias=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
):
    """A step of LSTM (Hochreiter and Schmidhuber, 1997; Gers et al., 1999).

    x: (batch, features), states: [h, c], both (batch, units), kernel:
    (features, 4 * units), recurrent_kernel: (units, 4 * units), bias:
    (4 * units,). Returns the new h, and the list [h, c].
    """
    h, c = states
    z = x @ kernel + h @ recurrent_kernel
    i, f, g, o = np.split(z if bias is None else z + bias, 4, axis=-1)
    i, f, o = map(recurrent_activation, (i, f, o))
    c = f * c + i * activation(g)
    h = o * activation(c)
    return h, [h, c]


def lstm(
    x,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    initial_state=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    **options,
):
    """LSTM (Keras documentation). options: the keywords of rnn.

    x: (batch, steps, features), mask: (batch, steps), initial_state: [h, c],
    both (batch, units), zeros if there is none. Returns what rnn does.
    """

    def cell(x, states):
        return lstm_cell(
            x,
            states,
            kernel,
            recurrent_kernel,
            bias,
            activation=activation,
            recurrent_activation=recurrent_activation,
        )

    if initial_state is None:
        initial_state = [np.zeros((len(x), len(recurrent_kernel)))] * 2
    return rnn(cell, x, initial_state, mask, **options)


# %%
# Check it
# --------
# All steps, read backwards from an initial state; then with a mask. (Only
# TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
mask = np.array([[1, 1, 1, 1, 1], [0, 1, 1, 0, 0]], dtype=bool)
start = [rng.normal(size=(2, 2)).astype("float32") for _ in range(2)]  # h, c
cases = [
    {"return_sequences": True, "go_backwards": True, "initial_state": start},
    {"return_sequences": True, "mask": mask},
]
x64, *weights64 = [array.astype("float64") for array in (x, *weights)]
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for case in cases:
        actual = keras_lstm(x, weights, dtype=dtype, **case)
        expected = lstm(x64, *weights64, return_state=True, **case)
        for of_keras, of_numpy in zip(actual, expected):
            np.testing.assert_allclose(of_keras, of_numpy, tolerance, tolerance)

# %%
# The last output alone, without a bias, and with the two activations exchanged.

exchanged = {"activation": "sigmoid", "recurrent_activation": "tanh"}
actual, _, _ = keras_lstm(x, weights[:2], use_bias=False, **exchanged)
exchanged = {"activation": sigmoid, "recurrent_activation": np.tanh}
expected = lstm(x64, *weights64[:2], **exchanged)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(actual, expected, tolerance, tolerance)

# %%
# Break it
# --------
# PyTorch's order is i, f, g, o as well, but it keeps two biases. Would you load
# one of them and leave out the other? Keras needs their sum.

*kernels, bias = weights64
wrong = lstm(x64, *kernels, bias / 2)  # as if the two biases were equal
print(wrong)
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# An LSTM of one unit that counts the steps whose input is 1: each opens the
# input gate, and the other gates are always open. So y is tanh(c).

kernel = np.array([[200.0, 0, 0, 0]])
bias = np.array([-100.0, 100, 100, 100])
x = np.array([0, 1, 0, 0, 1, 1, 0, 1, 0]).reshape(1, 9, 1)
y = lstm(x, kernel, np.zeros((1, 4)), bias, return_sequences=True)
steps = range(1, 10)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(steps, x.ravel(), color="C1", alpha=0.4, label="input x")
axis.step(steps, np.arctanh(y.ravel()), where="mid", label="cell state c")
axis.set(title="With its forget gate open, an LSTM can count", xlabel="step")
axis.legend()
plt.show()
