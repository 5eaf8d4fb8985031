r"""
GRU: formula, gates and weights in NumPy
========================================

A ``GRU`` is a loop around a cell with one state, its output h. One kernel holds
the weights of the update gate z, the reset gate r and the candidate g, in this
order.

.. math::

   (x_z, x_r, x_g) &= x_t W + b \\
   (h_z, h_r, h_g) &= h_{t-1} U + b' \\
   z, r &= \sigma(x_z + h_z), \; \sigma(x_r + h_r) \\
   g &= \tanh(x_g + r \odot h_g) \\
   h_t &= z \odot h_{t-1} + (1 - z) \odot g
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The bias has two rows, b and b'.

x = rng.normal(size=(2, 3, 3)).astype("float32")  # (batch, steps, features)
mask = np.array([[1, 0, 1], [0, 1, 1]], bool)  # (batch, steps)
shapes = [(3, 6), (2, 6), (2, 6)]  # kernel, recurrent kernel, bias: 3 * units
weights = [rng.normal(size=shape) for shape in shapes]


def keras_gru(weights, mask=None, initial_state=None, **arguments):
    layer = keras.layers.GRU(2, return_state=True, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    results = layer(x, mask=mask, initial_state=initial_state)
    return [keras.ops.convert_to_numpy(result) for result in results]


y, _ = keras_gru(weights)

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
# ``gru_cell`` is a step, and ``gru`` is the whole layer.


def gru_cell(
    x,
    states,
    kernel,
    recurrent_kernel,
    bias=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    reset_after=True,
):
    """A step of GRU (Cho et al., 2014; reset_after: as in cuDNN).

    x: (batch, features), states: [h], h: (batch, units), kernel: (features,
    3 * units), recurrent_kernel: (units, 3 * units), bias: (2, 3 * units), or
    (3 * units,) without reset_after. Returns the new h, and the list [h].
    """
    (h,) = states
    if bias is None:
        bias = 0, 0
    elif not reset_after:
        bias = bias, 0
    x_z, x_r, x_g = np.split(x @ kernel + bias[0], 3, axis=-1)
    h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)
    z = recurrent_activation(x_z + h_z)
    r = recurrent_activation(x_r + h_r)
    if reset_after:
        h_g = r * h_g
    else:
        h_g = (r * h) @ np.split(recurrent_kernel, 3, axis=-1)[2]
    h = z * h + (1 - z) * activation(x_g + h_g)
    return h, [h]


def gru(
    x,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    initial_state=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    reset_after=True,
    **options,
):
    """GRU (Keras documentation). options: the keywords of rnn.

    x: (batch, steps, features), mask: (batch, steps), initial_state:
    [(batch, units)], zeros if there is none. Returns what rnn does.
    """

    def cell(x, states):
        return gru_cell(
            x,
            states,
            kernel,
            recurrent_kernel,
            bias,
            activation=activation,
            recurrent_activation=recurrent_activation,
            reset_after=reset_after,
        )

    if initial_state is None:
        initial_state = [np.zeros((len(x), len(recurrent_kernel)))]
    return rnn(cell, x, initial_state, mask, **options)


# %%
# Check it
# --------
# All arguments of the loop together, in float32 and in float64. (Only
# TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
start = [rng.normal(size=(2, 2)).astype("float32")]  # (batch, units)
options = {"return_sequences": True, "go_backwards": True}
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    actual = keras_gru(weights, mask, start, dtype=dtype, **options)
    expected = gru(x, *weights, mask, start, return_state=True, **options)
    for pair in zip(actual, expected, strict=True):
        np.testing.assert_allclose(*pair, tolerance, tolerance)

# %%
# With the two activations exchanged and ``reset_after=False``, where the bias
# has one row. Once with a bias, and once without.

kernel, recurrent_kernel, bias = weights
options = {"activation": "sigmoid", "recurrent_activation": "tanh"}
exchanged = {"activation": sigmoid, "recurrent_activation": np.tanh}
for arrays in ([kernel, recurrent_kernel, bias[0]], [kernel, recurrent_kernel]):
    options["use_bias"] = len(arrays) == 3
    actual, _ = keras_gru(arrays, dtype=dtype, reset_after=False, **options)
    expected = gru(x, *arrays, reset_after=False, **exchanged)
    np.testing.assert_allclose(actual, expected, tolerance, tolerance)

# %%
# Break it
# --------
# An LSTM has one bias. Would you add up the two rows of a GRU's? In z and r
# only their sum counts, but in g the reset gate multiplies the second row.

merged = np.stack([bias[0] + bias[1], np.zeros(6)])
wrong = gru(x, kernel, recurrent_kernel, merged)
print("right:", y.round(2), "wrong:", wrong.round(2), sep="\n")
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# A GRU of one unit that holds a number. A second feature is 1 where it should
# store a new one: there z is 0. Elsewhere z is 1.

numbers = np.array([0.4, 0.9, -0.5, 0.2, 0.7, -0.9, -0.3, 0.6])
stored = np.array([1, 0, 0, 0, 1, 0, 1, 0])
x = np.stack([numbers, stored], axis=-1)[np.newaxis]  # (batch, steps, features)
kernel = np.array([[0, 0, 1], [-200, 0, 0]])
bias = np.array([[100, 0, 0], [0, 0, 0]])
h = gru(x, kernel, np.zeros((1, 3)), bias, return_sequences=True)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(range(8), numbers, color=np.where(stored, "C1", "lightgray"))
axis.step(range(8), h.ravel(), "C0o-", where="post")
axis.set(title="A GRU (dots) holds the tanh of a number while z is 1")
plt.show()
