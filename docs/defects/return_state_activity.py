"""GRU and LSTM: with return_state=True, activity_regularizer counts the output twice

Expected: the penalty of the output alone, as without return_state: it is the
"Regularizer function applied to the output of the layer". The states are penalized,
too, and the first state is the output.
"""

import keras
import numpy as np

layer = keras.layers.GRU(2, activity_regularizer="l2", return_state=True)
y, _ = layer(np.ones((1, 3, 2), "float32"))
y = keras.ops.convert_to_numpy(y)
got, expected = float(sum(layer.losses)), 0.01 * np.sum(np.square(y))
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
