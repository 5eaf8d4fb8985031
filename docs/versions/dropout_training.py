"""Does predict drop anything, where Dropout was given training=True?"""

import keras
import numpy as np

x = keras.Input((1000,))
model = keras.Model(x, keras.layers.Dropout(0.5, seed=0)(x, training=True))
print(bool(np.any(model.predict(np.ones((1, 1000)), verbose=0) == 0)))
