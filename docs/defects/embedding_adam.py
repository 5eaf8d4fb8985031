"""Embedding: on TensorFlow, Adam squares each gradient of a repeated token

Expected: the first step of Adam is as long as the learning rate, whatever the gradient,
as on JAX and PyTorch. A token that occurs four times has four gradients for its row.
Adam's second moment adds up their squares, where it should square their sum.
"""

import keras
import numpy as np

layer = keras.layers.Embedding(2, 1, embeddings_initializer="zeros")
model = keras.Sequential([layer])
model.compile(keras.optimizers.Adam(0.5), "mse")
model.train_on_batch(np.zeros((1, 4)), np.ones((1, 4, 1)))
got = layer.get_weights()[0][0]  # one step from 0
print("got", got, "expected", [0.5])
np.testing.assert_allclose(got, [0.5], rtol=1e-4)
