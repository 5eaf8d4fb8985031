r"""
Rescaling: pixels from 0..255 to 0..1 or -1..1
==============================================

``Rescaling`` multiplies each pixel by ``scale`` and then adds ``offset``. It
does the same in training and in prediction.

.. math::

   y = \text{scale} \cdot x + \text{offset}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Rescaling

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two images of bytes. A scale of 1/127.5 and an offset of -1 map 0 to -1 and
# 255 to 1, as MobileNet expects.

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
# The whole function also takes a scale and an offset for each channel. It
# rounds both constants to float32, as Keras does even in a float64 layer. That
# changes 1/255 after 7 digits or so, but no power of two.

from keras_by_hand import rescaling

# %%
# Check it
# --------
# First the line above. Then powers of two: with them nothing is rounded, and
# the results are equal to the bit.

np.testing.assert_allclose(y, rescaled, rtol=1e-4, atol=1e-4)


def keras_layer(x, *arguments, **options):
    return keras.ops.convert_to_numpy(Rescaling(*arguments, **options)(x))


for options in (
    {"scale": 2},
    {"scale": 1 / 128, "offset": -1},
    {"scale": [1, 0.5, 4], "offset": [-8, 0, 3.5]},
):
    exact = np.float32(rescaling(x, **options))
    of_keras = keras_layer(x, **options)
    np.testing.assert_array_equal(of_keras, exact, strict=True)

# %%
# Other scales round. (Only TensorFlow computes a layer in float64.)

expected = rescaling(x, scale=1 / 127.5, offset=-1)
results = {"float32": y}
if keras.backend.backend() == "tensorflow":
    results["float64"] = keras_layer(x, 1 / 127.5, -1, dtype="float64")
for dtype, result in results.items():
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(result, expected, tolerance, tolerance)
print("by rounding the scale:", np.max(np.abs(expected - (x / 127.5 - 1))))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** After
#    ``keras.config.set_image_data_format("channels_first")``, ``Rescaling``
#    applies a list of scales to the channels, but a list of offsets to the
#    columns of the image.

ones = np.ones((1, 3, 2, 3), "float32")  # (batch, channels, height, width)
keras.config.set_image_data_format("channels_first")
y_first = keras_layer(ones, [1, 2, 4], offset=[10, 20, 30])
keras.config.set_image_data_format("channels_last")
by_channel = np.reshape([1, 2, 4], (3, 1, 1))
expected = rescaling(ones, scale=by_channel, offset=[10, 20, 30])
np.testing.assert_array_equal(y_first, expected)

# %%
# Break it
# --------
# Would you add the offset first? Torchvision's ``Normalize`` does: it subtracts
# ``mean`` from pixels between 0 and 1, and then divides by ``std``. So the
# scale is 1 / (255 std), and the offset is -mean / std, not -mean.

mean, std = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])
of_pytorch = (x / 255 - mean) / std
ported = keras_layer(x, 1 / (255 * std), offset=-mean / std)
not_divided = rescaling(x, scale=1 / (255 * std), offset=-mean)
print("right:", ported[0, 0, 0], "wrong:", not_divided[0, 0, 0])
assert np.allclose(ported, of_pytorch, atol=1e-5)
assert not np.allclose(not_divided, of_pytorch)

# %%
# See it
# ------

pixels = np.arange(256)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
to_1 = rescaling(pixels, scale=1 / 255)
from_minus_1 = rescaling(pixels, scale=1 / 127.5, offset=-1)
axis.plot(pixels, from_minus_1, label="scale=1/127.5, offset=-1")
axis.plot(pixels, to_1, label="scale=1/255")
axis.plot(pixels, (pixels - 1) / 127.5, "--", label="wrong: offset first")
axis.legend()
axis.set(title="Rescaling multiplies first, then adds", xlabel="pixel")
axis.set(xticks=[0, 127.5, 255], yticks=[-1, 0, 1, 2], ylabel="y")
plt.show()
