r"""
UpSampling2D, bilinear: align_corners=False in PyTorch
======================================================

``UpSampling2D(interpolation="bilinear")`` draws straight lines between centers
of pixels, as ``interpolate`` of PyTorch does with ``align_corners=False``.

.. math::

   s_i &= (i + \tfrac{1}{2}) / a - \tfrac{1}{2} \\
   y_i &= \sum_j \max(0,\, 1 - |s_i - j|) \; x_j

Old pixel :math:`j` has its center at :math:`j`, new pixel :math:`i` at
:math:`s_i`; :math:`a` is ``size``.
"""

import keras
import numpy as np
from keras.layers import UpSampling2D

# %%
# Build it
# --------

x = np.float32([[[[2], [8], [4]]]])  # (batch, height, width, channels)
y = UpSampling2D((1, 4), interpolation="bilinear")(x)
y = keras.ops.convert_to_numpy(y).ravel()

# %%
# Compute it
# ----------
# ``np.interp`` draws the lines. Beyond the ends, it repeats the end values.

from keras_by_hand import up_sampling2d

centers = (np.arange(12) + 0.5) / 4 - 0.5
by_hand = np.interp(centers, range(3), [2, 8, 4])

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    ``UpSampling2D(dtype="float64")`` interpolates in float32.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)
expected = up_sampling2d(x, size=(1, 4), interpolation="bilinear")
np.testing.assert_array_equal(y, expected.ravel())
if keras.backend.backend() == "tensorflow":
    layer = UpSampling2D(3, interpolation="bilinear", dtype="float64")
    thirds = keras.ops.convert_to_numpy(layer(np.float64(x) / 3))
    np.testing.assert_array_equal(thirds, np.float32(thirds))

# %%
# Break it
# --------
# ``align_corners=True`` puts the first and last new centers on the old ones.

align_corners = np.interp(np.linspace(0, 2, 12), range(3), [2, 8, 4])
print("right:", y[:5], "wrong:", align_corners[:5].round(2))
assert not np.allclose(y, align_corners)
