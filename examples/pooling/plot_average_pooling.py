r"""
AveragePooling1D, AveragePooling2D, AveragePooling3D: padding does not count
============================================================================

``AveragePooling2D`` moves a window over an image, and takes the mean of the
pixels in it. Pixels that padding adds at the border do not count.

.. math::

   y_{p,c} = \frac{1}{|\text{window}_p|}
   \sum_{q \in \text{window}_p} x_{q,c}

The window at position :math:`p` has :math:`|\text{window}_p|` pixels :math:`q`
of ``x``. Each channel :math:`c` is pooled by itself.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import AveragePooling1D, AveragePooling2D, AveragePooling3D

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The mean of ones is 1, even at the border.

ones = np.ones((1, 4, 5, 1), "float32")  # (batch, height, width, channels)
layer = AveragePooling2D(pool_size=3, strides=1, padding="same")
y_ones = keras.ops.convert_to_numpy(layer(ones))
print(y_ones[0, :, :, 0])

# %%
# Compute it
# ----------
# The zeros of the padding do not change a sum. To count the real pixels of each
# window, sum up an image of ones that is padded in the same way.


def average_pooling(
    x, *, pool_size, strides=None, padding="valid", data_format="channels_last"
):
    """AveragePooling1D, 2D or 3D (Keras documentation).

    x: (batch, *space, channels), or (batch, channels, *space) if data_format is
    "channels_first"; strides: pool_size by default. Returns (batch, *positions,
    channels), or channels first.
    """
    if data_format == "channels_first":
        x = np.moveaxis(x, 1, -1)
    rank = x.ndim - 2
    size = np.broadcast_to(pool_size, rank)
    strides = size if strides is None else strides
    axes = tuple(range(rank + 1, 2 * rank + 1))  # those of a window
    total = np.sum(patches(x, size, strides, padding), axes)
    count = np.sum(patches(np.ones_like(x), size, strides, padding), axes)
    y = total / count
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


average_pooling1d = average_pooling2d = average_pooling3d = average_pooling

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


# %%
# Check it
# --------
# Means are rounded: the results agree up to a tolerance.

same = {"strides": 1, "padding": "same"}
first = {"data_format": "channels_first"}
cases = [
    (average_pooling1d, AveragePooling1D, (2, 7, 3), 3, same),
    (average_pooling1d, AveragePooling1D, (2, 3, 8), 3, first),
    (average_pooling2d, AveragePooling2D, (2, 5, 6, 3), (3, 5), same),
    (average_pooling2d, AveragePooling2D, (2, 3, 5, 7), (2, 3), first),
    (average_pooling3d, AveragePooling3D, (2, 5, 4, 6, 3), 3, same),
    (average_pooling3d, AveragePooling3D, (2, 3, 5, 4, 6), (2, 1, 3), first),
]
tolerance = 1000 * np.finfo("float32").eps
for function, layer_class, shape, pool_size, options in cases:
    x = rng.normal(size=shape).astype("float32")
    y = keras.ops.convert_to_numpy(layer_class(pool_size, **options)(x))
    expected = function(x.astype("float64"), pool_size=pool_size, **options)
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** where ``"same"`` pads the end more than
#    the start, the PyTorch backend counts the last number twice. The mean of 10
#    and 20 becomes 16.67 instead of 15.

x = np.float32([[[10], [20]]])  # (batch, steps, channels)
y = AveragePooling1D(3, strides=2, padding="same")(x)
expected = average_pooling1d(x, pool_size=3, strides=2, padding="same")
if keras.backend.backend() == "torch":
    expected = [[[(10 + 20 + 20) / 3]]]
np.testing.assert_allclose(keras.ops.convert_to_numpy(y), expected, rtol=1e-6)

# %%
# Break it
# --------
# Would you pad with zeros, and always divide by nine? PyTorch's
# ``AvgPool2d(3, 1, 1)`` does so by default (``count_include_pad=True``).

padded = np.pad(ones, [(0, 0), (1, 1), (1, 1), (0, 0)])
wrong = average_pooling2d(padded, pool_size=3, strides=1)
assert not np.allclose(y_ones, wrong)

# %%
# See it
# ------
# In a corner, only four of the nine pixels are real.

image = wrong[0, :, :, 0]
fig, axis = plt.subplots(figsize=(5, 2.8))
fig.suptitle("Means of ones, divided by nine: too small at the border")
axis.imshow(image, cmap="Greys_r", vmin=-0.5, vmax=1)
axis.set(title="In Keras, each of them is 1", xticks=[], yticks=[])
for (row, column), mean in np.ndenumerate(image):
    axis.text(column, row, f"{mean:.2f}", ha="center", va="center", color="k")
plt.show()
