r"""
Conv2DTranspose output size: padding and output_padding
=======================================================

``padding="same"`` makes an image ``strides`` times as large. It crops what the
copies of the kernel cover beyond that: half at each end, and an odd pixel last.
For :math:`n` pixels, a kernel of :math:`k` and strides of :math:`s`, without
and with an ``output_padding`` of :math:`p`, the output has

.. math::

   \text{valid:} \quad & (n - 1) \, s + \max(k, s) \\
   \text{valid, } p \text{:} \quad & (n - 1) \, s + k + p \\
   \text{same:} \quad & n \, s \\
   \text{same, } p \text{:} \quad & (n - 1) \, s + (k \bmod 2) + p
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Conv2DTranspose

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# With strides of 2, an encoder turns 25 pixels into 13, and 26 pixels, too. By
# default the decoder returns 26, and with ``output_padding=0`` 25.

options = {"strides": 2, "padding": "same"}
code = Conv2D(1, 3, **options)(np.zeros((1, 25, 26, 1)))
decoded = Conv2DTranspose(1, 3, **options)(code)
decoded_0 = Conv2DTranspose(1, 3, output_padding=0, **options)(code)
print(code.shape, "becomes", decoded.shape, "or", decoded_0.shape)

# %%
# Compute it
# ----------
# The rules above, for one axis or, with arrays, for all.


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


# %%
# From other pages
# ----------------


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


# %%
# Check it
# --------
# Where a kernel is smaller than the strides, the gaps hold only the bias. With
# whole numbers the results are equal to the bit.
#
# .. warning:: **Seen in Keras 3.15.1:** The documentation says that "same" pads
#    the input. It crops the output.
#
# .. warning:: **Seen in Keras 3.15.1:** With "same", ``output_padding=0`` and
#    an even kernel, TensorFlow raises an error on a CPU. JAX and PyTorch do it.

x = rng.integers(-9, 10, size=(1, 4, 5, 2)).astype("float32")
cases = [  # kernel_size and options
    ((3, 2), {"strides": 3}),
    ((3, 4), {"strides": (2, 3), "output_padding": (0, 2)}),
    ((5, 2), {"strides": (2, 3), "padding": "same"}),
    ((3, 6), {"strides": (3, 2), "padding": "same", "output_padding": (2, 1)}),
]
for size, options in cases:
    layer = Conv2DTranspose(3, size, **options)
    layer.build(x.shape)
    weights = [rng.integers(-9, 10, size=w.shape) for w in layer.weights]
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x))
    expected = conv_transpose(x, *weights, **options)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    print(f"{size}, {options}: 4 by 5 becomes {y.shape[1:3]}")

layer = Conv2DTranspose(1, 4, strides=2, padding="same", output_padding=0)
np.testing.assert_equal(layer.compute_output_shape((1, 5, 7, 3)), (1, 8, 12, 1))

# %%
# Break it
# --------
# Would you crop the odd pixel first? PyTorch does, with ``padding=1`` and
# ``output_padding=1``. (The page "ConvTranspose2d in Keras" ports this.)

layer = Conv2DTranspose(3, 3, strides=2, padding="same")
y = keras.ops.convert_to_numpy(layer(x))
uncropped = conv_transpose(x, *layer.get_weights(), strides=2)
assert not np.allclose(y, uncropped[:, 1:, 1:])

# %%
# See it
# ------
# Three pixels, a kernel of 5, strides of 2: how many copies cover each output?

cases = [("same", 0), ("same", None), ("valid", 1), ("valid", None)]
x, kernel = np.ones((1, 3, 1)), np.ones((5, 1, 1))
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
for row, (padding, more) in enumerate(cases):
    options = {"padding": padding, "output_padding": more}
    copies = conv_transpose(x, kernel, strides=2, **options)[0, :, 0]
    first = max(9 - len(copies), 0) // 2  # 9 pixels are all that they cover
    for pixel, number in enumerate(copies, first):
        axis.barh(row, 0.9, left=pixel, color=plt.cm.Blues(0.2 * number))
        axis.text(pixel + 0.4, row, int(number), color="k", va="center")
    axis.text(-0.3, row, f"{padding}, {more}", ha="right", va="center")
axis.set(title="What padding and output_padding keep", xlim=(-2.5, 10))
axis.axis("off")
plt.show()
