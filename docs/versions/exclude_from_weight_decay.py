"""A kernel of 1 in the layer "unbiased", after a step that would halve it, with "bias"
excluded."""

import keras
import numpy as np

dense = keras.layers.Dense(1, use_bias=False, name="unbiased")
dense.build((None, 1))
dense.set_weights([np.ones((1, 1))])
optimizer = keras.optimizers.SGD(1.0, weight_decay=0.5)
optimizer.exclude_from_weight_decay(var_names=["bias"])
optimizer.apply([keras.ops.zeros((1, 1))], [dense.kernel])
print(float(dense.kernel[0, 0]))
