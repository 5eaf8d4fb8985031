r"""
ConvLSTM2D: an LSTM that convolves
==================================

For video prediction, say of rain on a radar, a layer must remember *where*
something was. ``ConvLSTM2D``, a convolutional LSTM, has two convolutions where
an ``LSTM`` has matrix products, so its output and its state are images.

.. math::

   (i, f, g, o) &= x_t * W + h_{t-1} * U + b \\
   c_t &= \sigma(f) \odot c_{t-1} + \sigma(i) \odot \tanh(g) \\
   h_t &= \sigma(o) \odot \tanh(c_t)

:math:`*` is a convolution, :math:`\sigma` the sigmoid, W the kernel, U the
recurrent kernel, and b the bias: see the page "LSTM". ``strides``, ``padding``
and ``dilation_rate`` are for x alone, as h must keep its size. ``ConvLSTM1D``
and ``ConvLSTM3D`` do the same, with convolutions over one or three axes.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import conv2d, sigmoid

# %%
# Build it
# --------
# Two videos of 3 frames of 6 by 6 pixels with 3 channels, and 2 filters. The
# kernels hold four gates side by side: 4 * 2 = 8 filters.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 3, 6, 6, 3)).astype("float32")
shapes = [(2, 3, 3, 8), (2, 3, 2, 8), (8,)]  # kernel, recurrent kernel, bias
weights = [rng.normal(size=shape) for shape in shapes]
layer = keras.layers.ConvLSTM2D(2, (2, 3), dilation_rate=2)
layer.build(x.shape)
layer.set_weights(weights)
y = keras.ops.convert_to_numpy(layer(x))  # (batch, rows, columns, filters)

# %%
# Compute it
# ----------
# This is the loop of an ``LSTM``, with ``conv2d`` for ``@``. States begin with
# zeros, in the shape of the output. (Masks: see the page "RNN masks on JAX".)


def read_video(x, kernel, recurrent_kernel, bias, **arguments):
    size = conv2d(x[:, 0], kernel, bias, **arguments).shape[:-1]
    h = c = np.zeros((*size, recurrent_kernel.shape[-2]))
    for t in range(x.shape[1]):
        z_x = conv2d(x[:, t], kernel, bias, **arguments)
        z_h = conv2d(h, recurrent_kernel, padding="same")
        i, f, g, o = np.split(z_x + z_h, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


from keras_by_hand import conv_lstm2d

# %%
# Check it
# --------

for function in (read_video, conv_lstm2d):
    h = function(x, *weights, dilation_rate=2)
    np.testing.assert_allclose(y, h, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Many ConvLSTMs for PyTorch have the gates i, f, o, g. Suppose you only
# transpose their kernels, by ``transpose(2, 3, 1, 0)``: Keras takes o for g.
# Exchange the last two quarters, too.
order = [0, 1, 2, 3, 6, 7, 4, 5]  # i, f, o, g for 2 filters
of_pytorch = [weight[..., order] for weight in weights]  # transposed
wrong = read_video(x, *of_pytorch, dilation_rate=2)
print("right:", y[0, 0, 0].round(2), "wrong:", wrong[0, 0, 0].round(2))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The input has a dot in frame 1 only. What h shows later has come through the
# recurrent kernel: the forget gate is 0, so c keeps nothing.

dot = np.zeros((1, 5, 9, 9, 1))
dot[0, 0, 4, 2] = 2
writing = np.array([[[[0, 0, 1, 0]]]])  # a kernel of 1 by 1: g = x
bias = np.array([100, -100, 0, 100])  # gates i and o are open, f is closed
moving, spreading = np.zeros((2, 3, 3, 1, 4))
moving[1, 0, 0, 2] = 4  # the middle row, the left column
spreading[:, :, 0, 2] = 0.5
fig, axes = plt.subplots(2, 5, figsize=(6, 2.7), layout="constrained")
fig.suptitle("The recurrent kernel of a ConvLSTM2D moves a dot, or spreads it")
for row, kernel in zip(axes, (moving, spreading)):
    for t, axis in enumerate(row, start=1):
        h = read_video(dot[:, :t], writing, kernel, bias)
        axis.imshow(h[0, :, :, 0], cmap="PuOr", vmin=-1, vmax=1)
        axis.set(xticks=[], yticks=[], title=f"frame {t}")
axes[0, 0].set(ylabel="reads left\nneighbour")
axes[1, 0].set(ylabel="reads all\nnine")
plt.show()
