r"""
IntegerLookup: any integers to places in a vocabulary
=====================================================

``IntegerLookup`` replaces identifiers, such as postal codes, by their places in
a vocabulary. With several indices for integers that are not in the vocabulary
(OOV), the remainder of a division decides which of them an integer gets.

.. math::

   y = \begin{cases}
   0 & \text{for the mask token} \\
   m + (x \bmod n) & \text{for an unknown } x \\
   m + n + i & \text{for integer } i
   \end{cases}

:math:`m` is 1 with a mask token and 0 without, :math:`n` is
``num_oov_indices``.
"""

import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import IntegerLookup

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow, whose tables the layer uses")

# %%
# Build it
# --------
# The vocabulary is 20 and 10, and 0 is the mask token.

x = np.array([[20, 0, 10], [3, -4, 5], [10, 8, -1]])  # (batch, features)
options = {"vocabulary": [20, 10], "mask_token": 0, "num_oov_indices": 3}
layer = IntegerLookup(**options)
y = keras.ops.convert_to_numpy(layer(x))
print(y)

# %%
# Compute it
# ----------
# First treat all integers as unknown: the remainder of a division by 3 chooses
# one of the three OOV places. It is never negative: -4 has a remainder of 2.
# Then correct the places of the mask token and of the integers that are known.

found = 1 + x % 3  # (batch, features)
found[x == 0] = 0
for i, integer in enumerate([20, 10]):
    found[x == integer] = 1 + 3 + i

# %%
# The whole function takes any vocabulary and tokens, and has the other output
# modes.

from keras_by_hand import integer_lookup

# %%
# Check it
# --------
# In other output modes, the mask token gets no place.

np.testing.assert_array_equal(y, found)
np.testing.assert_array_equal(y, integer_lookup(x, **options))
for options in (
    {"vocabulary": [-1, 20, 3]},  # -1 is the OOV token, not an integer
    {"vocabulary": [-1, 20, 3], "oov_token": -9},
    {"vocabulary": [3, 20], "num_oov_indices": 2, "mask_token": 5},
    {"vocabulary": np.unique(x), "num_oov_indices": 0, "oov_token": -9},
    {"vocabulary": [20], "mask_token": 0, "output_mode": "one_hot"},
):
    y_case = keras.ops.convert_to_numpy(IntegerLookup(**options)(x))
    np.testing.assert_array_equal(y_case, integer_lookup(x, **options))

# The argument ``vocabulary_dtype`` may only be "int64".
np.testing.assert_raises(ValueError, IntegerLookup, vocabulary_dtype="int32")

# %%
# Break it
# --------
# Would you take the remainder as C does, whose sign is that of the number?

wrong = 1 + np.fmod(-4, 3)
print("right:", y[1, 1], "wrong:", wrong)
assert y[1, 1] != wrong

# %%
# See it
# ------

numbers = np.arange(1, 26)
places = integer_lookup(numbers, vocabulary=[20, 10], num_oov_indices=3)
known = np.isin(numbers, [20, 10])
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.plot(numbers[~known], places[~known], "o", label="unknown")
axis.plot(numbers[known], places[known], "s", label="in the vocabulary")
axis.set(title="Unknown integers take turns at the three OOV places")
axis.set(xlabel="integer", ylabel="place", yticks=range(5))
axis.legend(loc="upper left")
plt.show()
