"""CosineDecay: no warm-up from the whole number 0, as in its documentation

Expected: the rate after half of the warm-up is half the target, for an
initial_learning_rate of 0 as of 0.0. The schedule computes in the type of
initial_learning_rate: a whole 0 turns the target of 0.1 into 0, or raises an error.
"""

import keras
import numpy as np

schedule = keras.optimizers.schedules.CosineDecay(
    0, 1000, warmup_target=0.1, warmup_steps=1000
)
try:
    got = float(schedule(500))
except Exception as error:
    raise AssertionError("got an error, expected 0.05") from error
print("got", got, "expected", 0.05)
np.testing.assert_allclose(got, 0.05, rtol=1e-4)
