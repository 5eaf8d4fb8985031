"""MeanSquaredError: sample_weight weighs steps, not samples, if there are as many of both

Expected: of sequences with losses of 1, 2 and 3 a step, and weights 3, 0 and 0, a loss of
1, or an error, as for any other number of samples. The weights, of shape (batch,), are
broadcast along the last axis of the losses, (batch, steps).

Related: keras#23235, on weights that have more axes than the losses.
"""

import keras
import numpy as np

y = np.sqrt([[1.0] * 3, [2.0] * 3, [3.0] * 3])[..., np.newaxis]  # (batch, steps, 1)
model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="zeros")])
model.compile("sgd", loss="mse")
try:
    got = model.evaluate(y, y, sample_weight=np.array([3, 0, 0]))
except Exception:
    got = 1
print("got", got, "expected", 1)
np.testing.assert_allclose(got, 1, rtol=1e-4)
