"""Lambda: a loaded layer has lost its mask function

Expected: the loaded layer computes the mask that the saved one does. from_config leaves
the function as the dict of the config, and compute_mask returns that dict.

Related: keras#12283 (2019), of Keras 2.
"""

import keras
import numpy as np

layer = keras.layers.Lambda(lambda x: x, mask=lambda x, mask: x > 0)
loaded = keras.layers.Lambda.from_config(layer.get_config(), safe_mode=False)
x = np.array([1, -1])
got, expected = loaded.compute_mask(x), layer.compute_mask(x)
print("got", got, "expected", expected)
np.testing.assert_array_equal(got, expected)
