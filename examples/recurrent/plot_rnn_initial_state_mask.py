r"""
RNN with initial_state: the mask of the input is ignored
========================================================

Called with an ``initial_state``, as a decoder is, an RNN ignores the mask that
comes with its input. It reads the padding as well, unless you pass the mask as
an argument.

.. math::

   \text{mask} = \begin{cases}
   \text{the argument} & \text{if given} \\
   \text{the input's mask} & \text{without initial state} \\
   \text{no mask} & \text{otherwise}
   \end{cases}

The reason: Keras passes the mask of an input on by itself only if the layer is
called with a single tensor.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GRU, LSTM, Embedding, SimpleRNN

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``Embedding`` makes a mask: token 0 is padding. A ``SimpleRNN`` without an
# activation is called in three ways.

tokens = np.array([[3, 1, 0], [2, 0, 0]])  # (batch, steps)
state = rng.integers(-9, 10, size=(2, 4)).astype("float32")  # (batch, units)
vectors = rng.integers(-9, 10, size=(5, 3))  # (tokens, features)
shapes = [(3, 4), (4, 4), (4,)]  # kernel, recurrent kernel and bias
weights = [rng.integers(-2, 3, size=shape) for shape in shapes]

embedding = Embedding(5, 3, mask_zero=True, weights=vectors)
layer = SimpleRNN(4, "linear")
layer.build((2, 3, 3))
layer.set_weights(weights)
x = embedding(tokens)
mask = tokens != 0  # (batch, steps)
y_masked = layer(x)
y_ignored = layer(x, initial_state=state)  # the mask of x is ignored
y_passed = layer(x, initial_state=state, mask=mask)

# %%
# Compute it
# ----------


def mask_in_use(mask_of_input, initial_state=None, mask=None):
    """The mask that an RNN uses, (batch, steps), or None."""
    if mask is None and initial_state is None:
        return mask_of_input
    return mask


# %%
# From other pages
# ----------------


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


def simple_rnn_cell(
    x, states, kernel, recurrent_kernel, bias=None, *, activation=np.tanh
):
    """A step of SimpleRNN. x: (batch, features), states: [(batch, units)].

    kernel: (features, units), recurrent_kernel: (units, units), bias: (units,).
    Returns the output, which is the new state, and a list with it.
    """
    z = x @ kernel + states[0] @ recurrent_kernel
    h = activation(z if bias is None else z + bias)
    return h, [h]


def simple_rnn(
    x,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    initial_state=None,
    *,
    activation=np.tanh,
    **options,
):
    """SimpleRNN (Keras documentation). options: the keywords of rnn.

    x: (batch, steps, features), mask: (batch, steps), initial_state:
    [(batch, units)], zeros if there is none. Returns what rnn does.
    """

    def cell(x, states):
        return simple_rnn_cell(
            x, states, kernel, recurrent_kernel, bias, activation=activation
        )

    if initial_state is None:
        initial_state = [np.zeros((len(x), len(recurrent_kernel)))]
    return rnn(cell, x, initial_state, mask, **options)


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


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
# The three calls. With whole numbers, the results are equal to the bit.


def linear(z):
    return z


x = vectors[tokens]  # (batch, steps, features)
for y, start, argument in (
    (y_masked, None, None),
    (y_ignored, [state], None),
    (y_passed, [state], mask),
):
    used = mask_in_use(mask, start, argument)
    expected = simple_rnn(x, *weights, used, start, activation=linear)
    y = keras.ops.convert_to_numpy(y)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1:** ``SimpleRNN``, ``LSTM`` and ``GRU``
#    ignore the mask of their input if they get an ``initial_state``.

cases = [  # and the shapes of their weights
    (LSTM, lstm, [(3, 16), (4, 16), (16,)], [state, state / 2]),
    (GRU, gru, [(3, 12), (4, 12), (2, 12)], [state]),
]
tolerance = 1000 * np.finfo("float32").eps
for layer_class, function, shapes, start in cases:
    random = [rng.normal(size=shape).astype("float32") for shape in shapes]
    random64 = [weight.astype("float64") for weight in random]
    layer = layer_class(4)
    layer.build(x.shape)
    layer.set_weights(random)
    for argument in (None, mask):
        y = layer(embedding(tokens), initial_state=start, mask=argument)
        used = mask_in_use(mask, start, argument)
        expected = function(x, *random64, used, start)
        y = keras.ops.convert_to_numpy(y)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you rely on the mask of ``Embedding``, as you do without a state?

wrong = simple_rnn(x, *weights, mask, [state], activation=linear)
assert np.any(keras.ops.convert_to_numpy(y_ignored) != wrong)

# %%
# See it
# ------
# One unit that starts at 10 and adds 1 at each step that it reads.

counts = 10 + np.cumsum([[1, 1, 1], [1, 1, 0]], axis=1)  # (2, steps)
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(counts, cmap="PuOr", vmin=-30, vmax=30, aspect="auto")
for (row, column), value in np.ndenumerate(counts):
    axis.text(column, row, int(value), ha="center", va="center", color="k")
axis.set(title="With initial_state, a mask must be passed as an argument")
axis.set(xticks=range(3), xticklabels=["step", "step", "padding"])
axis.set(yticks=range(2), yticklabels=["no argument", "mask=mask"])
plt.show()
