r"""
TextVectorization: a text to the numbers of its words
=====================================================

``TextVectorization`` replaces each word of a text by its place in a vocabulary.
Shorter texts are filled up with zeros.

.. math::

   y_k = 2 + i \quad \text{for word } i

The most frequent word has :math:`i = 0`. An unknown word becomes 1.
"""

import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import TextVectorization

from keras_by_hand.layers.text import learn_tokens, standardize_text

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: it splits the text")

# %%
# Build it
# --------
# From "Through the Looking-Glass" by Lewis Carroll.

texts = ["'Twas brillig, and the slithy toves"]
texts += ["Did gyre and gimble in the wabe;"]
layer = TextVectorization()
layer.adapt(texts)
print(*map(repr, map(str, layer.get_vocabulary()[:6])))
y = keras.ops.convert_to_numpy(layer(texts))
print(y)  # (batch, length)

# %%
# Compute it
# ----------
# Number the words of the vocabulary. Change each text to lowercase, leave out
# punctuation, and split it into words. Look up each word; an unknown one, like
# "cat", becomes 1. Short texts are padded with the empty string, which the
# vocabulary maps to 0.

places = {word: place for place, word in enumerate(layer.get_vocabulary())}
lines = [*texts, "The toves, and a cat!"]
numbers = np.zeros((3, 7), dtype=int)  # (batch, length)
for row, line in enumerate(lines):
    kept = [c for c in line.lower() if c not in "',;!"]
    for column, word in enumerate("".join(kept).split()):
        numbers[row, column] = places.get(word, 1)

# %%
# The whole function has other ways to standardize and split, the other output
# modes, and a fixed length.

from keras_by_hand import text_vectorization

# %%
# Check it
# --------
# First the loop above. In the vocabulary, equally frequent words go from z to
# a.

y_lines = keras.ops.convert_to_numpy(layer(lines))
np.testing.assert_array_equal(y_lines, numbers)

words = standardize_text(" ".join(texts), "lower_and_strip_punctuation").split()
learned = learn_tokens(words, "", "[UNK]")
vocabulary = ["", "[UNK]", *learned]
np.testing.assert_array_equal(layer.get_vocabulary(), vocabulary)
np.testing.assert_array_equal(y, text_vectorization(texts, vocabulary=learned))

new = ["The toves: slithy?", "", "A raven and a writing desk"]
cases = [  # texts, arguments
    (new, {"output_sequence_length": 8}),
    (np.array(new)[:, np.newaxis], {"output_sequence_length": 2}),
    ([["THE", "", "cat"], ["and", "the?", "wabe"]], {"split": None}),
]
for inputs, options in cases:
    options = {"vocabulary": learned, **options}
    y_case = keras.ops.convert_to_numpy(TextVectorization(**options)(inputs))
    expected = text_vectorization(inputs, **options)
    np.testing.assert_array_equal(y_case, expected)

# %%
# Break it
# --------
# Would you number the words as they come, as many a tutorial does?

wrong = text_vectorization(texts, vocabulary=list(dict.fromkeys(words)))
print("right:", y[0], "wrong:", wrong[0])
assert np.any(y != wrong)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 2), layout="constrained")
axis.imshow(y, cmap="Blues", vmin=0, vmax=30, aspect="auto")
for (row, column), place in np.ndenumerate(y):
    word = f"{vocabulary[place]}\n{place}"
    axis.text(column, row, word, ha="center", va="center", color="k")
axis.set(title="Two lines of text, filled up with zeros", xticks=[], yticks=[])
plt.show()
