"""Optimizer: with gradient_accumulation_steps, averages of weights forget too fast

Expected: ema_momentum counts each step once. After steps to 8 and 16, the average with a
momentum of 0.5 is 12. Keras moves it with each batch, while the weight waits.

Since keras#18951.
"""

import keras
import numpy as np

optimizer = keras.optimizers.SGD(
    1.0, use_ema=True, ema_momentum=0.5, gradient_accumulation_steps=2
)
weight = keras.Variable([0.0])
for _ in range(5):  # two steps, and a batch that waits
    optimizer.apply([keras.ops.convert_to_tensor([-8.0])], [weight])
optimizer.finalize_variable_values([weight])
got = keras.ops.convert_to_numpy(weight)
print("got", got, "expected", [12])
np.testing.assert_allclose(got, [12], rtol=1e-4)
