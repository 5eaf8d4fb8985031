"""OrthogonalRegularizer: on TensorFlow, a float64 kernel raises an error

Expected: a penalty, as of a float32 kernel, and as on JAX and PyTorch.
"""

import keras
import numpy as np

regularizer = keras.regularizers.OrthogonalRegularizer(mode="rows")
kernel = keras.ops.ones((2, 3), dtype="float64")
try:
    got = float(regularizer(kernel))
except Exception as error:
    raise AssertionError("got an error, expected 0.01") from error
np.testing.assert_allclose(got, 0.01, rtol=1e-4)
