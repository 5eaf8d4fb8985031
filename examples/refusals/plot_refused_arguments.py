r"""
ValueError: arguments that Dense refuses
========================================

A ``Dense`` layer checks its arguments when you make it. Here are common errors,
with the mistake and what to write instead. The number of units must be a
Python integer:

.. math:: \text{units} \in \{1, 2, 3, \ldots\}
"""

import contextlib

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense

# %%
# Build it
# --------
# Some of these numbers of units are right, and some are mistakes.

tried = [64, 0, -1, 64.0, 5 / 2, "64", np.int64(64), None]

# %%
# Compute it
# ----------


def is_number_of_units(value):
    """Whether Dense takes this value for ``units``."""
    return isinstance(value, int) and value > 0


# %%
# Check it
# --------
# NumPy's integers, such as ``np.prod(shape)``, are refused as well. Write
# ``int(...)`` around them, and ``5 // 2`` instead of ``5 / 2``.

results = []
for units in tried:
    if is_number_of_units(units):
        np.testing.assert_equal(Dense(units).units, units)
        results.append("taken")
    else:
        np.testing.assert_raises(ValueError, Dense, units)
        results.append("refused")
    print(results[-1], repr(units))

# %%
# Break it
# --------
# Which mistake gives which error? Each ``with`` line has a part of the message,
# and the next line the mistake. What to write stands behind it.


@contextlib.contextmanager
def refused(message):
    with np.testing.assert_raises(ValueError) as caught:
        yield
    assert message in str(caught.exception), caught.exception


with refused("units`, expected a positive integer. Received: units=2.5"):
    Dense(5 / 2)  # 5 // 2
with refused("activation function identifier: ReLU"):
    Dense(64, "ReLU")  # "relu"
with refused("activation function identifier: 64"):
    Dense(3, 64)  # Dense(64): PyTorch needs the 3, Keras finds it by itself
with refused("Could not interpret initializer identifier: xavier"):
    Dense(64, kernel_initializer="xavier")  # "glorot_uniform"
with refused("Could not interpret regularizer identifier: 0.25"):
    Dense(64, kernel_regularizer=0.25)  # keras.regularizers.L2(0.25)
with refused("Could not interpret constraint identifier: nonneg"):
    Dense(64, kernel_constraint="nonneg")  # "non_neg"
with refused("Unrecognized keyword arguments passed to Dense: {'bias': False}"):
    Dense(64, bias=False)  # use_bias=False

# %%
# These are the right words.

dense = Dense(
    5 // 2,
    "relu",
    kernel_initializer="glorot_uniform",
    kernel_regularizer=keras.regularizers.L2(0.25),
    kernel_constraint="non_neg",
    use_bias=False,
)
dense.build((None, 3))
np.testing.assert_equal(dense.get_weights()[0].shape, (3, 2))

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot([repr(units) for units in tried], results, "o")
axis.set(title="Numbers of units, and what Dense does with them")
axis.tick_params(axis="x", rotation=30)
axis.margins(y=0.3)
plt.show()
