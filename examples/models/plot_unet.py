r"""
U-Net: encoder, decoder and skip connections in NumPy
=====================================================

A U-Net makes an image smaller to see what it shows, and larger again to say
where. With Keras' weights, NumPy computes the same in each block.

.. math::

   d_1 &= \text{block}(x), \quad u_3 = d_3 \\
   d_i &= \text{block}(\text{pool}(d_{i-1})) \\
   u_i &= \text{block}([d_i, \text{up}(u_{i+1})]) \\
   y &= \text{sigmoid}(W u_1 + c)

A block is twice ``Conv2D``, ``BatchNormalization`` and ``ReLU``. "pool" is
``MaxPooling2D``, "up" is ``Conv2DTranspose``, [a, b] is a skip connection.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# A skip connection joins the channels of two outputs of the same size.


def keras_unet(dtype):
    def block(x, filters):
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same")(x)
            x = layers.ReLU()(layers.BatchNormalization()(x))
        return x

    keras.config.set_dtype_policy(dtype)
    x = keras.Input((16, 16, 3))  # (height, width, channels)
    down_1 = block(x, 4)
    down_2 = block(layers.MaxPooling2D()(down_1), 8)
    bottom = block(layers.MaxPooling2D()(down_2), 16)
    larger = layers.Conv2DTranspose(8, 2, strides=2)(bottom)
    up_2 = block(layers.Concatenate()([down_2, larger]), 8)
    larger = layers.Conv2DTranspose(4, 2, strides=2)(up_2)
    up_1 = block(layers.Concatenate()([down_1, larger]), 4)
    y = layers.Conv2D(1, 1, activation="sigmoid")(up_1)
    return keras.Model(x, [down_1, down_2, bottom, up_2, up_1, y])


# %%
# Compute it
# ----------


def block(x, weights):
    """Twice Conv2D, BatchNormalization and ReLU; weights: an iterator."""
    for _ in range(2):
        x = conv(x, next(weights), next(weights), padding="same")
        x = batch_normalization(x, *[next(weights) for _ in range(4)])
        x = np.maximum(x, 0)
    return x


def unet(x, weights):
    """A U-Net with two steps down and up (Ronneberger et al., 2015).

    x: (batch, rows, columns, channels), rows and columns multiples of 4,
    weights: as in get_weights(). Returns the outputs of the five blocks, and y.
    """
    weights = iter(weights)
    down_1 = block(x, weights)
    down_2 = block(max_pooling(down_1), weights)
    bottom = block(max_pooling(down_2), weights)
    larger = conv_transpose(bottom, next(weights), next(weights), strides=2)
    up_2 = block(np.concatenate([down_2, larger], axis=-1), weights)
    larger = conv_transpose(up_2, next(weights), next(weights), strides=2)
    up_1 = block(np.concatenate([down_1, larger], axis=-1), weights)
    return down_1, down_2, bottom, up_2, up_1, sigmoid(conv(up_1, *weights))


# %%
# From other pages
# ----------------


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


def batch_normalization(
    x,
    gamma=1,
    beta=0,
    moving_mean=0,
    moving_variance=1,
    *,
    axis=-1,
    epsilon=0.001,
):
    """BatchNormalization when predicting (Ioffe and Szegedy, 2015).

    x: any shape. The others: (channels,), with x.shape[axis] channels, or one
    number. Returns the shape of x.
    """
    shape = [1] * x.ndim
    shape[axis] = -1  # all channels
    scale = gamma / np.sqrt(moving_variance + epsilon)
    centered = x - np.reshape(moving_mean, shape)
    return np.reshape(scale, shape) * centered + np.reshape(beta, shape)


def max_pooling(
    x,
    *,
    pool_size=2,
    strides=None,
    padding="valid",
    data_format="channels_last",
):
    """MaxPooling1D, MaxPooling2D or MaxPooling3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first". Returns (batch, *positions, channels), or channels first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    rank = x.ndim - 2
    size = np.broadcast_to(pool_size, rank)
    strides = size if strides is None else strides
    axes = tuple(range(rank + 1, 2 * rank + 1))  # those of a window
    x = x.astype("float64")  # whole numbers have no infinity
    y = np.max(patches(x, size, strides, padding, value=-np.inf), axes)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def conv_transpose(
    x,
    kernel,
    bias=None,
    *,
    strides=1,
    padding="valid",
    output_padding=None,
    data_format="channels_last",
    dilation_rate=1,
):
    """Conv1DTranspose to Conv3DTranspose, no activation (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; kernel: (*size, filters, channels); bias: (filters,).
    Returns (batch, *larger, filters), or with filters first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    *size, filters, _ = kernel.shape
    strides = np.broadcast_to(strides, len(size))
    length = np.array(x.shape[1:-1])
    span = (np.array(size) - 1) * dilation_rate + 1  # first to last
    full = (length - 1) * strides + span  # all copies, not cropped
    kept = transposed_size(length, span, strides, padding, output_padding)
    y = np.zeros((len(x), *np.maximum(full, kept), filters))
    for entry in np.ndindex(*size):
        start = np.array(entry) * dilation_rate
        stop = start + length * strides
        places = [slice(*ends) for ends in zip(start, stop, strides)]
        y[:, *places] += x @ kernel[entry].T
    first = np.maximum(full - kept, 0) // 2  # an odd pixel is cropped last
    places = [slice(*ends) for ends in zip(first, first + kept)]
    y = y[:, *places]
    y = y if bias is None else y + bias
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def transposed_size(length, span, strides, padding, output_padding):
    """The length of a transposed convolution's output along an axis.

    length: of the input; span: of the kernel, (size - 1) * dilation_rate + 1.
    Numbers, or arrays with a number for each axis (Keras' source code).
    """
    last = (length - 1) * strides  # where the last copy of the kernel begins
    if padding == "valid" and output_padding is None:
        return last + np.maximum(span, strides)
    if padding == "valid":
        return last + span + output_padding
    if output_padding is None:
        return length * strides
    return last + span % 2 + output_padding


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


# %%
# Check it
# --------
# An error is the largest of a block, divided by the block's largest output.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 16, 16, 3)).astype("float32")
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
    model = keras_unet(dtype)
    weights = []
    for weight in model.weights:
        more = weight.name == "moving_variance"  # positive: 0.25 to 1.75
        weights.append(rng.integers(-24, 25, size=weight.shape) / 32 + more)
    model.set_weights(weights)
    expected = unet(x, weights)
    pairs = zip(map(keras.ops.convert_to_numpy, model(x)), expected)
    errors = [np.max(np.abs(a - b)) / np.max(np.abs(b)) for a, b in pairs]
    np.testing.assert_array_less(errors, 1000 * np.finfo(dtype).eps)

# %%
# Break it
# --------
# Would you join ``[larger, down_1]``, as some U-Nets do? The shapes are the
# same, but the next kernel expects the channels of the skip connection first.

down_1, _, _, up_2, up_1, _ = expected
larger = conv_transpose(up_2, *weights[-16:-14], strides=2)
wrong = block(np.concatenate([larger, down_1], axis=-1), iter(weights[-14:]))
assert not np.allclose(wrong, up_1)

# %%
# See it
# ------
# The horizontal arrows are the skip connections.

names = ["x", "down 1", "down 2", "bottom", "up 2", "up 1", "y"]
places = np.array([(0, 3), (0, 2), (0, 1), (1, 0), (2, 1), (2, 2), (2, 3)])
fig, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3))
for name, place, output in zip(names, places, [x, *expected]):
    text = f"{name}\n{' × '.join(map(str, output.shape[1:]))}"
    left.text(*place, text, ha="center", va="center", bbox={"alpha": 0.1})
for a, b in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (1, 5), (2, 4)]:
    ends = np.linspace(places[b], places[a], 4)[1:3]
    left.annotate("", *ends, arrowprops={"arrowstyle": "->", "color": "C0"})
left.set(title="U-Net: its blocks", xlim=(-0.4, 2.4), ylim=(-0.3, 3.3))
left.axis("off")
right.semilogy(names[1:], errors, "o-")
right.set(title="Largest relative error in float32", ylim=(1e-8, 1e-5))
plt.show()
