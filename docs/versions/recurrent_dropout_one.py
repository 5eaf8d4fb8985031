"""Does an LSTM with a dropout of 1.0 drop anything in training?"""

import keras
import numpy as np

x = np.ones((1, 2, 3), "float32")
layer = keras.layers.LSTM(2, dropout=1.0)
print(bool(np.any(layer(x, training=True) != layer(x, training=False))))
