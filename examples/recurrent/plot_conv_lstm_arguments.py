r"""
ConvLSTM arguments: initializers, regularizers, states
======================================================

``ConvLSTM1D``, ``ConvLSTM2D`` and ``ConvLSTM3D`` take the arguments of ``LSTM``
for weights, activations and states.

.. math:: b = (\text{drawn}, \; 1, \; \text{drawn}, \; \text{drawn})

These are the biases of the gates i, f, g, o in a new layer. The forget gate's
is 1, so that the layer keeps its cell state. An initializer draws the others.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from keras.constraints import NonNeg
from keras.regularizers import L1, L2

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Arguments of the recurrent kernel begin with ``recurrent_``. An initializer
# can be a function of yours.


def rising(shape, dtype=None):
    return np.linspace(-1, 1, np.prod(shape), dtype="float32").reshape(shape)


arguments = {}
for name in ("kernel", "recurrent", "bias"):
    arguments[f"{name}_initializer"] = rising
    arguments[f"{name}_regularizer"] = L2(0.5)
    arguments[f"{name}_constraint"] = NonNeg()

# %%
# Compute it
# ----------


def first_bias(initializer, filters, unit_forget_bias=True):
    """The bias of a new ConvLSTM, (4 * filters,) (Jozefowicz et al., 2015).

    initializer: a function that takes a shape, and returns an array.
    """
    if not unit_forget_bias:
        return initializer((4 * filters,))
    of_i, of_g_and_o = initializer((filters,)), initializer((2 * filters,))
    return np.concatenate([of_i, np.ones(filters), of_g_and_o])


# %%
# From other pages
# ----------------


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def softsign(x):
    """x / (1 + abs(x)); x: any shape (Keras documentation, softsign)."""
    return x / (1 + np.abs(x))


def hard_sigmoid(x):
    """x / 6 + 0.5, from 0 to 1; x: any shape (Keras documentation)."""
    return np.clip(x / 6 + 0.5, 0, 1)


def added_loss(weights, y):
    """L2(0.5) of each weight, and L1(0.25) of y, (batch, ...), per sample."""
    squares = sum(np.sum(np.square(weight)) for weight in weights)
    return 0.5 * squares + 0.25 * np.sum(np.abs(y)) / len(y)


def patches(x, size, strides=1, padding="valid", dilation_rate=1, value=0):
    """The patches of x, (batch, *space, channels), that a kernel meets.

    size: of the kernel, an entry for each axis of space; value: what x is
    padded with. Returns (batch, *positions, *size, channels).
    """
    rank = len(size)
    strides = np.broadcast_to(strides, rank)
    dilation_rate = np.broadcast_to(dilation_rate, rank)
    span = (np.array(size) - 1) * dilation_rate + 1  # first to last
    before = after = np.zeros(rank, int)
    if padding == "same":
        positions = -(-np.array(x.shape[1:-1]) // strides)  # rounded up
        needed = (positions - 1) * strides + span - x.shape[1:-1]
        before = np.maximum(needed, 0) // 2
        after = np.maximum(needed, 0) - before
    elif padding == "causal":
        before = span - 1
    widths = [(0, 0), *zip(before, after), (0, 0)]
    x = np.pad(x, widths, constant_values=value)
    axes = tuple(range(1, rank + 1))
    windows = np.lib.stride_tricks.sliding_window_view(x, span, axes)
    windows = np.moveaxis(windows, rank + 1, -1)  # channels last
    steps = [slice(None, None, step) for step in (*strides, *dilation_rate)]
    return windows[:, *steps]


def conv(
    x,
    kernel,
    bias=None,
    *,
    strides=1,
    padding="valid",
    data_format="channels_last",
    dilation_rate=1,
    groups=1,
):
    """Conv1D, Conv2D or Conv3D without activation (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; kernel: (*size, channels // groups, filters); bias:
    (filters,). Returns (batch, *positions, filters), or with filters first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    *size, _, _ = kernel.shape
    cut = patches(x, size, strides, padding, dilation_rate)
    groups = zip(np.split(cut, groups, -1), np.split(kernel, groups, -1))
    axes = len(size) + 1  # the last axes of a patch and the first of the kernel
    y = np.concatenate([np.tensordot(*pair, axes) for pair in groups], -1)
    y = y if bias is None else y + bias
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


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


def conv_lstm(
    x,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    initial_state=None,
    *,
    strides=1,
    padding="valid",
    data_format="channels_last",
    dilation_rate=1,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    **options,
):
    """ConvLSTM1D, 2D or 3D (Shi et al., 2015). options and results: as of rnn.

    x: (batch, steps, *space, channels), or channels before space if data_format
    is "channels_first", kernel: (*size, channels, 4 * filters),
    recurrent_kernel: (*size, filters, 4 * filters), bias: (4 * filters,), mask:
    (batch, steps), initial_state: [h, c] in the shape of the output, or zeros.
    """
    axis = 1 if data_format == "channels_first" else -1
    z_x = conv(
        x.reshape(-1, *x.shape[2:]),  # (batch * steps, ...)
        kernel,
        bias,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
    )
    z_x = z_x.reshape(*x.shape[:2], *z_x.shape[1:])  # (batch, steps, ...)

    def cell(z_x, states):
        h, c = states
        z_h = conv(h, recurrent_kernel, padding="same", data_format=data_format)
        i, f, g, o = np.split(z_x + z_h, 4, axis)
        i, f, o = map(recurrent_activation, (i, f, o))
        c = f * c + i * activation(g)
        h = o * activation(c)
        return h, [h, c]

    if initial_state is None:
        initial_state = [np.zeros_like(np.split(z_x[:, 0], 4, axis)[0])] * 2
    return rnn(cell, z_x, initial_state, mask, **options)


# %%
# Check it
# --------
# Initializers, regularizers and constraints of the three layers. The optimizer
# applies each constraint after a step of training. Here we call it ourselves.

cases = [  # layer, shape of x: (batch, steps, *space, channels)
    (layers.ConvLSTM1D, (2, 2, 4, 2)),
    (layers.ConvLSTM2D, (2, 2, 4, 3, 2)),
    (layers.ConvLSTM3D, (2, 2, 4, 3, 3, 2)),
]
tolerance = 1000 * np.finfo("float32").eps
for layer_class, shape in cases:
    layer = layer_class(2, 3, **arguments)
    layer.build(shape)
    kernel, recurrent_kernel, bias = weights = layer.get_weights()
    np.testing.assert_array_equal(kernel, rising(kernel.shape))
    expected = rising(recurrent_kernel.shape)
    np.testing.assert_array_equal(recurrent_kernel, expected)
    np.testing.assert_array_equal(bias, first_bias(rising, 2))
    loss = keras.ops.convert_to_numpy(sum(layer.losses))
    no_output = np.zeros(1)
    np.testing.assert_allclose(loss, added_loss(weights, no_output), tolerance)
    for weight, variable in zip(weights, layer.trainable_variables):
        constrained = keras.ops.convert_to_numpy(variable.constraint(weight))
        np.testing.assert_array_equal(constrained, np.maximum(weight, 0))

# %%
# Activations, and the penalty for y. ``unroll`` changes no result.

changed = {"activation": "softsign", "recurrent_activation": "hard_sigmoid"}
changed |= {"activity_regularizer": L1(0.25), "unit_forget_bias": False}
numpy_options = {"activation": softsign, "recurrent_activation": hard_sigmoid}
inputs = [rng.normal(size=shape).astype("float32") for _, shape in cases]
for x, (layer_class, _) in zip(inputs, cases):
    layer = layer_class(2, 3, bias_initializer=rising, unroll=True, **changed)
    y = keras.ops.convert_to_numpy(layer(x))
    *kernels, bias = layer.get_weights()
    np.testing.assert_array_equal(bias, first_bias(rising, 2, False))
    expected = conv_lstm(x, *kernels, bias, **numpy_options)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)
    loss = keras.ops.convert_to_numpy(sum(layer.losses))
    np.testing.assert_allclose(loss, added_loss([], y), tolerance)

# %%
# States. A ``stateful`` layer starts from the last states, unless you call
# ``reset_state``.

for x, (layer_class, shape) in zip(inputs, cases):
    layer = layer_class(2, 3, use_bias=False, stateful=True)
    layer.build(shape)
    kernel, recurrent_kernel = layer.get_weights()  # and no bias
    once, twice = [keras.ops.convert_to_numpy(layer(x)) for _ in range(2)]
    layer.reset_state()
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(x)), once)
    x_twice = np.concatenate([x, x], axis=1)  # (batch, 2 * steps, ...)
    for y, sequence in ((once, x), (twice, x_twice)):
        expected = conv_lstm(sequence, kernel, recurrent_kernel)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Does a ``stateful`` layer begin each video with zeros? Only if you call
# ``reset_state``. Here it read the same video twice.

assert not np.allclose(once, twice)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
bias = first_bias(rng.standard_normal, 8)
for gate, values in enumerate(np.split(bias, 4)):
    axis.bar(np.arange(8) + 9 * gate, values, color=f"C{gate}")
axis.axhline(0, color="gray", linewidth=0.8)
axis.set_xticks([3.5, 12.5, 21.5, 30.5], ["i", "forget gate f", "g", "o"])
axis.set(title="A new ConvLSTM of 8 filters: the bias of the forget gate is 1")
plt.show()
