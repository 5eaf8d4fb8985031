"""MaxPooling3D: on TensorFlow's CPU, the gradient is too large where entries are equal

Expected: the gradient of the bias is that of the one output, -1: if the bias grows by
1, so does the output. Each of the eight equal entries gets the whole gradient. On which
processors this happens depends on TensorFlow's kernels; with oneDNN, only eagerly.
"""

import keras
import numpy as np

dense, pool = keras.layers.Dense(1), keras.layers.MaxPooling3D(2)
model = keras.Sequential([keras.Input((2, 2, 2, 1)), dense, pool])
model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=True)
model.train_on_batch(np.zeros((1, 2, 2, 2, 1)), np.full((1, 1, 1, 1, 1), 0.5))
got = dense.get_weights()[1]  # one step from 0
print("got", got, "expected", [1])
np.testing.assert_allclose(got, [1], rtol=1e-4)
