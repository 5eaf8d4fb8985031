"""The sum of what sparsemax makes of two scores."""

import keras
import numpy as np

y = keras.activations.sparsemax(np.array([[1.0, 0.5]]))
print(float(keras.ops.sum(y)))
