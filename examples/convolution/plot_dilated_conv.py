r"""
Dilated convolution (dilation_rate): a kernel with gaps
=======================================================

With ``dilation_rate=2``, ``Conv2D`` reads every second pixel: its kernel sees a
larger part of the image with as many weights as before. The layer computes the
same as one with a larger kernel that has zeros between its entries.

.. math::

   y_{i,j,f} = b_f + \sum_{u,v,c} x_{i+ud,\; j+vd,\; c} \; W_{u,v,c,f}

Here :math:`d` is the rate. A kernel of size :math:`k` spans
:math:`(k - 1) \, d + 1` pixels.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D

from keras_by_hand.layers.convolution import conv
from keras_by_hand.layers.windows import patches

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A kernel of 3 by 3 and rates of 1, 2 and 3, on images of 7 by 7 pixels. The
# more a patch spans, the fewer fit into the image.

x = rng.integers(-9, 10, size=(2, 7, 7, 3)).astype("float32")
for rate in (1, 2, 3):  # (batch, height, width, channels)
    dilated = Conv2D(4, 3, dilation_rate=rate)
    y = dilated(x)
    print(f"rate {rate}: kernel {dilated.kernel.shape}, y {y.shape}")

# %%
# Compute it
# ----------
# For a rate of 2, write the kernel into every second row and column of an array
# of zeros. The result is an ordinary kernel: any library can use it.


def with_gaps(kernel, dilation_rate):
    """A kernel with dilation_rate - 1 zeros between its entries.

    kernel: (rows, columns, channels, filters), dilation_rate: (rows, columns).
    Returns ((rows - 1) * dilation_rate[0] + 1, ..., channels, filters).
    """
    rows, columns, channels, filters = kernel.shape
    height = (rows - 1) * dilation_rate[0] + 1
    width = (columns - 1) * dilation_rate[1] + 1
    wide = np.zeros((height, width, channels, filters))
    wide[:: dilation_rate[0], :: dilation_rate[1]] = kernel
    return wide


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.
#
# A ``Conv2D`` with both strides and dilation raises an error. The kernel with
# zeros is a way out: a layer without dilation takes it, here with strides of 2.

for rate, padding in [((2, 2), "valid"), ((1, 3), "valid"), ((3, 2), "same")]:
    layer = Conv2D(4, (2, 3), padding=padding, dilation_rate=rate)
    layer.build(x.shape)
    weights = [rng.integers(-9, 10, size=w.shape) for w in layer.weights]
    layer.set_weights(weights)
    kernel, bias = weights
    wide = with_gaps(kernel, rate)
    y = keras.ops.convert_to_numpy(layer(x))
    expected = np.float32(conv(x, wide, bias, padding=padding))
    np.testing.assert_array_equal(y, expected, strict=True)

    ordinary = Conv2D(4, wide.shape[:2], strides=2, padding=padding)
    ordinary.build(x.shape)
    ordinary.set_weights([wide, bias])
    options = {"strides": 2, "padding": padding, "dilation_rate": rate}
    expected = conv(x, *weights, **options)
    y = keras.ops.convert_to_numpy(ordinary(x))
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)
    np.testing.assert_raises(ValueError, Conv2D, 4, (2, 3), **options)

# %%
# Break it
# --------
# Would you write ``Conv2D(4, 3, 2)``? The third argument is ``strides``: it
# skips patches, while dilation skips pixels inside a patch. Or would you put
# zeros around the kernel to make it 5 by 5? On images of 7 by 7 pixels, the
# shape of the output is right each time.

dilated = Conv2D(4, 3, dilation_rate=2, bias_initializer="normal")
y = keras.ops.convert_to_numpy(dilated(x))
kernel, bias = dilated.get_weights()
strided = conv(x, kernel, bias, strides=2)
around = conv(x, np.pad(kernel, [(1, 1), (1, 1), (0, 0), (0, 0)]), bias)
for wrong in (strided, around):
    print(f"{wrong.shape}, {np.isclose(y, wrong).mean():.0%} of them right")
    assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The nine pixels that the output in the middle reads, for three rates.

pixels = np.arange(81).reshape(1, 9, 9, 1)  # each is its own number
fig, axes = plt.subplots(1, 3, figsize=(6, 2.4), layout="constrained")
fig.suptitle("A kernel of 3 by 3: the pixels that one output reads")
for axis, rate in zip(axes, (1, 2, 3)):
    cut = patches(pixels, (3, 3), padding="same", dilation_rate=rate)
    read = np.isin(pixels, cut[0, 4, 4])[0, :, :, 0]
    axis.pcolormesh(read, cmap="Blues", vmin=0, vmax=1.5, edgecolor="gray")
    axis.set(title=f"dilation_rate={rate}", xticks=[], yticks=[], aspect=1)
plt.show()
