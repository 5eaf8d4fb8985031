"""ReversibleEmbedding: the argument weights raises an AttributeError

Expected: the layer begins with this table. Its keyword arguments are "passed to
keras.layers.Embedding", which takes weights.

Related: keras#19505 (2024), the same in KerasNLP.
"""

import keras
import numpy as np

table = np.ones((4, 3), "float32")
layer_class = keras.layers.ReversibleEmbedding
try:
    layer_class(4, 3, weights=table)
except AttributeError as error:
    raise AssertionError("got an error, expected a layer with this table") from error
