"""Optimizer: use_ema averages weights before their constraint, and so breaks it

Expected: a non-negative weight is at least 0 when fit ends. Here a step leads from 0 to
-1, and the constraint back to 0. The average has already taken the -1, and takes the
place of the weight.
"""

import keras
import numpy as np

layer = keras.layers.Dense(1, kernel_initializer="zeros", kernel_constraint="non_neg")
model = keras.Sequential([layer])
model.compile(keras.optimizers.SGD(0.5, use_ema=True), "mse")
model.fit(np.ones((1, 1)), -np.ones((1, 1)))
got = layer.get_weights()[0][0]
print("got", got, "expected", [0])
np.testing.assert_allclose(got, [0], atol=1e-4)
