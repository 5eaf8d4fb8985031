"""The boundary of two bins for the numbers from 1 to 1000."""

import keras
import numpy as np

layer = keras.layers.Discretization(num_bins=2)
layer.adapt(np.arange(1, 1001, dtype="float32"))
print(round(layer.bin_boundaries[0], 2))
