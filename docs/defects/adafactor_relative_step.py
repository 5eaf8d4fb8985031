"""Adafactor: relative_step=False changes nothing

Expected: with relative_step=False the learning rate stays as it was given, as the
documentation says of True alone that it is adjusted by the number of iterations. The
rate is at most one over the root of that number, in any case.
"""

import keras
import numpy as np

weight = keras.Variable([1.0])
optimizer = keras.optimizers.Adafactor(0.9, relative_step=False)
for _ in range(2):
    before = keras.ops.convert_to_numpy(weight)
    optimizer.apply([keras.ops.convert_to_tensor([1.0])], [weight])
got = (before - keras.ops.convert_to_numpy(weight)) / before
print("got", got, "expected", [0.9])  # of the weight, which scales each step
np.testing.assert_allclose(got, [0.9], rtol=1e-4)
