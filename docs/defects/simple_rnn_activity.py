"""SimpleRNN: activity_regularizer is ignored

Expected: the penalty of the output, as GRU and LSTM have it. The documentation promises
the "Regularizer function applied to the output of the layer".
"""

import keras
import numpy as np

layer = keras.layers.SimpleRNN(2, activity_regularizer="l2")
y = keras.ops.convert_to_numpy(layer(np.ones((1, 3, 2), "float32")))
got, expected = float(sum(layer.losses)), 0.01 * np.sum(np.square(y))
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
