r"""
IntegerLookup: where unknown integers go with num_oov_indices
=============================================================

``IntegerLookup`` replaces categorical integers (identifiers) by their places in
a vocabulary. An integer x that is out of the vocabulary (OOV) goes to place
:math:`y = m + (x \bmod n)`. Here n is ``num_oov_indices``, 1 by default, and m
is 1 if there is a ``mask_token``, else 0. Known integers come behind these.
"""

import keras
import numpy as np
from keras.layers import IntegerLookup

if keras.backend.backend() != "tensorflow":
    raise SystemExit("This page needs TensorFlow: set KERAS_BACKEND=tensorflow")

# %%
# Build it
# --------
# Two integers are known. 0 is the mask token, and always gets place 0.

x = np.array([[20, 0, 10], [3, -4, 5], [10, 8, -1]])  # (batch, features)
options = {"vocabulary": [20, 10], "mask_token": 0, "num_oov_indices": 3}
y = keras.ops.convert_to_numpy(IntegerLookup(**options)(x))

# %%
# Compute it
# ----------
# Treat all integers as unknown, then correct those that are not. The remainder
# of a negative number is not negative: that of -4 by 3 is 2.

found = 1 + x % 3  # (batch, features)
found[x == 0] = 0
found[x == 20] = 1 + 3
found[x == 10] = 1 + 3 + 1

# %%
# Check it
# --------
from keras_by_hand import integer_lookup  # the whole layer

np.testing.assert_array_equal(y, found)
np.testing.assert_array_equal(y, integer_lookup(x, **options))

# %%
# Break it
# --------
# In C and Java the remainder has the sign of the number. And even integers
# reach only two of four hash buckets; ``oov_method="farmhash"`` fills all four.

print("of -4, right:", y[1, 1], "wrong:", 1 + np.fmod(-4, 3))
assert y[1, 1] != 1 + np.fmod(-4, 3)
even = 2 * np.arange(100, 120)
options = {"vocabulary": [20, 10], "num_oov_indices": 4}
wrong = np.unique(IntegerLookup(**options)(even))
right = np.unique(IntegerLookup(oov_method="farmhash", **options)(even))
print("of even integers, right:", right, "wrong:", wrong)
np.testing.assert_array_equal(wrong, [0, 2])
np.testing.assert_array_equal(right, range(4))
