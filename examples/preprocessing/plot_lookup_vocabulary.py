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
# Leave out the special tokens, and count the others. ``np.unique`` sorts them
# from a to z. Sort them by how often they occur, and reverse the order: now the
# most frequent comes first, and tokens of equal frequency go from z to a. Put
# the special tokens in front.

ordinary = seen[(seen != "") & (seen != "[UNK]")]
tokens, times_seen = np.unique(ordinary, return_counts=True)
order = np.argsort(times_seen, kind="stable")[::-1]
by_frequency = ["", "[UNK]", *tokens[order]]

# %%
# The whole functions take any special tokens, and can limit the vocabulary.
# With the other output modes than "int", the mask token is not in the list.

from keras_by_hand.layers.text import learn_tokens, list_special, list_tokens

# %%
# Check it
# --------
# Special tokens are not learned, but they count against ``max_tokens``: 4 minus
# 2 leaves room for the two most frequent numbers.

np.testing.assert_array_equal(words.get_vocabulary(), by_frequency)

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
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``get_vocabulary`` of
#    ``StringLookup`` and ``TextVectorization`` decodes bytes by ``encoding``,
#    but lookups compare bytes with UTF-8. A layer made from that list no longer
#    knows the bytes.

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
