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

from keras_by_hand import conv2d, sigmoid

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A layer of 2 filters. Its kernels hold four gates side by side, so they have
# 4 * 2 = 8 filters.


def keras_conv_lstm(
    layer_class, arrays, mask=None, initial_state=None, **options
):
    x, *weights = arrays
    layer = layer_class(2, weights[0].shape[:-2], **options)
    layer.build(x.shape)
    layer.set_weights(weights)
    y = layer(x, mask=mask, initial_state=initial_state)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, y)


def draw(*shape):
    return rng.normal(size=shape).astype("float32")


x = draw(2, 2, 5, 6, 3)  # (batch, steps, rows, columns, channels)
weights = [draw(2, 3, 3, 8), draw(2, 3, 2, 8), draw(8)]  # two kernels and bias
y = keras_conv_lstm(ConvLSTM2D, [x, *weights])
print(y.shape)

# %%
# Compute it
# ----------
# This is the loop of an ``LSTM``, with ``conv2d`` in the place of ``@``. Both
# states begin with zeros, in the shape of the output. The convolution of x
# makes the images smaller. That of h keeps their size: its padding is "same".

state = cell_state = np.zeros((2, 4, 4, 2))  # (batch, rows, columns, filters)
for t in range(2):
    z_x = conv2d(x[:, t], weights[0], weights[2])
    z_h = conv2d(state, weights[1], padding="same")
    i, f, g, o = np.split(z_x + z_h, 4, axis=-1)
    cell_state = sigmoid(f) * cell_state + sigmoid(i) * np.tanh(g)
    state = sigmoid(o) * np.tanh(cell_state)

# %%
# The whole function is for any rank, and adds the other arguments. It convolves
# all steps of x at once. Only the convolution of h needs the loop.

from keras_by_hand.layers.conv_lstm import conv_lstm

# %%
# Check it
# --------
# In float32, first the loop above, then the whole function. Then for any rank.
# First the shapes: a layer knows them without computing.

np.testing.assert_allclose(y, state, rtol=1e-4, atol=1e-4)
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
    for options, given, call in (
        (full, arrays, {"initial_state": start}),
        (masked, arrays, {"mask": used_mask}),
        (first, x_first, {}),
    ):
        options["return_state"] = True  # [y, h, c]
        right = conv_lstm(*given, **call, **options)
        cases.append((layer_class, options, given, call, right))
        layer = layer_class(2, size, **options)
        shapes = layer.compute_output_shape(given[0].shape)
        np.testing.assert_equal(shapes, [array.shape for array in right])

# %%
# The numbers: in float64, but only on TensorFlow.

dtype = "float64" if backend == "tensorflow" else "float32"
tolerance = 1000 * np.finfo(dtype).eps
for layer_class, options, given, call, right in cases:
    if options is not first:
        options = {"dtype": dtype, **options}
        actual = keras_conv_lstm(layer_class, given, **call, **options)
        for pair in zip(actual, right, strict=True):
            np.testing.assert_allclose(*pair, tolerance, tolerance)

# %%
# ``data_format`` moves the channels of x and y, but not of the kernels. Here is
# the ``ConvLSTM1D``.

_, _, (x_first, *first_weights), _, right = cases[2]
inputs = keras.Input(x_first.shape[1:])
model = keras.Model(inputs, ConvLSTM1D(2, 2, **first)(inputs))
model.set_weights(first_weights)
model.compile(jit_compile=backend == "tensorflow")  # many CPUs need XLA
actual = model.predict_on_batch(x_first.astype("float32"))
for pair in zip(actual, right, strict=True):
    np.testing.assert_allclose(*pair, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On JAX, ``ConvLSTM1D``,
#    ``ConvLSTM2D`` and ``ConvLSTM3D`` need ``unroll=True`` for a mask. Without
#    it they raise an error. Worse, if the output's last axis of space is as
#    long as the batch, they mask positions instead of samples.

if backend == "jax":
    arrays = [draw(2, 2, 3, 3), draw(2, 3, 8), draw(2, 2, 8), draw(8)]
    wrong = keras_conv_lstm(ConvLSTM1D, arrays, mask)
    right = keras_conv_lstm(ConvLSTM1D, arrays, mask, unroll=True)
    np.testing.assert_allclose(right, conv_lstm(*arrays, mask=mask), 1e-4, 1e-4)
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
