import keras
import numpy as np

x = np.array([[1, 2], [3, 4]], "float32")
dense = keras.layers.Dense(3, bias_initializer="ones")
y = dense(x)

kernel, bias = dense.get_weights()
np.testing.assert_allclose(y, x @ kernel + bias, rtol=1e-6)
