"""ExponentialDecay: a whole number as the first rate makes it 0 at once

Expected: half of the rate after decay_steps, for an initial_learning_rate of 1 as of
1.0. The schedule computes in the type of initial_learning_rate, so that decay_rate
becomes 0. InverseTimeDecay never decays then, and CosineDecay does not come to 0.
"""

import keras
import numpy as np

schedule = keras.optimizers.schedules.ExponentialDecay(
    1, decay_steps=10, decay_rate=0.5
)
got = float(schedule(10))
print("got", got, "expected", 0.5)
np.testing.assert_allclose(got, 0.5, rtol=1e-4)
