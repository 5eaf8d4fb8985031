"""Muon: on TensorFlow, a float64 kernel raises an error

Expected: a step, as of a float32 kernel, and as with rms_rate=None. The root of the
longer side is float32, and multiplies an update in float64.
"""

import keras
import numpy as np

kernel = keras.Variable(np.ones((2, 2)), dtype="float64")
gradient = keras.ops.convert_to_tensor(np.zeros((2, 2)), dtype="float64")
try:
    keras.optimizers.Muon(0.5, weight_decay=0.5).apply([gradient], [kernel])
except Exception as error:
    raise AssertionError("got an error, expected a step") from error
np.testing.assert_allclose(keras.ops.convert_to_numpy(kernel), 0.75, rtol=1e-4)
