r"""
Rescaling: pixels from 0..255 to 0..1 or -1..1
==============================================

Networks learn best from small numbers around 0, and pixels go up to 255.
``Rescaling`` multiplies each pixel by ``scale`` and then adds ``offset``, in
training and in prediction. ``Rescaling(1 / 255)`` divides by 255.

.. math::

   y = \text{scale} \cdot x + \text{offset}

Here x is a pixel, and y what becomes of it.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Rescaling

# %%
# Build it
# --------
# Two images of bytes. A scale of 1/127.5 and an offset of -1 map 0 to -1 and
# 255 to 1, as ``preprocess_input`` of MobileNet does. That of ResNet50 swaps
# red and blue, and subtracts means: ``Rescaling`` alone cannot replace it.

rng = np.random.default_rng(313)
x = rng.integers(0, 256, size=(2, 3, 4, 3)).astype("uint8")
x[0, 0, 0] = [0, 127, 255]  # x: (batch, height, width, channels)
inputs = keras.Input(x.shape[1:], dtype="uint8")
layer = Rescaling(1 / 127.5, offset=-1)
y = keras.Model(inputs, layer(inputs)).predict(x, verbose=0)
print(x[0, 0, 0], "->", y[0, 0, 0])

# %%
# Compute it
# ----------
# Multiply each pixel by the scale, then add the offset.

rescaled = x * (1 / 127.5) - 1  # (batch, height, width, channels)

# %%
# ``rescaling`` is the whole layer. Like Keras, it rounds scale and offset to
# float32, even where it computes in float64.

from keras_by_hand import rescaling

# %%
# Check it
# --------

np.testing.assert_allclose(y, rescaled, rtol=1e-4, atol=1e-4)
if keras.backend.backend() == "tensorflow":  # JAX has float32, by default
    y_64 = Rescaling(1 / 255, dtype="float64")(x)
    np.testing.assert_allclose(y_64, rescaling(x, scale=1 / 255), rtol=1e-14)

# %%
# Break it
# --------
# Torchvision's ``Normalize`` subtracts ``mean`` from pixels between 0 and 1,
# and then divides by ``std``. As ``Rescaling`` multiplies first, its scale is
# 1 / (255 std), and its offset is -mean / std, not -mean.

mean, std = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])
of_pytorch = (x / 255 - mean) / std
right = Rescaling(1 / (255 * std), offset=-mean / std)(x)
wrong = keras.ops.convert_to_numpy(Rescaling(1 / (255 * std), offset=-mean)(x))
right = keras.ops.convert_to_numpy(right)
print("right:", right[0, 0, 0], "wrong:", wrong[0, 0, 0])
np.testing.assert_allclose(right, of_pytorch, rtol=1e-4, atol=1e-4)
assert not np.allclose(wrong, of_pytorch)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** After
#    ``keras.config.set_image_data_format("channels_first")``, ``Rescaling``
#    applies a list of scales to the channels, but a list of offsets to the
#    columns of the image. Give the offsets the shape (3, 1, 1).

ones = np.ones((1, 3, 2, 3), "float32")  # (batch, channels, height, width)
keras.config.set_image_data_format("channels_first")
wrong = Rescaling([1, 2, 4], offset=[10, 20, 30])(ones)
wrong = keras.ops.convert_to_numpy(wrong)
offsets = np.reshape([10, 20, 30], (3, 1, 1))
right = Rescaling([1, 2, 4], offset=offsets)(ones)
right = keras.ops.convert_to_numpy(right)
keras.config.set_image_data_format("channels_last")
print("a row of channel 0, right:", right[0, 0, 0], "wrong:", wrong[0, 0, 0])
scaled = np.reshape([1, 2, 4], (3, 1, 1)) * ones
np.testing.assert_array_equal(right, scaled + offsets)
np.testing.assert_array_equal(wrong, scaled + [10, 20, 30])

# %%
# See it
# ------

pixels = np.arange(256)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(pixels, pixels / 127.5 - 1, label="scale=1/127.5, offset=-1")
axis.plot(pixels, pixels / 255, label="scale=1/255")
axis.plot(pixels, (pixels - 1) / 127.5, "--", label="wrong: offset first")
axis.legend()
axis.set(title="Rescaling multiplies first, then adds", xlabel="pixel")
axis.set(xticks=[0, 127.5, 255], yticks=[-1, 0, 1, 2], ylabel="y")
plt.show()
