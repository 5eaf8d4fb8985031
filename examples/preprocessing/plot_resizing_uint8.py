r"""
Resizing, uint8: whole numbers are rounded and clipped
======================================================

Called on the whole numbers of a photograph, ``Resizing`` and ``UpSampling2D``
return whole numbers of the same ``dtype``. In a model they return floats, as
its ``Input`` is float32 by default.

.. math::

   y_{\text{uint8}} = \min(255,\, \max(0,\, \text{round}(y)))

Here y is what they compute of floats. With "bicubic" and "lanczos3" it can be
below 0 and above 255, as some of their weights are negative.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Resizing, UpSampling2D

from keras_by_hand.layers.resizing import resize

# %%
# Build it
# --------
# A row of black, white and nearly black pixels becomes four times as wide.
# (With ``antialias``, "bicubic" is the same on all backends.)

x = np.array([0, 0, 255, 255, 2, 0], dtype="uint8").reshape(1, 1, 6, 1)
layer = Resizing(1, 24, interpolation="bicubic", antialias=True)
y = keras.ops.convert_to_numpy(layer(x))
model = keras.Sequential([keras.Input((1, 6, 1)), layer])
y_model = model.predict(x, verbose=0)
print(y.dtype, y.ravel())
print(y_model.dtype, y_model.ravel().round().astype(int))

# %%
# Compute it
# ----------
# Resize in floats, round to whole numbers, and clip to the range of uint8. Like
# NumPy, Keras rounds halves to even numbers: 0.5 to 0, and 1.5 to 2.

floats = resize(x, 1, 24, "bicubic")  # (batch, height, width, channels)
whole = np.clip(np.round(floats), 0, 255).astype("uint8")

# %%
# The whole function takes any integer dtype, and clips to its range.

from keras_by_hand.layers.preprocessing import as_whole_numbers

# %%
# Check it
# --------
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``Resizing`` and ``UpSampling2D`` does not say that they round and clip.

np.testing.assert_array_equal(y, whole, strict=True)

expected = resize(x, 1, 24, "bicubic")
np.testing.assert_array_equal(
    y, as_whole_numbers(expected, "uint8"), strict=True
)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(y_model, expected, tolerance, 255 * tolerance)

small = np.array([0, 2, 1, -7], dtype="int8").reshape(1, 1, 4, 1)
up_sampling = UpSampling2D((1, 2), interpolation="bilinear")
y_small = keras.ops.convert_to_numpy(up_sampling(small))
expected_small = as_whole_numbers(resize(small, 1, 8), "int8")
np.testing.assert_array_equal(y_small, expected_small, strict=True)
print(y_small.ravel(), "of", resize(small, 1, 8).ravel())

# %%
# Break it
# --------
# Would you cast the floats to uint8? That cuts off the decimals, and wraps
# round: 268.9 becomes 12, which is nearly black, and -10.4 becomes 246.

cast = expected.astype("int64").astype("uint8")
print(expected[0, 0, [10, 3], 0].round(1), "become", cast[0, 0, [10, 3], 0])
print(f"{np.mean(cast != y):.0%} of the pixels are wrong")
assert np.any(cast != y)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3))
axis.plot(expected.ravel(), "o-", ms=4, label="floats")
axis.plot(y.ravel(), "s", ms=4, label="uint8")
axis.plot(cast.ravel(), "x", ms=5, label="cast to uint8")
axis.set(title="Resizing of uint8 clips, a cast wraps", xlabel="new pixel")
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()
