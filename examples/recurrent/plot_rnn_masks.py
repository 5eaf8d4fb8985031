r"""
RNN masks: padding does not change the last output
==================================================

In a batch, short sequences are padded to the length of the longest. With a
mask, an RNN skips the padding: it keeps its states and repeats its last output.
So a padded sequence gives the same result as the sequence on its own.

.. math:: y(x_1, \ldots, x_n, \text{padding}) = y(x_1, \ldots, x_n)

This holds for ``SimpleRNN``, ``LSTM`` and ``GRU``, for padding at either end.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GRU, LSTM, Masking, SimpleRNN

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three sequences of 3, 2 and 1 steps. ``Masking`` masks the steps of zeros, and
# the next layer gets the mask together with the array.

shapes = [(3, 3), (2, 3), (1, 3)]  # (steps, features)
sequences = [rng.normal(size=shape).astype("float32") for shape in shapes]


def keras_rnn(layer_class, weights, x, dtype="float32"):
    layer = layer_class(2, return_sequences=True, dtype=dtype)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(Masking(dtype=dtype)(x)))


# %%
# Compute it
# ----------


def pad_and_mask(sequences, padding="post"):
    """Pad sequences with zeros at the end, or "pre", at the start.

    sequences: arrays of (steps, features). Returns x, (batch, most steps,
    features), and the mask, (batch, most steps), False for the padding.
    """
    lengths = np.array([len(sequence) for sequence in sequences])
    mask = np.arange(lengths.max()) < lengths[:, np.newaxis]
    if padding == "pre":
        mask = mask[:, ::-1]
    x = np.zeros((*mask.shape, sequences[0].shape[-1]))
    x[mask] = np.concatenate(sequences)
    return x, mask


x, mask = pad_and_mask(sequences)
print(mask.astype(int))

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
# The function pads as ``pad_sequences`` does, whose default is "pre".

for padding in ("post", "pre"):
    x, _ = pad_and_mask(sequences, padding)
    of_keras = keras.utils.pad_sequences(sequences, None, "float32", padding)
    np.testing.assert_array_equal(x, of_keras)

# %%
# The last output is that of each sequence on its own. Masked steps repeat the
# output before. (Only TensorFlow computes a whole layer in float64.)

layers = [  # and the shapes of their weights
    (SimpleRNN, simple_rnn, [(3, 2), (2, 2), (2,)]),
    (LSTM, lstm, [(3, 8), (2, 8), (8,)]),
    (GRU, gru, [(3, 6), (2, 6), (2, 6)]),
]
tensorflow = keras.backend.backend() == "tensorflow"
for layer_class, function, shapes in layers:
    weights = [rng.normal(size=shape).astype("float32") for shape in shapes]
    weights64 = [weight.astype("float64") for weight in weights]
    alone = [function(each[np.newaxis], *weights64) for each in sequences]
    for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
        tolerance = 1000 * np.finfo(dtype).eps
        for padding in ("pre", "post"):
            x, mask = pad_and_mask(sequences, padding)
            y = keras_rnn(layer_class, weights, x, dtype)
            last = np.concatenate(alone)
            np.testing.assert_allclose(y[:, -1], last, tolerance, tolerance)
            expected = function(x, *weights64, mask, return_sequences=True)
            np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** ``go_backwards`` reverses the outputs,
#    but not the mask that goes with them. The next layer skips the wrong steps.

tolerance = 1000 * np.finfo("float32").eps
outputs = GRU(2, return_sequences=True, go_backwards=True)(Masking()(x))
means = keras.layers.GlobalAveragePooling1D()(outputs)
y, means = map(keras.ops.convert_to_numpy, (outputs, means))
expected = [steps[kept].mean(axis=0) for steps, kept in zip(y, mask)]
np.testing.assert_allclose(means, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you leave out the mask, because the padding is only zeros? The bias and
# the recurrent kernel still change the state.

right = keras_rnn(GRU, weights, x)
wrong = gru(x, *weights64, return_sequences=True)
assert not np.allclose(right[:, -1], wrong[:, -1])

# %%
# See it
# ------
# One unit of the GRU and the third sequence: one step, then padding.

y = np.stack([right[2, :, 0], wrong[2, :, 0]])  # (2, steps)
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(y, cmap="PuOr", vmin=-0.4, vmax=0.4, aspect="auto")
for (row, column), value in np.ndenumerate(y):
    axis.text(column, row, f"{value:.2f}", ha="center", va="center", color="k")
axis.set(title="With a mask, a GRU repeats its last output over the padding")
axis.set(xticks=range(3), xticklabels=["step 1", "padding", "padding"])
axis.set(yticks=range(2), yticklabels=["with mask", "without"])
plt.show()
