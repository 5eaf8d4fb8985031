"""Layer: autocast=False is not in its config

Expected: a copy made of the config computes as the layer does. The copy casts its input
to float16.
"""

import keras
import numpy as np

layer = keras.layers.Dense(1, dtype="mixed_float16", autocast=False)
copy = keras.layers.Dense.from_config(layer.get_config())
x = np.ones((1, 2), "float32")
got, expected = [keras.ops.dtype(dense(x)) for dense in (copy, layer)]
print("got", got, "expected", expected)
np.testing.assert_equal(got, expected)
