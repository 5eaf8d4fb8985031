"""Is the masked mean squared error exactly 1, if only the step with the error 1 counts?"""

import keras
import numpy as np

y_pred = keras.ops.array([[[1.0], [5.0]]])  # (batch, steps, units)
y_pred._keras_mask = keras.ops.array([[True, False]])
print(float(keras.losses.MeanSquaredError()(np.zeros((1, 2, 1)), y_pred)) == 1)
