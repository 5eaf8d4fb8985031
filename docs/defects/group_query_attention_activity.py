"""GroupQueryAttention: activity_regularizer penalizes the output twice

Expected: four penalties, as in MultiHeadAttention: of the projections of query, key and
value, and of the output. Here the layer itself keeps the regularizer as well, so the
output is penalized once more.
"""

import keras
import numpy as np

x = np.ones((1, 2, 3), "float32")
options = {"activity_regularizer": "l2"}
expected = keras.layers.MultiHeadAttention(2, 4, **options)
got = keras.layers.GroupQueryAttention(4, 2, 2, **options)
expected(x, x)
got(x, x)
print("got", len(got.losses), "penalties, expected", len(expected.losses))
np.testing.assert_equal(len(got.losses), len(expected.losses))
