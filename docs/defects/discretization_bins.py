"""Discretization: adapt makes 50 bins of num_bins=49

Expected: 49 bins. The quantiles are np.arange(0, 1, 1 / 49), which has 50 entries, as 1
/ 49 is rounded.
"""

import keras
import numpy as np

layer = keras.layers.Discretization(num_bins=49)
layer.adapt(np.arange(98.0))
got = len(layer.bin_boundaries) + 1
print("got", got, "expected", 49)
np.testing.assert_equal(got, 49)
