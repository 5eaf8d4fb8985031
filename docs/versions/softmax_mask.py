"""The error for a mask of two places in a softmax of three."""

import keras
import numpy as np

try:
    keras.layers.Softmax()(np.ones((1, 3)), mask=np.ones((1, 2), bool))
except Exception as error:
    print(type(error).__name__)
