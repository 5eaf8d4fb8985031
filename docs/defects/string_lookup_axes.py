"""StringLookup: of three axes, "count" counts along the second

Expected: counts along the last axis. The documentation: if the shape of the input is
"(..., sample_length), the output shape will be (..., num_tokens)". So do "multi_hot"
and "tf_idf".
"""

import keras
import numpy as np

layer = keras.layers.StringLookup(vocabulary=["a", "b"], output_mode="count")
words = np.array([[["a", "a", "a"], ["b", "b", "b"]]])  # (batch, 2, 3)
got = np.array(layer(words))
expected = [[[0, 3, 0], [0, 0, 3]]]
print("got", got, "expected", expected)
np.testing.assert_array_equal(got, expected)
