"""Equalization: in predict, it does nothing

Expected: the same image as in training. The documentation: "At inference time, the
equalization is consistently applied."

Related: keras#21868, the same in RandomCrop.
"""

import keras
import numpy as np

x = np.arange(48, dtype="float32").reshape(1, 4, 4, 3)
layer = keras.layers.Equalization()
got = keras.ops.convert_to_numpy(layer(x, training=False))
expected = keras.ops.convert_to_numpy(layer(x, training=True))
print("got", got[0, 0, :, 0], "expected", expected[0, 0, :, 0])
np.testing.assert_allclose(got, expected, rtol=1e-4)
