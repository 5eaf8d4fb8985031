"""What L2(1) charges for eight samples of which each has the activity 3."""

import keras
import numpy as np

layer = keras.layers.ActivityRegularization(l2=2.0)
layer(3 * np.ones((8, 1), "float32"))
print(float(layer.losses[0]))
