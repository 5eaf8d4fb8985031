"""ScheduleFreeAdamW: on TensorFlow and PyTorch, beta_1 changes nothing

Expected: the second of these steps depends on beta_1, as on JAX. Elsewhere variables
change in place: what is kept as the old momentum, to undo the interpolation, is the new
one.
"""

import keras
import numpy as np

got = []
for beta_1 in (0.5, 0.9):
    weight = keras.Variable([1.0])
    optimizer = keras.optimizers.ScheduleFreeAdamW(0.1, beta_1=beta_1)
    for gradient in (1.0, 2.0):
        optimizer.apply([keras.ops.convert_to_tensor([gradient])], [weight])
    got.append(keras.ops.convert_to_numpy(weight)[0])
print("got", got, "expected", [0.8051, 0.8304])
np.testing.assert_allclose(got, [0.8051, 0.8304], rtol=1e-3)
