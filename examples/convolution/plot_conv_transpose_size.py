r"""
Conv2DTranspose output size: padding and output_padding
=======================================================

A decoder must return the size that the encoder was given. For :math:`n` pixels,
a kernel of :math:`k` and strides of :math:`s`, a transposed convolution
returns (with :math:`p` if you pass ``output_padding``, else without)

.. math::

   \text{valid:} \quad & (n - 1) \, s + \max(k, s) \\
   \text{valid, } p \text{:} \quad & (n - 1) \, s + k + p \\
   \text{same:} \quad & n \, s \\
   \text{same, } p \text{:} \quad & (n - 1) \, s + (k \bmod 2) + p

:math:`k \bmod 2` is 1 for an odd kernel, 0 for an even one. Your :math:`p` is
the size you need minus that for :math:`p = 0`, and less than :math:`s`. "same"
crops what exceeds its size: half at each end, and an odd pixel last.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Conv2DTranspose

from keras_by_hand.layers.convolution import conv_transpose

# %%
# Build it
# --------
# With strides of 2, an encoder turns 25 pixels into 13, and 26 pixels, too. By
# default the decoder returns 26. ``output_padding`` can be a pair, for rows and
# columns: 0 returns 25, and 1 returns 26.

options = {"strides": 2, "padding": "same"}
code = Conv2D(1, 3, **options)(np.zeros((1, 25, 26, 1)))
decoded = Conv2DTranspose(1, 3, **options)(code)
decoded_p = Conv2DTranspose(1, 3, output_padding=(0, 1), **options)(code)
print(code.shape, "becomes", decoded.shape, "or", decoded_p.shape)

# %%
# Compute it
# ----------
# Each input pixel puts a copy of the kernel into the output, ``s`` pixels after
# the copy before. The last copy begins at the pixel ``last``.

n, k, s, p = 13, 3, 2, 0  # pixels, kernel, strides, output_padding
last = (n - 1) * s
valid, valid_p = last + max(k, s), last + k + p
same, same_p = n * s, last + k % 2 + p

from keras_by_hand.layers.convolution import transposed_size  # all four

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``Conv2DTranspose`` says that "same" pads the input. It crops the output.
#
# .. warning:: **Seen in Keras 3.15.1, error:** On TensorFlow,
#    ``Conv2DTranspose`` with "same", ``output_padding=0`` and an even kernel
#    raises an error on a CPU. JAX and PyTorch compute it.

np.testing.assert_equal(tuple(decoded.shape), (1, same, same, 1))
np.testing.assert_equal(tuple(decoded_p.shape), (1, same_p, same_p + 1, 1))
np.testing.assert_equal(transposed_size(13, 3, 2, "same", 0), same_p)
for output_padding, expected in ((None, valid), (0, valid_p)):
    layer = Conv2DTranspose(1, 3, strides=2, output_padding=output_padding)
    np.testing.assert_equal(layer(code).shape[1], expected)

# %%
# Break it
# --------
# Where one pixel is too many, Keras crops the last, and PyTorch, with
# ``padding=1`` and ``output_padding=1``, the first. (See the page
# "ConvTranspose2d in Keras".)

x = np.random.default_rng(313).normal(size=(1, 4, 5, 2))
layer = Conv2DTranspose(3, 3, strides=2, padding="same")
y = keras.ops.convert_to_numpy(layer(x))
whole = conv_transpose(x, *layer.get_weights(), strides=2)
np.testing.assert_allclose(y, whole[:, :-1, :-1], rtol=1e-4, atol=1e-4)
wrong = whole[:, 1:, 1:]
print("right:", y[0, 0, 0].round(2), "wrong:", wrong[0, 0, 0].round(2))
assert not np.allclose(y, wrong)

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
