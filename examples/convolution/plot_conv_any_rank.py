r"""
Conv1D, Conv2D and Conv3D: one function for any rank
====================================================

``Conv1D``, ``Conv2D`` and ``Conv3D`` do the same along one, two or three axes.
One function computes all three: it cuts patches, and multiplies each of them by
the kernel. With a patch and the kernel as vectors:

.. math::

   y_{p,f} = b_f + \sum_k \text{patch}_{p,k} \, W_{k,f}

The position :math:`p` and the entry :math:`k` of a patch have as many axes as
the layer has.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv1D, Conv2D, Conv3D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three layers of 4 filters, with kernels of 3 steps, 3 by 3 pixels, and 3 by 3
# by 3 voxels. Before the last axis, the inputs have one axis, two and three.

layers = [Conv1D(4, 3), Conv2D(4, 3), Conv3D(4, 3)]
shapes = [(2, 8, 6), (2, 8, 8, 6), (2, 8, 8, 8, 6)]  # (batch, *space, channels)
for layer, shape in zip(layers, shapes):
    layer.build(shape)
    kernel, bias = layer.get_weights()
    print(layer.name, kernel.shape, bias.shape)

# %%
# Compute it
# ----------
# Padding puts zeros around the input, strides skip positions, and dilation
# skips pixels inside a patch. (Pages of their own show why, and which.)


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


def conv1d(x, kernel, bias=None, **options):
    """Conv1D: x (batch, steps, channels), kernel (size, channels, filters)."""
    return conv(x, kernel, bias, **options)


def conv2d(x, kernel, bias=None, **options):
    """Conv2D: conv of an image, (batch, height, width, channels)."""
    return conv(x, kernel, bias, **options)


def conv3d(x, kernel, bias=None, **options):
    """Conv3D: conv of a volume, (batch, depth, height, width, channels)."""
    return conv(x, kernel, bias, **options)


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit. In a
# tuple each axis has its own number.

same, first = {"padding": "same"}, {"data_format": "channels_first"}
cases = [
    (conv1d, Conv1D, 3, (2, 8, 6), {"strides": 2, **same}),
    (conv1d, Conv1D, 2, (2, 8, 6), {"dilation_rate": 3, "padding": "causal"}),
    (conv1d, Conv1D, 2, (2, 6, 8), {"groups": 2, **first}),
    (conv2d, Conv2D, (2, 3), (2, 7, 8, 6), {"strides": (3, 2), **same}),
    (conv2d, Conv2D, (3, 2), (2, 7, 8, 6), {"dilation_rate": (2, 3)}),
    (conv2d, Conv2D, (3, 2), (2, 6, 7, 8), {"groups": 2, **first}),
    (conv3d, Conv3D, (1, 2, 3), (2, 5, 4, 6, 6), {"strides": 2, **same}),
    (conv3d, Conv3D, (1, 2, 3), (2, 5, 4, 6, 6), {"dilation_rate": 2}),
    (conv3d, Conv3D, 2, (2, 6, 5, 4, 7), {"groups": 2, **first}),
]
for function, layer_class, size, shape, options in cases:
    layer = layer_class(4, size, **options)
    layer.build(shape)
    weights = [rng.integers(-9, 10, size=w.shape) for w in layer.weights]
    layer.set_weights(weights)
    x = rng.integers(-9, 10, size=shape).astype("float32")
    y = keras.ops.convert_to_numpy(layer(x))
    expected = function(x, *weights, **options)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    print(f"{layer.name}: {shape} becomes {y.shape}")

# %%
# Random numbers are rounded: the results agree up to a tolerance, in float32
# and in float64. (Only TensorFlow computes a whole layer in float64.)

x = rng.normal(size=(2, 7, 8, 6)).astype("float32")
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    layer = Conv2D(4, 3, 2, "same", bias_initializer="normal", dtype=dtype)
    y = keras.ops.convert_to_numpy(layer(x))
    weights = layer.get_weights()
    expected = conv2d(x.astype("float64"), *weights, strides=2, padding="same")
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)

# %%
# Break it
# --------
# Image libraries give a size as (width, height). Would you store images so?
# ``Conv2D`` takes them, but its kernel is (rows, columns): you would have to
# exchange the kernel's axes, too.

kernel, bias = layer.get_weights()
x_wide = x.astype("float64").swapaxes(1, 2)
options = {"strides": 2, "padding": "same"}
wrong = conv2d(x_wide, kernel, bias, **options).swapaxes(1, 2)
assert not np.allclose(y, wrong)
turned = conv2d(x_wide, kernel.swapaxes(0, 1), bias, **options).swapaxes(1, 2)
np.testing.assert_allclose(y, turned, rtol=tolerance, atol=tolerance)

# %%
# See it
# ------
# Which of eight steps make an output, for a kernel of 3? Where an output has
# fewer than three lines, the others come from zeros that padding adds.

panels = [
    ("default", {}),
    ("strides=2", {"strides": 2}),
    ("dilation_rate=2", {"dilation_rate": 2}),
    ('padding="same"', {"padding": "same"}),
    ('padding="causal"', {"padding": "causal"}),
    ('strides=2, padding="same"', {"strides": 2, "padding": "same"}),
]
steps = np.arange(8.0)[np.newaxis, :, np.newaxis]  # each is its own number
fig, axes = plt.subplots(2, 3, figsize=(6, 3.4), layout="constrained")
fig.suptitle("The steps below that make each output above")
for axis, (title, options) in zip(axes.flat, panels):
    cut = patches(steps, (3,), value=np.nan, **options)[0, :, :, 0]
    for position, patch in enumerate(cut):
        above = position * options.get("strides", 1)
        for step in patch:
            axis.plot([step, above], [0, 1], color="C0")
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
