r"""
ConvTranspose2d in Keras: padding crops the result
==================================================

The ``padding`` of PyTorch's ``ConvTranspose2d`` takes pixels away from all
sides of the result. In Keras this is a ``Cropping2D`` after the
``Conv2DTranspose``, and not ``padding="same"``.

.. math::

   \text{new height} = &(h - 1) \cdot \text{strides} + \text{rows} \\
   &+ \text{output\_padding} - 2 \cdot \text{padding}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2DTranspose, Cropping2D

from keras_by_hand.porting.pytorch import pytorch_conv_transpose2d

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1)`` doubles
# height and width. Here it is in Keras, and its weights in PyTorch's order.

inputs = keras.Input((5, 6, 3))
layer = Conv2DTranspose(4, 3, strides=2, output_padding=1)
model = keras.Model(inputs, Cropping2D(1)(layer(inputs)))

images = rng.integers(-9, 10, size=(2, 3, 5, 6))  # (batch, in, height, width)
kernel = rng.integers(-9, 10, size=(3, 4, 3, 3))  # (in, out, rows, columns)
bias = np.array([3, -2, 5, 1])  # (out,)

# %%
# Compute it
# ----------
# In and out change places in both libraries, so the axes move as for Conv2D.
# Each pixel adds a copy of the kernel, 2 pixels after the one before.
# ``output_padding=1`` adds a row at the bottom and a column on the right. That
# makes (5 - 1) * 2 + 3 + 1 = 12 rows, and 14 columns. ``padding=1`` takes one
# away on each side.

moved = kernel.transpose(2, 3, 1, 0)  # (rows, columns, out, in)
pixels = images.transpose(0, 2, 3, 1)  # (batch, height, width, in)
uncropped = np.zeros((2, 12, 14, 4))  # (batch, new height, new width, out)
for i, j in np.ndindex(5, 6):
    copy = np.einsum("bc,uvfc->buvf", pixels[:, i, j], moved)
    top, left = 2 * i, 2 * j
    uncropped[:, top : top + 3, left : left + 3] += copy
by_hand = uncropped[:, 1:-1, 1:-1] + bias

# %%
# The function only moves the axes of the kernel. The layers do the rest.

from keras_by_hand.porting.pytorch import from_pytorch_transpose_kernel

# %%
# Check it
# --------
# PyTorch multiplies the kernel by each pixel, and adds up the products where
# they overlap (documentation of ``torch.nn.ConvTranspose2d``).

layer.set_weights([from_pytorch_transpose_kernel(kernel), bias])
x = images.transpose(0, 2, 3, 1)  # (batch, height, width, channels)
y = model.predict(x, verbose=0)
options = {"stride": 2, "padding": 1, "output_padding": 1}
expected = pytorch_conv_transpose2d(images, kernel, bias, **options)
np.testing.assert_array_equal(y, expected.transpose(0, 2, 3, 1))
np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

if keras.backend.backend() == "torch":  # then PyTorch itself can say
    import torch

    arrays = [torch.tensor(np.float32(a)) for a in (images, kernel, bias)]
    of_pytorch = torch.nn.functional.conv_transpose2d(*arrays, **options)
    np.testing.assert_array_equal(expected, of_pytorch)

# %%
# Break it
# --------
# Would ``padding="same"`` do, without cropping? The shape is right. But where
# PyTorch drops the first row and column, Keras drops the last. To port such a
# layer to PyTorch, leave the padding out, and drop the last ones yourself.

same_layer = Conv2DTranspose(4, 3, strides=2, padding="same")
same_layer.build(x.shape)
same_layer.set_weights(layer.get_weights())
same = keras.ops.convert_to_numpy(same_layer(x.astype("float32")))
assert np.any(same != y)

the_way_back = layer.get_weights()[0].transpose(3, 2, 0, 1)
whole = pytorch_conv_transpose2d(images, the_way_back, bias, stride=2)
dropped = whole[:, :, :-1, :-1].transpose(0, 2, 3, 1)
np.testing.assert_array_equal(same, dropped)

# %%
# See it
# ------
# Three pixels in a row: each adds to the sums below its orange line.

fig, axes = plt.subplots(2, 1, figsize=(6, 2.6), sharex=True)
fig.suptitle("Seven sums become six: the grey one is dropped")
panels = [("PyTorch: padding=1, output_padding=1", 0), ('Keras: "same"', 6)]
for axis, (title, dropped) in zip(axes, panels):
    axis.bar(range(7), 1)
    axis.bar(dropped, 1, color="0.7")
    for pixel in range(3):
        first, height = 2 * pixel, 1.3 + 0.3 * pixel
        axis.plot([first - 0.4, first + 2.4], [height, height], "C1", lw=3)
    axis.set(title=title, yticks=[], ylim=(0, 2.2))
plt.show()
