"""Bidirectional: the argument weights is ignored

Expected: the layer begins with these weights. An argument that does nothing should
raise an error.

Related: a comment in keras#8957 (2018).
"""

import keras
import numpy as np

first = keras.layers.Bidirectional(keras.layers.SimpleRNN(1))
first.build((None, 2, 1))
weights = first.get_weights()
layer = keras.layers.Bidirectional(keras.layers.SimpleRNN(1), weights=weights)
layer.build((None, 2, 1))
got, expected = layer.get_weights()[0], weights[0]
print("got", got, "expected", expected)
np.testing.assert_array_equal(got, expected)
