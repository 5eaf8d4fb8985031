"""AdaptiveMaxPooling2D(1): on TensorFlow, it raises "Negative dimension size"

Expected: the maximum of the whole image, as on JAX and PyTorch. The layer also pools
with windows one pixel longer, which do not fit into the image. So do
AdaptiveMaxPooling1D(1) and 3D(1).
"""

import keras
import numpy as np

x = np.arange(35, dtype="float32").reshape(1, 7, 5, 1)
model = keras.Sequential([keras.layers.AdaptiveMaxPooling2D(1)])
try:
    got = model.predict_on_batch(x)
except ValueError as error:
    raise AssertionError("got an error, expected 34") from error
np.testing.assert_array_equal(got, [[[[34]]]])
