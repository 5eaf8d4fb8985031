r"""
SimpleRNN, LSTM, GRU: initializers, regularizers, constraints
=============================================================

Recurrent layers and their cells take initializers, regularizers and constraints
as ``Dense`` does, and one more of each for the recurrent kernel.

.. math::

   \text{penalty} = &\,\text{L2}(W) + \text{L2}(U) + \text{L2}(b) \\
   &+ \text{L1}(y) / n

Regularizers add such a penalty to the loss. Here n is the number of samples.
"""

import functools
import itertools

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.constraints import NonNeg
from keras.initializers import GlorotUniform, Orthogonal, RandomUniform
from keras.layers import GRU, LSTM, GRUCell, LSTMCell, SimpleRNN, SimpleRNNCell
from keras.regularizers import L1, L2

rng = np.random.default_rng(313)
uniform = RandomUniform(-1, 1, seed=7)

# %%
# Build it
# --------
# Those of the recurrent kernel begin with ``recurrent_``. ``LSTM`` and ``GRU``
# have a second activation for their gates, too: ``recurrent_activation``.

arguments = {"activation": "relu", "activity_regularizer": L1(0.25)}
for name in ("kernel", "recurrent", "bias"):
    arguments[f"{name}_initializer"] = uniform
    arguments[f"{name}_regularizer"] = L2(0.5)
    arguments[f"{name}_constraint"] = NonNeg()
print(*arguments, sep="\n")

# %%
# Compute it
# ----------


def penalty_of(weights, outputs):
    """L2(0.5) of each weight, plus L1(0.25) of each output per sample.

    weights: a list, of any shapes, outputs: a list, each (batch, ...).
    """
    squares = sum(np.sum(np.square(weight)) for weight in weights)
    activity = sum(np.sum(np.abs(y)) / len(y) for y in outputs)
    return 0.5 * squares + 0.25 * activity


# %%
# From other pages
# ----------------


def hard_sigmoid(x):
    """x / 6 + 0.5, from 0 to 1; x: any shape (Keras documentation)."""
    return np.clip(x / 6 + 0.5, 0, 1)


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
# A layer takes a sequence; a cell takes one step and the states.
#
# .. warning:: **Seen in Keras 3.15.1:** ``SimpleRNN`` ignores its
#    ``activity_regularizer``. A cell counts its output twice: it penalizes its
#    output and its states, and the first state is the output.

x = rng.normal(size=(2, 5, 3)).astype("float32")  # (batch, steps, features)
h, c = rng.normal(size=(2, 2, 4)).astype("float32")  # each (batch, units)
cases = [  # layer, its function, its inputs
    (SimpleRNN, simple_rnn, [x]),
    (SimpleRNNCell, simple_rnn_cell, [x[:, 0], [h]]),
    (LSTM, lstm, [x]),
    (LSTMCell, lstm_cell, [x[:, 0], [h, c]]),
    (GRU, gru, [x]),
    (GRUCell, gru_cell, [x[:, 0], [h]]),
]
tolerance = 1000 * np.finfo("float32").eps
for case, use_bias in itertools.product(cases, [True, False]):
    layer_class, function, inputs = case
    options = {**arguments, "use_bias": use_bias}
    activations = {"activation": functools.partial(np.maximum, 0)}
    if layer_class not in (SimpleRNN, SimpleRNNCell):
        options["recurrent_activation"] = "hard_sigmoid"
        activations["recurrent_activation"] = hard_sigmoid
    if layer_class in (LSTM, LSTMCell):
        options["unit_forget_bias"] = False  # True: the bias of f is 1
    layer = layer_class(4, **options)
    results = keras.tree.flatten(layer(*inputs))
    weights = layer.get_weights()
    np.testing.assert_equal(len(weights), 3 if use_bias else 2)

    # Initializers
    for weight in weights:
        initial = keras.ops.convert_to_numpy(uniform(weight.shape))
        np.testing.assert_array_equal(weight, initial)

    # Activations and bias
    weights64 = [weight.astype("float64") for weight in weights]
    expected = keras.tree.flatten(function(*inputs, *weights64, **activations))
    for y, of_numpy in zip(results, expected, strict=True):
        y = keras.ops.convert_to_numpy(y)
        np.testing.assert_allclose(y, of_numpy, tolerance, tolerance)

    # Regularizers
    penalized = [] if layer_class is SimpleRNN else expected
    loss = keras.ops.convert_to_numpy(sum(layer.losses))
    np.testing.assert_allclose(loss, penalty_of(weights, penalized), tolerance)

    # Constraints, after a training step with a gradient of 0
    gradients = [keras.ops.zeros(weight.shape) for weight in weights]
    keras.optimizers.SGD().apply(gradients, layer.trainable_variables)
    for new, old in zip(layer.get_weights(), weights):
        np.testing.assert_array_equal(new, np.maximum(old, 0))

# %%
# ``seed`` is for dropout: layers with the same seed drop the same features.

for layer_class, _, inputs in cases:
    layers = [layer_class(4, dropout=0.5, seed=7) for _ in range(2)]
    for layer in layers:
        layer.build(inputs[0].shape)
        layer.set_weights(layers[0].get_weights())
    results = [layer(*inputs, training=True) for layer in layers]
    results = keras.tree.map_structure(keras.ops.convert_to_numpy, results)
    np.testing.assert_equal(results[0], results[1])

# %%
# Break it
# --------
# Would you set ``seed`` to get the same weights again? It does not reach the
# initializers: give each of them a seed.

layers = [GRU(4, seed=7) for _ in range(2)]
for layer in layers:
    layer.build(x.shape)
kernel, wrong = (layer.get_weights()[0] for layer in layers)
print(f"{np.mean(kernel == wrong):.0%} of the entries are right")
assert not np.allclose(kernel, wrong)

# %%
# See it
# ------
# By default, ``recurrent_initializer`` is "orthogonal". How long is the state
# after some steps without input, activation and bias?

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for initializer in (Orthogonal(seed=1), GlorotUniform(seed=1)):
    recurrent_kernel = keras.ops.convert_to_numpy(initializer((64, 64)))
    state = np.ones(64) / 8  # of length 1
    lengths = []
    for _ in range(30):
        lengths.append(np.linalg.norm(state))
        state = state @ recurrent_kernel
    axis.plot(lengths, label=type(initializer).__name__)
axis.set(title="An orthogonal recurrent kernel keeps the length of the state")
axis.set(xlabel="steps", ylabel="length of the state", ylim=0)
axis.legend()
plt.show()
