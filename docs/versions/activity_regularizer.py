"""What an l2 of 2 charges for eight samples that each have the activity 3."""

import keras
import numpy as np

layer = keras.layers.ActivityRegularization(l2=2.0)
layer(3 * np.ones((8, 1), "float32"))
print(float(layer.losses[0]))
