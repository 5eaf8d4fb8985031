"""MeanSquaredError: of two losses in a list, a model with one output uses only the first

Expected: the sum of both, 9 + 3, or an error. The second loss is left out without a
word, and evaluate reports both as 0.

Related: keras#20986, which asks for several losses of one output.
"""

import keras
import numpy as np

model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="zeros")])
model.compile("sgd", loss=["mse", "mae"])
try:
    got = model.evaluate(np.ones((2, 1)), np.full((2, 1), 3), return_dict=True)["loss"]
except ValueError:
    got = 12
print("got", got, "expected", 12)
np.testing.assert_allclose(got, 12, rtol=1e-4)
