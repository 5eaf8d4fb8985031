r"""
TextVectorization: from text to the numbers of its words
========================================================

A network needs numbers, so a text goes through a tokenizer first. By default,
``TextVectorization`` standardizes it (lowercases it, strips its punctuation),
splits it at whitespace, and replaces each word by its place in a vocabulary.

.. math::

   y_k = 2 + i \quad \text{for word } i \text{ of the vocabulary}

is the k-th number; i begins at 0. An unknown word becomes 1, short texts are
filled up with 0. ``adapt`` learns the vocabulary, most frequent word first.
"""

import string

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import TextVectorization

if keras.backend.backend() != "tensorflow":
    raise SystemExit("This page needs TensorFlow: set KERAS_BACKEND=tensorflow")

# %%
# Build it
# --------
# The layer learns its vocabulary from two texts. Then it gets two others.

texts = ["The cat sat on the mat.", "A cat? The DOG saw a cat!"]
new = ["The well-known cat sat.", "It's the dog! A dog saw it"]
layer = TextVectorization()
layer.adapt(texts)
y = keras.ops.convert_to_numpy(layer(new))  # (batch, length)
print(y)

# %%
# Compute it
# ----------
# Encode the text: the methods of bytes know ASCII only, as Keras does. Stripped
# marks leave no space: "well-known" becomes one word.


def split_words(text):
    lowered = text.encode().lower()
    stripped = lowered.translate(None, string.punctuation.encode())
    return [word.decode() for word in stripped.split()]


# %%
# Put the most frequent words first, and equally frequent ones from z to a. Two
# tokens precede them. Look up each word of the new texts.

words, counts = np.unique(sum(map(split_words, texts), []), return_counts=True)
tokens = ["", "[UNK]", *words[np.argsort(counts, kind="stable")[::-1]]]
places = {token: place for place, token in enumerate(tokens)}
numbers = np.zeros(y.shape, dtype=int)  # (batch, length)
for row, text in enumerate(new):
    for column, word in enumerate(split_words(text)):
        numbers[row, column] = places.get(word, 1)

# %%
# Check it
# --------
# ``text_vectorization`` can do more than "lower_and_strip_punctuation", which
# is the default. ``output_sequence_length`` cuts texts, or fills them up.

from keras_by_hand import text_vectorization

np.testing.assert_array_equal(layer.get_vocabulary(), tokens)
np.testing.assert_array_equal(y, numbers)
options = {"split": "character", "vocabulary": ["a", "s"]}
options["output_sequence_length"] = 9
expected = text_vectorization(new, **options)
np.testing.assert_array_equal(TextVectorization(**options)(new), expected)

# %%
# Break it
# --------
# Python's ``lower`` and ``split`` know more letters and other kinds of space.
# Take the methods of bytes, as above. Or lower each text before Keras gets it.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``TextVectorization`` says "all punctuation" and "lowercased". But only the
#    32 marks of ASCII are stripped, and only the letters A to Z are lowercased.

text = "“ÉTÉ” 10\u00a0000€!"  # with a no-break space
layer.adapt([text])
right, wrong = sorted(layer.get_vocabulary()[2:]), sorted(text.lower().split())
print("right:", list(map(str, right)), "wrong:", wrong)
np.testing.assert_array_equal(right, sorted(split_words(text)))
assert right != wrong and len(string.punctuation) == 32

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 2), layout="constrained")
axis.imshow(y, cmap="Blues", vmin=0, vmax=20, aspect="auto")
for (row, column), place in np.ndenumerate(y):
    label = f"{tokens[place] or 'padding'}\n{place}"
    axis.text(column, row, label, ha="center", va="center", color="k")
axis.set(title="Unknown words are 1, padding is 0", xticks=[], yticks=[])
plt.show()
