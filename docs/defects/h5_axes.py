"""Softmax, UnitNormalization: loading an .h5 file drops a list of axes

Expected: the loaded model predicts the same. Its file has the axes 1 and 2, and the loaded
layer the default, -1. In a .keras file they are kept. Keras 2 wrote such files, too.

Related: keras#20963, where an axis that is a number was dropped.
"""

import keras
import numpy as np

softmax = keras.layers.Softmax(axis=(1, 2))
model = keras.Sequential([keras.Input((2, 2)), softmax])
model.save("model.h5")
loaded = keras.saving.load_model("model.h5")
x = np.array([[[1, 2], [3, 4]]], "float32")
got, expected = [keras.ops.convert_to_numpy(y(x)) for y in (loaded, model)]
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
