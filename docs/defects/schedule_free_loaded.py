"""ScheduleFreeAdamW: goes back to the first weights, if others are loaded once it is built

Expected: a step with a learning rate of 0 leaves a loaded weight of 5 as it is. The
optimizer keeps a copy of the weights that it was built with, and moves towards it. So
load_model does for a file that has no state of the optimizer.
"""

import keras
import numpy as np

layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
model = keras.Sequential([keras.Input((1,)), layer])
model.compile(keras.optimizers.ScheduleFreeAdamW(0.0), "mse")
model.optimizer.build(model.trainable_variables)
layer.set_weights([np.full((1, 1), 5)])
model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
got = layer.get_weights()[0]
print("got", got, "expected", [[5]])
np.testing.assert_allclose(got, [[5]], rtol=1e-4)
