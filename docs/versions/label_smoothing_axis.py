"""The loss of three pixels with two classes on axis 1 and a label smoothing of 1, as a
multiple of log(2)."""

import keras
import numpy as np

y_true = np.array([[[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]])  # (batch, classes, pixels)
y_pred = np.full((1, 2, 3), 0.5)
loss = keras.losses.CategoricalCrossentropy(label_smoothing=1.0, axis=1)
print(round(float(loss(y_true, y_pred)) / np.log(2), 2))
