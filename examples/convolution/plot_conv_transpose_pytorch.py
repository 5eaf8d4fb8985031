r"""
ConvTranspose2d in Keras: its padding crops the result
======================================================

PyTorch's ``ConvTranspose2d(padding=1)`` drops a pixel at each side of the
result. In Keras that is a ``Cropping2D(1)`` after the ``Conv2DTranspose``.
Here ``padding="same"`` has the right shape and wrong numbers.
"""

import keras
import numpy as np
from keras.layers import Conv2DTranspose, Cropping2D

from keras_by_hand.porting.pytorch import pytorch_conv_transpose2d

# %%
# Build it
# --------
# ``ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1)``, in NumPy:

rng = np.random.default_rng(313)
images = rng.integers(-9, 10, size=(2, 3, 5, 6))  # (batch, in, height, width)
kernel = rng.integers(-9, 10, size=(3, 4, 3, 3))  # (in, out, rows, columns)
bias = np.array([3, -2, 5, 1])  # (out,)
options = {"stride": 2, "padding": 1, "output_padding": 1}
expected = pytorch_conv_transpose2d(images, kernel, bias, **options)

# %%
# Compute it
# ----------
# Both libraries swap in and out here, so the kernel moves as for ``Conv2d``.
# (The function below does it, too.) ``output_padding`` stays what it is.

moved = kernel.transpose(2, 3, 1, 0).copy()  # (rows, columns, out, in)
x = images.transpose(0, 2, 3, 1)  # (batch, height, width, in)

from keras_by_hand.porting.pytorch import from_pytorch_transpose_kernel

# %%
# Check it
# --------
layer = Conv2DTranspose(4, 3, strides=2, output_padding=1)
model = keras.Sequential([keras.Input((5, 6, 3)), layer, Cropping2D(1)])
model.set_weights([moved, bias])
y = model.predict(x, verbose=0).transpose(0, 3, 1, 2)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
np.testing.assert_array_equal(from_pytorch_transpose_kernel(kernel), moved)

# %%
# Break it
# --------
# Where PyTorch drops the first row and column, "same" drops the last. They only
# agree if each side loses as much, as with a kernel of 4, stride 2, padding 1.

same = Conv2DTranspose(4, 3, strides=2, padding="same")
model = keras.Sequential([keras.Input((5, 6, 3)), same])
model.set_weights([moved, bias])
wrong = model.predict(x, verbose=0).transpose(0, 3, 1, 2)
print("right:", y[0, 0, 0, :5], "wrong:", wrong[0, 0, 0, :5])
assert np.any(wrong != y)
