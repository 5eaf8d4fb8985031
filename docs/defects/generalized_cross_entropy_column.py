"""CategoricalGeneralizedCrossEntropy: a column of labels is mixed with all samples

Expected: labels of the shape (batch, 1), which the documentation allows, give the loss of
labels of (batch,). Each label meets each prediction instead.
"""

import keras
import numpy as np

labels = np.array([0, 1])
y_pred = np.array([[0.5, 0.5], [0.25, 0.75]])
loss = keras.losses.CategoricalGeneralizedCrossEntropy()
got, expected = float(loss(labels[:, np.newaxis], y_pred)), float(loss(labels, y_pred))
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
