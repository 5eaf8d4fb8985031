r"""
StringLookup: words to their places in a vocabulary
===================================================

``StringLookup`` replaces each word by its place in a vocabulary. Before the
words come two special places: one for the mask token, if there is one, and one
for all words that are not in the vocabulary (OOV).

.. math::

   y = \begin{cases}
   0 & \text{for the mask token} \\
   m & \text{for an unknown word} \\
   m + n + i & \text{for word } i
   \end{cases}

:math:`m` is 1 with a mask token and 0 without, :math:`n` is
``num_oov_indices``, 1 by default. The first word has :math:`i = 0`.
"""

import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import StringLookup

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: StringLookup uses its tables")

# %%
# Build it
# --------
# Only the exact word is known: "Cat" is not "cat".

animals = ["cat", "dog", "emu"]
words = np.array([["emu", "yak"], ["", "cat"], ["Cat", "dog"]])
layer = StringLookup(vocabulary=animals, mask_token="")
y = keras.ops.convert_to_numpy(layer(words))
print(y)

# %%
# Compute it
# ----------
# Make a list: the mask token, the token for unknown words, and the vocabulary.
# A word's place is its index in this list. A word that is not there gets 1.

tokens = ["", "[UNK]", *animals]
places = {token: place for place, token in enumerate(tokens)}
found = [[places.get(word, 1) for word in row] for row in words.tolist()]

# %%
# The whole function also works without a mask token, and has the other output
# modes.

from keras_by_hand import string_lookup

# %%
# Check it
# --------
# A vocabulary may begin with the special tokens, as that of ``get_vocabulary``
# does. Words may be bytes. They are compared as UTF-8, with any ``encoding``.

np.testing.assert_array_equal(y, found)

expected = string_lookup(words, vocabulary=animals, mask_token="")
np.testing.assert_array_equal(y, expected)

cases = [  # words, arguments
    (words, {"vocabulary": animals}),
    (words, {"vocabulary": ["", "[UNK]", *animals], "mask_token": ""}),
    (words[2:], {"vocabulary": ["Cat", "dog"], "num_oov_indices": 0}),
    (np.char.encode(words), {"vocabulary": ["?", "cat"], "oov_token": "?"}),
    (np.array([b"\xe9mu", b"\xc3\xa9mu"]), {"vocabulary": ["cat", "ému"]}),
]
for inputs, options in cases:
    layer_case = StringLookup(encoding="latin-1", **options)
    y_case = keras.ops.convert_to_numpy(layer_case(inputs))
    expected = string_lookup(inputs, **options)
    np.testing.assert_array_equal(y_case, expected)

# %%
# Break it
# --------
# Would you number the words from 0, or always keep place 0 for a mask?

from_zero = np.array([animals.index(word) for word in animals])
unmasked = keras.ops.convert_to_numpy(StringLookup(vocabulary=animals)(animals))
masked = keras.ops.convert_to_numpy(layer(animals))
print("from 0:", from_zero, "no mask:", unmasked, "with a mask:", masked)
assert np.all(from_zero != unmasked) and np.all(unmasked != masked)

# %%
# See it
# ------
# The same words without and with a mask token.

shown = ["", "yak", *animals]
table = [string_lookup(shown, vocabulary=animals)]
table.append(string_lookup(shown, vocabulary=animals, mask_token=""))
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(table, cmap="Blues", vmin=0, vmax=10)
for (row, column), place in np.ndenumerate(table):
    axis.text(column, row, place, ha="center", va="center", color="k")
fig.suptitle("A mask token moves all other words by one place")
axis.set(xticks=range(5), xticklabels=['""', *shown[1:]])
axis.set(yticks=[0, 1], yticklabels=["no mask token", 'mask_token=""'])
plt.show()
