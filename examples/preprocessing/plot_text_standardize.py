r"""
TextVectorization(standardize, split): lowercase, punctuation, words
====================================================================

Before ``TextVectorization`` looks words up, it lowercases the text, strips
punctuation, and splits at whitespace. All three know ASCII only: curly
quotation marks, dashes and an É are kept.

.. math::

   \text{lower} \to \text{strip} \to \text{split}
"""

import importlib.util
import string

import matplotlib.pyplot as plt
import numpy as np
from keras.layers import TextVectorization

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: it standardizes the text")

# %%
# Build it
# --------
# ``adapt`` collects the words. The vocabulary begins with two special tokens.

text = "Don't STOP! It’s a well-known cafÉ—isn't it? “Yes”, 5€."
print(text)


def words_of_keras(text, **options):
    layer = TextVectorization(**options)
    layer.adapt([text])
    return sorted(layer.get_vocabulary()[2:])


words = words_of_keras(text)
print(*words, sep=" | ")

# %%
# Compute it
# ----------
# Encode the text: the methods of bytes know ASCII only. Lowercase it, strip the
# punctuation, and split at whitespace. Characters that are stripped leave no
# space: "well-known" becomes one word.

lowered = text.encode().lower()
stripped = lowered.translate(None, string.punctuation.encode())
separate = sorted({word.decode() for word in stripped.split()})

# %%
# The whole functions can also leave out a step, and split into characters.
# Instead of a name, you can pass a function: here, of one text.

from keras_by_hand.layers.text import split_text, standardize_text


def words_of(
    text, standardize="lower_and_strip_punctuation", split="whitespace"
):
    """The different words of a text, in alphabetical order."""
    return sorted(set(split_text(standardize_text(text, standardize), split)))


# %%
# Check it
# --------
# Once with this text, and once with all characters of ASCII but 0.

np.testing.assert_array_equal(words, separate)
np.testing.assert_array_equal(words, words_of(text))
of_ascii = "".join(f"A{chr(code)}b" for code in range(1, 128))
for sample in (text, of_ascii):
    for standardize in (None, "lower", "strip_punctuation"):
        words = words_of_keras(sample, standardize=standardize)
        np.testing.assert_array_equal(words, words_of(sample, standardize))
    for split in ("whitespace", "character", None):
        words = words_of_keras(sample, split=split)
        np.testing.assert_array_equal(words, words_of(sample, split=split))

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``TextVectorization`` says "all punctuation" and "lowercased". But only the
#    32 marks of ASCII are stripped, and only the letters A to Z are lowercased.

kept = "’“”–—…¿€ÉÑ"
np.testing.assert_array_equal(words_of_keras(kept), [kept])
np.testing.assert_array_equal(words_of_keras(string.punctuation + "a"), ["a"])

# %%
# Break it
# --------
# Would you use Python's own ``lower`` and ``split``? They know other alphabets,
# and other whitespace, such as the no-break space.

text = "ÉTÉ 10\u00a0000"
words, wrong = words_of_keras(text), sorted(text.lower().split())
print("right:", words_of(text), "wrong:", wrong)
assert words != wrong and words == words_of(text)

# %%
# See it
# ------
# Each character of ASCII that can be printed.

codes = np.arange(32, 128)
kinds = []
for code in codes:
    left = standardize_text(chr(code), "lower_and_strip_punctuation")
    kinds.append(0 if not left else 1 if left == chr(code) else 2)
fig, axis = plt.subplots(figsize=(6, 1.4), layout="constrained")
axis.imshow(np.reshape(kinds, (3, 32)), cmap="Blues", vmin=0, vmax=4)
for number, code in enumerate(codes[:-1]):
    row, column = divmod(number, 32)
    axis.text(column, row, f"{code:c}", ha="center", va="center", color="k")
axis.set(title="Light: stripped. Dark: lowercased. Between: kept")
axis.set(xticks=[], yticks=[])
plt.show()
