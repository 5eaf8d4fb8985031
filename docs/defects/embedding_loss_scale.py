"""Embedding: on TensorFlow, loss_scale_factor raises an error

Expected: training goes on as without it, as on JAX. The gradient of an embedding is an
IndexedSlices, which cannot be divided by a number.

Related: keras#18985, the same of clipnorm, mended.
"""

import keras
import numpy as np

layer = keras.layers.Embedding(2, 1, embeddings_initializer="zeros")
model = keras.Sequential([layer])
model.compile(keras.optimizers.SGD(0.5, loss_scale_factor=8.0), "mse")
try:
    model.train_on_batch(np.zeros((1, 1)), np.ones((1, 1, 1)))
except Exception as error:
    raise AssertionError("got an error, expected a step") from error
np.testing.assert_allclose(layer.get_weights()[0], [[1], [0]], rtol=1e-4)
