"""RMSNormalization: scale lies along the last axis, whatever axis is

Expected: with axis=1, scale has one number for each row, and multiplies the rows, as
gamma does in LayerNormalization(axis=1). It multiplies the columns. Where there are not
as many columns as rows, the layer raises an error.
"""

import keras
import numpy as np

layer = keras.layers.RMSNormalization(axis=1)
layer.build((None, 2, 2))
layer.set_weights([np.array([1, 10])])
got = keras.ops.convert_to_numpy(layer(np.ones((1, 2, 2), "float32")))[0]
expected = [[1, 1], [10, 10]]
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
