r"""
ConvLSTM2D: an LSTM that convolves
==================================

``ConvLSTM2D`` reads a video frame by frame. It is an ``LSTM`` whose two matrix
products are convolutions, so its output and its state are images.

.. math::

   (i, f, g, o) &= x_t * W + h_{t-1} * U + b \\
   c_t &= \sigma(f) \odot c_{t-1} + \sigma(i) \odot \tanh(g) \\
   h_t &= \sigma(o) \odot \tanh(c_t)

Here * is a convolution: for x that of ``Conv2D``. For h it always has strides
of 1 and the padding "same", because h must keep its size from frame to frame.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid
from keras_by_hand.layers.convolution import conv

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two videos of 3 frames, and 2 filters. The kernels hold four gates side by
# side, so they have 4 * 2 = 8 filters.

x = rng.normal(size=(2, 3, 6, 8, 3))  # (batch, steps, rows, columns, channels)
x = x.astype("float32")
shapes = [(2, 3, 3, 8), (2, 3, 2, 8), (8,)]  # kernel, recurrent kernel, bias
weights = [rng.normal(size=shape).astype("float32") for shape in shapes]


def keras_conv_lstm2d(x, dtype="float32", **arguments):
    layer = keras.layers.ConvLSTM2D(2, (2, 3), dtype=dtype, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x))


print(keras_conv_lstm2d(x).shape)  # (batch, rows, columns, filters)

# %%
# Compute it
# ----------
# Where this loop has ``conv``, that of an ``LSTM`` has ``@``. (The page
# "ConvLSTM1D, ConvLSTM2D and ConvLSTM3D" adds the other arguments.)


def read_video(x, kernel, recurrent_kernel, bias, **arguments):
    """The last output of ConvLSTM2D (Shi et al., 2015).

    x: (batch, steps, rows, columns, channels), kernel: (*size, channels,
    4 * filters), recurrent_kernel: (*size, filters, 4 * filters), bias:
    (4 * filters,). arguments: strides, padding and dilation_rate, for x alone.
    Returns (batch, rows, columns, filters).
    """
    frames = [
        conv(x[:, t], kernel, bias, **arguments) for t in range(x.shape[1])
    ]
    h = c = np.zeros_like(np.split(frames[0], 4, axis=-1)[0])
    for frame in frames:
        z = frame + conv(h, recurrent_kernel, padding="same")
        i, f, g, o = np.split(z, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


# %%
# Check it
# --------
# In float32 and float64. (Only TensorFlow computes a whole layer in float64.)
# ``padding``, ``strides`` and ``dilation_rate`` change the first convolution,
# never the second.

tensorflow = keras.backend.backend() == "tensorflow"
arrays = [array.astype("float64") for array in (x, *weights)]
for arguments in (
    {},
    {"padding": "same"},
    {"strides": 2},
    {"dilation_rate": 2},
):
    expected = read_video(*arrays, **arguments)
    for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
        tolerance = 1000 * np.finfo(dtype).eps
        y = keras_conv_lstm2d(x, dtype, **arguments)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)
    print(arguments, y.shape)

# %%
# Break it
# --------
# Would you dilate the recurrent kernel, too? All shapes fit, but Keras reads
# the neighbours in the state.

_, kernel, recurrent_kernel, bias = arrays
dilated = np.zeros((3, 5, 2, 8))
dilated[::2, ::2] = recurrent_kernel
wrong = read_video(x, kernel, dilated, bias, dilation_rate=2)
print("right:", y[0, 0, 0].round(2))
print("wrong:", wrong[0, 0, 0].round(2))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# A dot appears in frame 1 only. A recurrent kernel that reads the left
# neighbour moves it to the right; one that reads all nine pixels spreads it.

dot = np.zeros((1, 5, 9, 9, 1))
dot[0, 0, 4, 2] = 2
writing = np.array([[[[0, 0, 1, 0]]]])  # a kernel of 1 by 1: g = x
bias = np.array([100, -100, 0, 100])  # gates i and o are open, f is closed
moving, spreading = np.zeros((2, 3, 3, 1, 4))
moving[1, 0, 0, 2] = 4  # the middle row, the left column
spreading[:, :, 0, 2] = 0.5
fig, axes = plt.subplots(2, 5, figsize=(6, 2.7), layout="constrained")
fig.suptitle("The recurrent kernel of a ConvLSTM2D moves a dot, or spreads it")
panels = [("left\nneighbour", moving), ("all nine\npixels", spreading)]
for row, (name, kernel) in zip(axes, panels):
    for t, axis in enumerate(row, start=1):
        h = read_video(dot[:, :t], writing, kernel, bias)
        axis.imshow(h[0, :, :, 0], cmap="PuOr", vmin=-1, vmax=1)
        axis.set(xticks=[], yticks=[], title=f"frame {t}")
    row[0].set(ylabel=name)
plt.show()
