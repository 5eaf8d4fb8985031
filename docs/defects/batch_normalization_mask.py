"""BatchNormalization: a batch that is all padding moves the averages towards 0

Expected: masked steps change nothing, and so nothing changes if all are masked. The
mean and the variance of no steps are 0 here, and are averaged in.
"""

import keras
import numpy as np

layer = keras.layers.BatchNormalization(momentum=0.5)
x = np.ones((1, 3, 2), "float32")
layer(x, training=True, mask=np.ones((1, 3), bool))
expected = keras.ops.convert_to_numpy(layer.moving_mean)
layer(x, training=True, mask=np.zeros((1, 3), bool))
got = keras.ops.convert_to_numpy(layer.moving_mean)
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
