r"""
StringLookup: from words to numbers, and back to words
======================================================

Labels and categories often come as words. ``StringLookup`` is a label encoder:
it replaces each word by its place in a vocabulary. With ``invert=True`` it is
the inverse, from predicted classes to class names. Special tokens come first:
one for masks, if you want it, and one for words out of the vocabulary (OOV).

.. math::

   y = \begin{cases}
   0 & \text{for the mask token} \\
   m & \text{for an unknown word, if } n = 1 \\
   m + n + i & \text{for word } i
   \end{cases}

:math:`m` is 1 with a mask token and 0 without. :math:`n` is
``num_oov_indices``, 1 by default; with 0, an unknown word is an error.
The first word has :math:`i = 0`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import StringLookup

if keras.backend.backend() != "tensorflow":  # others have no arrays of words
    raise SystemExit("This page needs the TensorFlow backend")

# %%
# Build it
# --------
# "Cat" is not "cat". ``adapt`` could make the vocabulary from data, instead.

animals = ["cat", "dog", "emu"]
words = np.array([["emu", "yak"], ["", "cat"], ["Cat", "dog"]])
lookup = StringLookup(vocabulary=animals, mask_token="")
y = keras.ops.convert_to_numpy(lookup(words))
print(y)
back = StringLookup(vocabulary=animals, mask_token="", invert=True)
names = np.char.decode(np.array(back([4, 2, 9, -1])).astype("S"))  # of bytes
print(names)

# %%
# Compute it
# ----------
# Make a list: the mask token, the token for unknown words, and the vocabulary.
# A word's place is its index in this list. A word that is not there gets 1.

tokens = ["", "[UNK]", *animals]
places = {token: place for place, token in enumerate(tokens)}
found = [[places.get(word, 1) for word in row] for row in words.tolist()]

# %%
# Going back, each number is an index into the list. A number outside of it
# becomes ``[UNK]``; none counts from the end.

named = [tokens[n] if 0 <= n < 5 else "[UNK]" for n in [4, 2, 9, -1]]

# %%
# ``string_lookup`` is the whole layer, in both directions. It also works
# without a mask token and without a place for unknown words.

from keras_by_hand import string_lookup

# %%
# Check it
# --------

np.testing.assert_array_equal(y, found)
np.testing.assert_array_equal(names, named)
options = {"vocabulary": animals, "num_oov_indices": 0}
strict = keras.ops.convert_to_numpy(StringLookup(**options)(animals))
np.testing.assert_array_equal(strict, string_lookup(animals, **options))

# %%
# Break it
# --------
# A classifier counts its classes from 0. But by default ``StringLookup`` has an
# OOV token at place 0, so each predicted class gets the name of the one before.
# Pass ``num_oov_indices=0`` twice: for the labels, and for the way back.

classes = np.array([2, 0, 1])  # np.argmax(model.predict(...), axis=-1)
default = StringLookup(vocabulary=animals, invert=True)
named = StringLookup(**options, invert=True)(classes), default(classes)
right, wrong = np.char.decode(np.array(named).astype("S"))
print("right:", right, "wrong:", wrong)
expected = string_lookup(classes, **options, invert=True)
np.testing.assert_array_equal(right, expected)
assert np.all(right != wrong)

# %%
# See it
# ------
# The same words, with each combination of special tokens.
table = [np.arange(3), 1 + np.arange(3), 2 + np.arange(3)]
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(table, cmap="Blues", vmin=0, vmax=10, aspect="auto")
for (row, column), place in np.ndenumerate(table):
    axis.text(column, row, place, ha="center", va="center", color="k")
axis.set(title="Each special token moves all words by one place")
axis.set(xticks=range(3), xticklabels=animals, yticks=range(3))
axis.set(ylabel="special tokens", yticklabels=["none", "[UNK]", "mask, [UNK]"])
plt.show()
