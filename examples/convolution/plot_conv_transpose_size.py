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

from keras_by_hand.layers.convolution import conv_transpose

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
# The last copy of the kernel begins at the pixel ``last``. From there, "valid"
# counts the ``k`` pixels of that copy, or ``s`` if the strides are larger.
# "same" counts ``s``, so that there are ``n * s`` in all. With an
# ``output_padding``, "valid" counts ``k + p``. "same" then counts ``1 + p`` for
# an odd kernel, and ``p`` for an even one.

n, k, s = 13, 3, 2  # pixels, kernel, strides
p = 0  # output_padding
last = (n - 1) * s
valid, valid_p = last + max(k, s), last + k + p
same, same_p = n * s, last + k % 2 + p

# %%
# The function has the four rules for one axis or, with arrays, for all.

from keras_by_hand.layers.convolution import transposed_size

# %%
# Check it
# --------
# Where a kernel is smaller than the strides, the gaps hold only the bias. With
# whole numbers the results are equal to the bit.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``Conv2DTranspose`` says that "same" pads the input. It crops the output.
#
# .. warning:: **Seen in Keras 3.15.1, error:** On TensorFlow,
#    ``Conv2DTranspose`` with "same", ``output_padding=0`` and an even kernel
#    raises an error on a CPU. JAX and PyTorch compute it.

np.testing.assert_equal(tuple(decoded.shape), (1, same, same, 1))
np.testing.assert_equal(tuple(decoded_0.shape), (1, same_p, same_p, 1))
for output_padding, expected in ((None, valid), (0, valid_p)):
    layer = Conv2DTranspose(1, 3, strides=2, output_padding=output_padding)
    shape = layer.compute_output_shape((1, 13, 13, 1))
    np.testing.assert_equal(shape, (1, expected, expected, 1))
    size = transposed_size(13, 3, 2, "valid", output_padding)
    np.testing.assert_equal(size, expected)
np.testing.assert_equal(transposed_size(13, 3, 2, "same", None), same)
np.testing.assert_equal(transposed_size(13, 3, 2, "same", 0), same_p)

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
