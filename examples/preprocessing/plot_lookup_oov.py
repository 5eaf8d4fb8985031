r"""
num_oov_indices of IntegerLookup and StringLookup: unknown inputs
=================================================================

Without an OOV index, a lookup layer refuses inputs that are not in its
vocabulary. With one, all of these share it. With several, integers are spread
over them by the remainder of a division, and words by a hash.

.. math::

   y = m + (x \bmod n)

is the place of an unknown integer :math:`x`. Before the :math:`n` OOV places
comes that of the mask token, if there is one; then :math:`m` is 1, else 0.
"""

import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import IntegerLookup, StringLookup

from keras_by_hand.layers.text import list_special

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: these layers use its tables")

# %%
# Build it
# --------
# Two known integers, after three OOV places and that of the mask token.

x = np.array([[20, 0, 10], [3, -4, 5], [12, 8, -1]])
layer = IntegerLookup(vocabulary=[20, 10], mask_token=0, num_oov_indices=3)
y = keras.ops.convert_to_numpy(layer(x))
print(y)

# %%
# Compute it
# ----------
# All integers below the first row are unknown. The remainder of a division by
# 3 chooses one of the three OOV places, which come after place 0.

oov_places = 1 + x[1:] % 3  # (2, features)

# %%
# The whole function also finds the places of known tokens. Without an OOV
# place, it raises an error for an unknown token.

from keras_by_hand.layers.text import find_indices

# %%
# Check it
# --------
# With other output modes than "int", the mask token has no place: -1 here.

np.testing.assert_array_equal(y[1:], oov_places)

special = list_special(0, -1, 3)
expected = find_indices(x, special + [20, 10], special, 0, 3, buckets=x % 3)
np.testing.assert_array_equal(y, expected)

for mask_token, count in ((None, 1), (0, 2)):
    options = {"mask_token": mask_token, "num_oov_indices": count}
    special = list_special(mask_token, -1, count, "one_hot")
    tokens = special + [20, 10]
    places = find_indices(x, tokens, special, mask_token, count, x % count)
    expected = places[..., np.newaxis] == np.arange(len(tokens))
    layer = IntegerLookup(vocabulary=[20, 10], output_mode="one_hot", **options)
    y_case = keras.ops.convert_to_numpy(layer(x))
    np.testing.assert_array_equal(y_case, expected)

# %%
# The same for words. Without an OOV place, an unknown word raises an error; the
# mask token does not.

words = np.array(["cat", "", "dog"])
for count in (0, 1, 4):
    options = {"mask_token": "", "num_oov_indices": count}
    layer = StringLookup(vocabulary=["cat", "dog"], **options)
    special = list_special("", "[UNK]", count)
    tokens = [*special, "cat", "dog"]
    expected = find_indices(words, tokens, special, "", count, buckets=0)
    y_case = keras.ops.convert_to_numpy(layer(words))
    np.testing.assert_array_equal(y_case, expected)

strict = StringLookup(vocabulary=["cat"], mask_token="", num_oov_indices=0)
np.testing.assert_raises(Exception, strict, words)
np.testing.assert_raises(ValueError, find_indices, words, [""], [""], "", 0, 0)

# %%
# Break it
# --------
# Are all your identifiers even? Then two of four OOV places stay empty, unless
# you ask for a hash: FarmHash64, or SipHash64 with a ``salt``. It hashes the
# digits as text. Words are always hashed.

numbers = 2 * np.arange(100, 120)
known = {"vocabulary": [20, 10], "num_oov_indices": 4}
remainder = np.array(IntegerLookup(**known)(numbers))
known["oov_method"] = "farmhash"
farm = np.array(IntegerLookup(**known)(numbers))
sip = np.array(IntegerLookup(**known, salt=1)(numbers))
print(remainder, farm, sip, sep="\n")
assert set(remainder) == {0, 2} and set(farm) == set(sip) == {0, 1, 2, 3}

known = {"vocabulary": ["20", "10"], "num_oov_indices": 4}
digits = numbers.astype(str)
assert np.all(farm == np.array(StringLookup(**known)(digits)))
assert np.all(sip == np.array(StringLookup(**known, salt=1)(digits)))
assert np.any(farm != sip)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 2.6), sharey=True)
fig.suptitle("Where 20 even identifiers go that are unknown")
titles = "floormod", "farmhash"
for axis, title, places in zip(axes, titles, (remainder, farm)):
    axis.bar(range(4), np.bincount(places, minlength=4))
    axis.set(title=title, xlabel="OOV place", xticks=range(4))
plt.show()
