"""SparseCategoricalCrossentropy as a metric: weights of ones change the result

Expected: the mean over the samples that are not of ignore_class, as of the loss of this
name. With sample_weight the metric leaves the others out. Without, it counts them as
zeros.

Since keras#22284, whose tests have both.
"""

import keras
import numpy as np

y_true = np.array([0, 1])
y_pred = np.array([[0.5, 0.5], [0.5, 0.5]])
metric = keras.metrics.SparseCategoricalCrossentropy(ignore_class=0)
metric.update_state(y_true, y_pred)
got = float(metric.result())
expected = float(
    keras.losses.SparseCategoricalCrossentropy(ignore_class=0)(y_true, y_pred)
)
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
