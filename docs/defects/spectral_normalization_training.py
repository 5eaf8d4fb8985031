"""SpectralNormalization: on JAX, the kernel is not normalized after training

Expected: the trained layer predicts with a kernel whose largest singular value is 1, as
on TensorFlow and PyTorch, which keep the kernel that call() has divided. On JAX a
training step keeps the undivided one, here 5.
"""

import keras
import numpy as np

dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
layer = keras.layers.SpectralNormalization(dense)
model = keras.Sequential([keras.Input((1,)), layer])
dense.kernel.assign([[5.0]])
model.compile(keras.optimizers.SGD(0.0), "mse")  # which changes nothing
model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
got = np.abs(model.predict_on_batch(np.ones((1, 1))))
print("got", got, "expected", [[1]])
np.testing.assert_allclose(got, [[1]], rtol=1e-4)
