r"""
Conv1DTranspose to Conv3DTranspose: one function for any rank
=============================================================

``Conv1DTranspose``, ``Conv2DTranspose`` and ``Conv3DTranspose`` do the same
along one, two or three axes: each position of the input adds a copy of the
kernel, and the output is cropped to its length.

.. math::

   y_{p,f} = b_f + \sum_{s\,i + d\,u = p} \sum_c x_{i,c} \, W_{u,f,c}

The copies begin ``strides`` steps apart, :math:`s`, and the entries of a copy
are ``dilation_rate`` steps apart, :math:`d`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Each layer has 4 filters and a kernel of 3 along each axis, and reads 6
# channels. In the kernel, the filters stand before the channels.

built = []
for layer_class, shape in [  # (batch, *space, channels)
    (Conv1DTranspose, (2, 5, 6)),
    (Conv2DTranspose, (2, 5, 5, 6)),
    (Conv3DTranspose, (2, 5, 5, 5, 6)),
]:
    layer = layer_class(4, 3, strides=2)
    x = np.arange(np.prod(shape)).reshape(shape).astype("float32") % 10
    y = layer(x)
    print(f"{shape}, kernel {layer.kernel.shape}: {tuple(y.shape)}")
    built.append((x, layer.get_weights()[0], keras.ops.convert_to_numpy(y)))

# %%
# Compute it
# ----------
# One entry of the kernel falls on places that are ``strides`` apart, one for
# each position. So NumPy adds that entry of all copies at once. Here 5
# positions are 2 apart, and the last copy is 3 long: along each axis, the
# output has 4 * 2 + 3 = 11 entries. The same lines work for 1, 2 and 3 axes.

by_hand = []
for x, kernel, _ in built:
    size = kernel.shape[:-2]
    total = np.zeros((2, *[11] * len(size), 4))  # (batch, *larger, filters)
    for entry in np.ndindex(*size):
        places = [slice(first, first + 5 * 2, 2) for first in entry]
        total[:, *places] += x @ kernel[entry].T
    by_hand.append(total)

# %%
# The whole function adds the bias. Dilation moves the entries of a copy apart,
# and ``padding`` says how much of the sum is cropped.

from keras_by_hand import conv1d_transpose, conv2d_transpose, conv3d_transpose
from keras_by_hand.layers.convolution import conv_transpose

# %%
# Check it
# --------
# First the three layers above; their biases are zero. Then layers of whole
# numbers: nothing is rounded, so the results are equal to the bit. (The page
# "Conv2DTranspose output size" explains ``padding`` and ``output_padding``.)

for (_, _, y), expected in zip(built, by_hand):
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

layers = [  # function, layer, kernel_size, shape of x (6: channels)
    (conv1d_transpose, Conv1DTranspose, (5,), (2, 4, 6)),
    (conv2d_transpose, Conv2DTranspose, (5, 2), (2, 4, 3, 6)),
    (conv3d_transpose, Conv3DTranspose, (5, 2, 3), (2, 4, 3, 2, 6)),
]
options = {"strides": 3, "padding": "same", "output_padding": 1}
bias = np.array([3, -2, 5, 1])
for function, layer_class, size, shape in layers:
    x = rng.integers(-9, 10, size=shape).astype("float32")
    kernel = rng.integers(-9, 10, size=(*size, 4, 6))
    layer = layer_class(4, size, **options)
    layer.build(shape)
    layer.set_weights([kernel, bias])
    y = keras.ops.convert_to_numpy(layer(x))
    expected = np.float32(function(x, kernel, bias, **options))
    np.testing.assert_array_equal(y, expected, strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** On a CPU, TensorFlow computes
#    ``Conv1DTranspose``, ``Conv2DTranspose`` and ``Conv3DTranspose`` with
#    ``dilation_rate`` and ``data_format="channels_first"`` by oneDNN, or it
#    raises an error. Not every processor has oneDNN. ``jit_compile=True``
#    helps: XLA computes them on any.

options = {"dilation_rate": 2, "data_format": "channels_first"}
for function, layer_class, size, (batch, *space, channels) in layers:
    shape = (batch, channels, *space)
    x = rng.integers(-9, 10, size=shape).astype("float32")
    kernel = rng.integers(-9, 10, size=(*size, 4, 6))
    model = keras.Sequential([layer_class(4, size, **options)])
    model.build(shape)
    model.set_weights([kernel, bias])
    model.compile(jit_compile=keras.backend.backend() == "tensorflow")
    y = model.predict_on_batch(x)
    expected = np.float32(function(x, kernel, bias, **options))
    np.testing.assert_array_equal(y, expected, strict=True)

# %%
# Break it
# --------
# Both strides and dilation make the output longer: strides move the copies
# apart, dilation moves the entries of a copy apart. Would you take one for the
# other? From 3 steps, a kernel of 3 makes 7 with either.

x = np.array([1.0, 2, 3]).reshape(1, 3, 1)  # (batch, steps, channels)
kernel = np.array([1, 1, 5]).reshape(3, 1, 1)
layer = Conv1DTranspose(1, 3, strides=2, use_bias=False)
layer.build(x.shape)
layer.set_weights([kernel])
y = keras.ops.convert_to_numpy(layer(x))
wrong = conv1d_transpose(x, kernel, dilation_rate=2)
print(y.ravel(), "and not", wrong.ravel())
assert np.any(y != wrong)

# %%
# See it
# ------
# To which outputs does each of five steps add, with a kernel of 3? An output
# without a line holds only the bias.

panels = [
    ("default", {}),
    ("strides=2", {"strides": 2}),
    ("dilation_rate=2", {"dilation_rate": 2}),
    ('padding="same"', {"padding": "same"}),
    ('strides=2, padding="same"', {"strides": 2, "padding": "same"}),
    ("strides=2, output_padding=1", {"strides": 2, "output_padding": 1}),
]
steps = np.eye(5).reshape(5, 5, 1)  # each sequence has a 1 at another step
fig, axes = plt.subplots(2, 3, figsize=(6, 3.4), layout="constrained")
fig.suptitle("Each step below adds to the outputs above")
for axis, (title, options) in zip(axes.flat, panels):
    copies = conv_transpose(steps, np.ones((3, 1, 1)), **options)
    for step, output, _ in np.argwhere(copies):
        below = step * options.get("strides", 1)
        axis.plot([below, output], [0, 1], color="C0")
    axis.plot(np.ones(copies.shape[1]), "o", color="gray")
    axis.set_title(title, fontsize="small")
    axis.set(xticks=[], yticks=[])
plt.show()
