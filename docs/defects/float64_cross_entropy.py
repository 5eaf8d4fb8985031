"""Dense: behind a float64 sigmoid, cross-entropy finds no logits, and learning stands still

Expected: a step of 100 for a logit of 100 and a target of 0, as of a float32 layer on
TensorFlow. compile makes a loss that casts a float64 output to floatx, float32. The copy
has no logits, so its probability is clipped, and the gradient is 0.
"""

import keras
import numpy as np

layer = keras.layers.Dense(1, "sigmoid", kernel_initializer="ones", dtype="float64")
model = keras.Sequential([layer])
model.compile(keras.optimizers.SGD(1.0), "binary_crossentropy")
model.train_on_batch(np.full((1, 1), 100.0), np.zeros((1, 1)))
got = 1 - layer.get_weights()[0][0]
print("got", got, "expected", [100])
np.testing.assert_allclose(got, [100], rtol=1e-4)
