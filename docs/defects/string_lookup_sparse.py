"""StringLookup: "tf_idf" with sparse=True raises an error for a batch

Expected: the entries of the dense tensor. The documentation offers sparse for
"multi_hot", "count" and "tf_idf".
"""

import keras
import numpy as np

options = {"vocabulary": ["yak"], "idf_weights": [2.0], "output_mode": "tf_idf"}
words = np.array([["yak", "yak"], ["yak", "emu"]])
keras.layers.StringLookup(**options)(words)
layer = keras.layers.StringLookup(sparse=True, **options)
try:
    layer(words)
except Exception as error:
    raise AssertionError("got an error, expected a sparse tensor") from error
