"""celu: on TensorFlow, the derivative at 0 is 2

Expected: 1, which is the derivative on either side, and at 0 on JAX and PyTorch. Here the
maximum and the minimum with 0 are added up, and where both meet so are their slopes. A
unit whose kernel begins with zeros learns twice as fast.
"""

import keras
import numpy as np

layer = keras.layers.Dense(1, "celu", kernel_initializer="zeros", use_bias=False)
model = keras.Sequential([layer])
model.compile(keras.optimizers.SGD(0.5), "mse")
model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
got = layer.get_weights()[0][0]  # one step from 0
print("got", got, "expected", [1])
np.testing.assert_allclose(got, [1], rtol=1e-4)
