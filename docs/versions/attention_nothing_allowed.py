"""The answer for a query whose values, 2 and 4, are both masked."""

import keras
import numpy as np

query, values = np.ones((1, 1, 1)), np.array([[[2.0], [4.0]]])
masked = np.zeros((1, 2), bool)
y = keras.layers.Attention()([query, values], mask=[None, masked])
print(float(y[0, 0, 0]))
