"""Embedding: on TensorFlow, clipnorm leaves a gradient that is too long

Expected: a step of SGD(1.0) is as long as clipnorm, as on JAX and PyTorch. A token that
occurs four times has four gradients for its row. TensorFlow takes the norm before it
adds them up. So do global_clipnorm and clipvalue.
"""

import keras
import numpy as np

layer = keras.layers.Embedding(2, 1, embeddings_initializer="zeros")
model = keras.Sequential([layer])
model.compile(keras.optimizers.SGD(1.0, clipnorm=0.1), "mse")
model.train_on_batch(np.zeros((1, 4)), np.ones((1, 4, 1)))
got = layer.get_weights()[0][0]  # one step from 0
print("got", got, "expected", [0.1])
np.testing.assert_allclose(got, [0.1], rtol=1e-4)
