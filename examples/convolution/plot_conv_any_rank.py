r"""
Conv1D, Conv2D and Conv3D: one function for any rank
====================================================

``Conv1D``, ``Conv2D`` and ``Conv3D`` do the same along one, two or three axes.
One function computes all three. It cuts the input into patches, and multiplies
each patch by the kernel:

.. math:: y_{p,f} = b_f + \sum_k \text{patch}_{p,k} \, W_{k,f}

Here :math:`p` is the position of a patch, and :math:`k` counts the numbers in
it.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv1D, Conv2D, Conv3D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three layers of 4 filters for inputs of 6 channels. Their kernels have 3
# steps, 3 by 3 pixels, and 3 by 3 by 3 voxels.

for layer, shape in [  # (batch, *space, channels)
    (Conv1D(4, 3), (2, 8, 6)),
    (Conv2D(4, 3), (2, 8, 8, 6)),
    (Conv3D(4, 3), (2, 8, 8, 8, 6)),
]:
    layer.build(shape)
    kernel, bias = layer.get_weights()
    print(layer.name, kernel.shape, bias.shape)

# %%
# Compute it
# ----------
# Padding puts zeros around the input. Strides skip positions. Dilation skips
# pixels inside a patch. Groups split the channels, each with its own filters.


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


conv1d = conv2d = conv3d = conv  # by the names of the layers

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit. A
# tuple gives each axis its own size, strides or dilation.

first = {"data_format": "channels_first", "groups": 2}
cases = [  # layer, kernel size, shape of x, options
    (Conv1D, (3,), (2, 8, 6), {"strides": 2, "padding": "same"}),
    (Conv1D, (2,), (2, 8, 6), {"dilation_rate": 3, "padding": "causal"}),
    (Conv1D, (2,), (2, 6, 8), first),
    (Conv2D, (2, 3), (2, 7, 8, 6), {"strides": (3, 2), "padding": "same"}),
    (Conv2D, (3, 2), (2, 7, 8, 6), {"dilation_rate": (2, 3)}),
    (Conv2D, (3, 2), (2, 6, 7, 8), first),
    (Conv3D, (1, 2, 3), (2, 5, 4, 6, 6), {"strides": 2, "padding": "same"}),
    (Conv3D, (1, 2, 3), (2, 5, 4, 6, 6), {"dilation_rate": 2}),
    (Conv3D, (2, 1, 2), (2, 6, 5, 4, 7), first),
]
for layer_class, size, shape, options in cases:
    layer = layer_class(4, size, **options)
    layer.build(shape)
    channels = 6 // options.get("groups", 1)  # that a filter reads
    kernel = rng.integers(-9, 10, size=(*size, channels, 4))
    bias = rng.integers(-9, 10, size=4)
    layer.set_weights([kernel, bias])
    x = rng.integers(-9, 10, size=shape).astype("float32")
    y = keras.ops.convert_to_numpy(layer(x))
    expected = conv(x, kernel, bias, **options)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    print(f"{layer.name}: {shape} becomes {y.shape}")

# %%
# Break it
# --------
# Pillow gives the size of an image as (width, height). Would you store images
# in that order? ``Conv2D`` accepts them, but its kernel is (rows, columns). You
# would have to exchange these axes of the kernel, too.

images = rng.integers(-9, 10, size=(2, 7, 8, 6))  # (batch, height, width, in)
kernel = rng.integers(-9, 10, size=(3, 3, 6, 4))  # (rows, columns, in, filters)
y = conv2d(images, kernel)
wide = images.swapaxes(1, 2)  # (batch, width, height, in)
wrong = conv2d(wide, kernel).swapaxes(1, 2)
assert np.any(y != wrong)
turned = conv2d(wide, kernel.swapaxes(0, 1)).swapaxes(1, 2)
np.testing.assert_array_equal(turned, y)

# %%
# See it
# ------
# A ``Conv1D`` with a kernel of 3 on eight steps. The points below are the
# input, those above the output. Lines lead from an output to the steps that it
# reads. Where an output has fewer than three lines, padding gives it zeros.

panels = [
    ("default", {}),
    ("strides=2", {"strides": 2}),
    ("dilation_rate=2", {"dilation_rate": 2}),
    ('padding="same"', {"padding": "same"}),
    ('padding="causal"', {"padding": "causal"}),
    ('strides=2, "same"', {"strides": 2, "padding": "same"}),
]
steps = np.arange(8.0)[np.newaxis, :, np.newaxis]  # each is its own number
fig, axes = plt.subplots(2, 3, figsize=(6, 3.4), layout="constrained")
fig.suptitle("Which input steps (below) each output (above) reads")
for axis, (title, options) in zip(axes.flat, panels):
    cut = patches(steps, (3,), value=np.nan, **options)[0, :, :, 0]
    for position, patch in enumerate(cut):
        above = position * options.get("strides", 1)
        for step in patch:
            axis.plot([step, above], [0, 1], "o-", color="C0")
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
