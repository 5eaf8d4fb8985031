"""TimeDistributed: the activity_regularizer of its layer adds no loss

Expected: the penalty of the output, as without TimeDistributed. The wrapper calls
layer.call, which adds none, and not the layer.
"""

import keras
import numpy as np

dense = keras.layers.Dense(1, activity_regularizer="l2")
y = keras.layers.TimeDistributed(dense)(np.ones((1, 2, 3), "float32"))
y = keras.ops.convert_to_numpy(y)
got, expected = float(sum(dense.losses)), 0.01 * np.sum(np.square(y))
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
