r"""
adapt of StringLookup and IntegerLookup: tokens by frequency
============================================================

``adapt`` makes a vocabulary: the most frequent token comes first, and tokens of
equal frequency go from z to a. The index of a token is its place in this list,
after the special tokens for masks and for what is not in the vocabulary (OOV).

.. math::

   &\text{index of token } i = m + n + i \\
   &m = 1 \text{ with a mask token, else } 0

:math:`n` is ``num_oov_indices``, and the most frequent token has :math:`i = 0`.
"""

import collections
import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import IntegerLookup, StringLookup, TextVectorization

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: these layers use its tables")

# %%
# Build it
# --------
# Every spelling is a token of its own.

seen = np.array("cat dog cat emu Emu ému bat dog cat [UNK]".split() + [""])
words = StringLookup(mask_token="")
words.adapt(seen)
print(*map(repr, map(str, words.get_vocabulary())))

numbers = np.array([[30, 10, 20], [20, 0, 0], [-1, 20, 30]])
limited = IntegerLookup(max_tokens=4, num_oov_indices=2)
limited.adapt(numbers)
print(*limited.get_vocabulary())

# %%
# Compute it
# ----------
# With the other output modes than "int", the mask token is not in the list.


def list_special(mask_token, oov_token, num_oov_indices, output_mode="int"):
    """The special tokens, which come before all others."""
    masks = [mask_token] if output_mode == "int" else []
    oov = [oov_token] * num_oov_indices
    return oov if mask_token is None else masks + oov


def learn_tokens(tokens, mask_token, oov_token, most=None):
    """The tokens that ``adapt`` learns, not special ones; at most so many."""
    tokens, counts = np.unique(tokens, return_counts=True)  # from a to z
    order = np.argsort(counts, kind="stable")[::-1]
    learned = [token for token in tokens[order].tolist() if token != mask_token]
    return [token for token in learned if token != oov_token][:most]


def list_tokens(vocabulary, special):
    """A vocabulary after the special tokens, which it may already have."""
    tokens = list(vocabulary)
    return tokens if tokens[: len(special)] == special else special + tokens


# %%
# Check it
# --------
# Special tokens are not learned, but they count against ``max_tokens``: 4 minus
# 2 leaves room for the two most frequent numbers.

learned = learn_tokens(seen, "", "[UNK]")
vocabulary = list_tokens(learned, list_special("", "[UNK]", 1))
np.testing.assert_array_equal(words.get_vocabulary(), vocabulary)
indices = keras.ops.convert_to_numpy(words(vocabulary))
np.testing.assert_array_equal(indices, np.arange(len(vocabulary)))

special = list_special(None, -1, 2)
vocabulary = list_tokens(learn_tokens(numbers, None, -1, most=2), special)
np.testing.assert_array_equal(limited.get_vocabulary(), vocabulary)

counting = StringLookup(mask_token="", output_mode="count")
counting.adapt(seen)
vocabulary = list_special("", "[UNK]", 1, "count") + learned
np.testing.assert_array_equal(counting.get_vocabulary(), vocabulary)

# %%
# .. warning:: **Seen in Keras 3.15.1:** ``get_vocabulary`` decodes bytes by
#    ``encoding``, but lookups compare bytes with UTF-8. A layer made from that
#    list no longer knows the bytes.

in_bytes = np.array([b"cat", b"\xe9mu"])
expected = learn_tokens(np.char.decode(in_bytes, "latin-1"), None, "[UNK]")
for layer_class in (StringLookup, TextVectorization):
    latin = layer_class(encoding="latin-1")
    latin.adapt(in_bytes)
    np.testing.assert_array_equal(latin.get_vocabulary()[-2:], expected)
again = StringLookup(vocabulary=expected, encoding="latin-1")
places = keras.ops.convert_to_numpy(again(in_bytes))
np.testing.assert_array_equal(places, [1 + expected.index("cat"), 0])

# %%
# Break it
# --------
# Would you leave equally frequent words in the order of their first use, as
# Python's ``Counter.most_common`` does?

counts = collections.Counter(seen[seen != ""].tolist())
counts.pop("[UNK]")
wrong = [word for word, count in counts.most_common()]
print("right:", *learned)
print("wrong:", *wrong)
assert wrong != learned

# %%
# See it
# ------
# The vocabulary by the number of times that each word was seen.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(range(2, 2 + len(learned)), [counts[word] for word in learned])
axis.set(title="The more often a word is seen, the smaller its index")
labels = ["0\nmask", "1\nOOV"]
labels += [f"{index}\n{word}" for index, word in enumerate(learned, 2)]
axis.set(ylabel="times seen", xticks=range(len(labels)), xticklabels=labels)
plt.show()
