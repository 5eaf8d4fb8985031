r"""
RNN unroll and use_cudnn: the same results, another loop
========================================================

``unroll`` writes the loop out as one long formula, and ``use_cudnn`` lets a
graphics card run it as a whole. Neither changes the results, but an unrolled
loop goes wrong with some masks.

.. math:: h_3 = f(x_3, \; f(x_2, \; f(x_1, \; h_0)))

These are 3 steps of the cell f, unrolled. Keras must know their number
beforehand.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GRU, LSTM, SimpleRNN

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 4 steps with 3 features. Some steps are masked.

x = rng.normal(size=(2, 4, 3)).astype("float32")  # (batch, steps, features)
mask = np.array([[1, 0, 1, 1], [1, 0, 0, 1]], bool)  # (batch, steps)


def keras_rnn(layer_class, weights, mask=None, **options):
    layer = layer_class(2, **options)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x, mask=mask))


# %%
# Compute it
# ----------
# ``zeroed`` puts the zeros where ``zero_output_for_mask`` should.


def zeroed(y, mask):
    """y, (batch, steps, units), and 0 where mask, (batch, steps), is false."""
    return np.where(mask[..., np.newaxis], y, 0)


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
# Each way to run the loop: forwards with a mask, and backwards without one.


def draw(*shapes):
    return [rng.normal(size=shape) for shape in shapes]


cases = [
    (SimpleRNN, simple_rnn, draw((3, 2), (2, 2), (2,))),
    (LSTM, lstm, draw((3, 8), (2, 8), (8,))),
    (GRU, gru, draw((3, 6), (2, 6), (2, 6))),
]
tolerance = 1000 * np.finfo("float32").eps
for layer_class, function, weights in cases:
    ways = [{"unroll": False}, {"unroll": True}]
    if layer_class in (LSTM, GRU):
        ways.append({"use_cudnn": False})
    for backwards, given in ((False, mask), (True, None)):
        options = {"return_sequences": True, "go_backwards": backwards}
        expected = function(x, *weights, given, **options)
        for way in ways:
            y = keras_rnn(layer_class, weights, given, **options, **way)
            np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# ``use_cudnn=True`` raises an error if cuDNN has no such layer, as with relu.

for layer_class in (LSTM, GRU):
    layer = layer_class(2, activation="relu", use_cudnn=True)
    np.testing.assert_raises(ValueError, layer, x, mask=mask)

# %%
# .. warning:: **Seen in Keras 3.15.1:** in an unrolled loop, JAX ignores
#    ``zero_output_for_mask``. With ``go_backwards``, TensorFlow puts the zeros
#    at the wrong steps, as it does not reverse the mask. PyTorch raises
#    an ``AttributeError`` for ``go_backwards`` with any mask.

backend = keras.backend.backend()
zero = {"zero_output_for_mask": True, **options}
for layer_class, function, weights in cases:
    y = keras_rnn(layer_class, weights, mask, **zero)
    repeated = function(x, *weights, mask, **options)
    right = zeroed(repeated, mask[:, ::-1])
    np.testing.assert_allclose(y, right, tolerance, tolerance)

    if backend == "torch":
        with np.testing.assert_raises(AttributeError):
            keras_rnn(layer_class, weights, mask, unroll=True, **zero)
    else:
        y = keras_rnn(layer_class, weights, mask, unroll=True, **zero)
        unrolled = repeated if backend == "jax" else zeroed(repeated, mask)
        np.testing.assert_allclose(y, unrolled, tolerance, tolerance)

# %%
# Break it
# --------
# Would you put the zeros where the mask is false, as TensorFlow does here? The
# outputs come in reverse, so the mask must be reversed, too.

wrong = zeroed(repeated, mask)
print("right:", right[0, :, 0].round(2), "wrong:", wrong[0, :, 0].round(2))
assert not np.allclose(right, wrong)

# %%
# See it
# ------
# One unit that counts the steps, the last one first, but not the masked ones.

counts = np.cumsum(mask[:, ::-1], axis=1)[..., np.newaxis]
panels = {"the loop": mask[:, ::-1], "unrolled, on TensorFlow": mask}
fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
fig.suptitle("Unrolled backwards, the zeros miss the masked steps (grey)")
for axis, (title, given) in zip(axes, panels.items()):
    axis.imshow(~mask[:, ::-1], cmap="Greys", vmax=3)
    for (row, column, _), value in np.ndenumerate(zeroed(counts, given)):
        axis.text(column, row, value, ha="center", va="center", color="k")
    axis.set(title=title, xlabel="order of computation", yticks=[])
plt.show()
