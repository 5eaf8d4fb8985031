r"""
ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: one function for any rank
================================================================

The three ``ConvLSTM`` layers are an ``LSTM`` whose products are convolutions,
along one, two or three axes of space.

.. math:: (i, f, g, o) = x_t * W + h_{t-1} * U + b

Here * is a convolution; sigmoid and tanh follow, as in an ``LSTM``. The layer's
``strides``, ``padding`` and ``dilation_rate`` are those of x. The convolution
of h has strides of 1 and the padding "same".
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A layer of 2 filters. Its kernels hold four gates side by side, so they have
# 4 * 2 = 8 filters.


def keras_conv_lstm(layer_class, arrays, mask=None, start=None, **options):
    x, *weights = arrays
    layer = layer_class(2, weights[0].shape[:-2], **options)
    layer.build(x.shape)
    layer.set_weights(weights)
    y = layer(x, mask=mask, initial_state=start)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, y)


def draw(*shape):
    return rng.normal(size=shape).astype("float32")


x = draw(2, 2, 5, 6, 3)  # (batch, steps, rows, columns, channels)
weights = [draw(2, 3, 3, 8), draw(2, 3, 2, 8), draw(8)]  # two kernels and bias
y = keras_conv_lstm(ConvLSTM2D, [x, *weights])
print(y.shape)

# %%
# From other pages
# ----------------


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


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


# %%
# Compute it
# ----------
# All steps of x are convolved at once. The loop adds the convolution of h. Both
# states begin with zeros, in the shape of the output.


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


# By the names of the layers:
conv_lstm1d = conv_lstm2d = conv_lstm3d = conv_lstm

# %%
# Check it
# --------
# In float32, then for any rank. First the shapes: a layer knows them without
# computing.

np.testing.assert_allclose(y, conv_lstm(x, *weights), rtol=1e-4, atol=1e-4)
backend = keras.backend.backend()
mask = np.array([[True, False], [False, True]])  # (batch, steps)
used_mask = None if backend == "jax" else mask  # see the warning below
full = {"padding": "same", "dilation_rate": 2}
masked = {"return_sequences": True, "zero_output_for_mask": True}
masked |= {"strides": 2, "go_backwards": True}
first = {"data_format": "channels_first"}
cases = []
for layer_class, size, space in (
    (ConvLSTM1D, (2,), (6,)),
    (ConvLSTM2D, (2, 3), (5, 6)),
    (ConvLSTM3D, (2, 3, 1), (4, 5, 3)),
):
    shapes = [(2, 2, *space, 3), (*size, 3, 8), (*size, 2, 8), (8,)]
    arrays = [draw(*shape).astype("float64") for shape in shapes]
    start = [draw(2, *space, 2), draw(2, *space, 2)]  # h and c
    x_first = [np.moveaxis(arrays[0], -1, 2), *arrays[1:]]  # x and weights
    for options, *given in (
        (full, arrays, None, start),
        (masked, arrays, used_mask),
        (first, x_first),
    ):
        options["return_state"] = True  # [y, h, c]
        right = conv_lstm(*given[0], *given[1:], **options)
        cases.append((layer_class, options, given, right))
        layer = layer_class(2, size, **options)
        shapes = layer.compute_output_shape(given[0][0].shape)
        np.testing.assert_equal(shapes, [array.shape for array in right])

# %%
# The numbers: in float64, but only on TensorFlow.

dtype = "float64" if backend == "tensorflow" else "float32"
tolerance = 1000 * np.finfo(dtype).eps
for layer_class, options, given, right in cases:
    if options is not first:
        options = {"dtype": dtype, **options}
        actual = keras_conv_lstm(layer_class, *given, **options)
        for pair in zip(actual, right, strict=True):
            np.testing.assert_allclose(*pair, tolerance, tolerance)

# %%
# ``data_format`` moves the channels of x and y, but not of the kernels. Here is
# the ``ConvLSTM1D``.

_, _, ((x_first, *first_weights),), right = cases[2]
inputs = keras.Input(x_first.shape[1:])
model = keras.Model(inputs, ConvLSTM1D(2, 2, **first)(inputs))
model.set_weights(first_weights)
model.compile(jit_compile=backend == "tensorflow")  # many CPUs need XLA
actual = model.predict_on_batch(x_first.astype("float32"))
for pair in zip(actual, right, strict=True):
    np.testing.assert_allclose(*pair, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1:** on JAX, a mask needs ``unroll=True``.
#    Without it the layer raises an error. Worse, if the output's last axis
#    of space is as long as the batch, it masks positions instead of samples.

if backend == "jax":
    arrays = [draw(2, 2, 3, 3), draw(2, 3, 8), draw(2, 2, 8), draw(8)]
    wrong = keras_conv_lstm(ConvLSTM1D, arrays, mask)
    right = keras_conv_lstm(ConvLSTM1D, arrays, mask, unroll=True)
    np.testing.assert_allclose(right, conv_lstm(*arrays, mask), 1e-4, 1e-4)
    assert not np.allclose(right, wrong)

# %%
# Break it
# --------
# Most ConvLSTMs for PyTorch have their gates in the order i, f, o, g. Would you
# copy their kernels without swapping o and g?

order = [0, 1, 2, 3, 6, 7, 4, 5]  # i, f, o, g for 2 filters
wrong = conv_lstm(x, *[weight[..., order] for weight in weights])
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# With kernels of 3, each step back in time adds a neighbour on both sides.

impulses = np.eye(5 * 13).reshape(-1, 5, 13, 1)  # (impulses, steps, space, 1)
ones = np.ones((3, 1, 4))
y = conv_lstm(impulses, ones, ones)  # (impulses, 11 positions, 1)
seen = y[:, 5].reshape(5, 13) > 0  # by the output in the middle
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(seen, cmap="PuOr", vmin=-2, vmax=2)
axis.set(title="What an output of a ConvLSTM1D sees grows with each step back")
axis.set(xlabel="position", ylabel="step")
plt.show()
