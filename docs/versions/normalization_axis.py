"""What Normalization makes of a 1 whose mean is 1, on the axis before the last."""

import keras
import numpy as np

layer = keras.layers.Normalization(axis=1, mean=[1.0, 0.0], variance=[1.0, 1.0])
print(float(layer(np.ones((1, 2, 3)))[0, 0, 0]))
