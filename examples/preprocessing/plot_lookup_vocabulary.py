r"""
Vocabulary of StringLookup and IntegerLookup: the order of adapt
================================================================

A vocabulary gives each word its number, so a model only works with the very
list that it was trained with. ``adapt`` makes this list: the most frequent
token comes first, and tokens of equal frequency go from z to a.

.. math::

   \text{place of token } i = m + n + i

Token :math:`i = 0` is the most frequent one. Before it come :math:`m` mask
tokens, 1 or none, and :math:`n` tokens for what is out of the vocabulary (OOV),
``num_oov_indices``.
"""

import collections
import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import IntegerLookup, StringLookup

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: these layers use its tables")

# %%
# Build it
# --------
# Each spelling is a token of its own. ``max_tokens`` limits the vocabulary.

seen = np.array("cat dog cat emu Emu ému bat dog cat [UNK]".split() + [""])
words = StringLookup(mask_token="")
words.adapt(seen)
vocabulary = list(map(str, words.get_vocabulary()))
print(vocabulary)
limited = IntegerLookup(max_tokens=4, num_oov_indices=2)
limited.adapt([30, 10, 20, 20, 0, 0, 20])
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
# Check it
# --------
# Special tokens count against ``max_tokens``. Of four places, two are for OOV,
# written -1. So there is room for the two most frequent numbers, 20 and 0.

np.testing.assert_array_equal(vocabulary, by_frequency)
np.testing.assert_array_equal(limited.get_vocabulary(), [-1, -1, 20, 0])

# %%
# Break it
# --------
# Python's ``Counter.most_common`` has equally frequent words in the order of
# their first use, so most of them get another place. Do not count again: pass
# on the list from ``get_vocabulary``.

copied = StringLookup(vocabulary=vocabulary, mask_token="")
places = [keras.ops.convert_to_numpy(each(seen)) for each in (words, copied)]
np.testing.assert_array_equal(*places)
counts = collections.Counter(ordinary.tolist())
wrong = [word for word, count in counts.most_common()]
print("right:", *by_frequency[2:], "wrong:", *wrong)
assert by_frequency[2:] != wrong

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``get_vocabulary`` of
#    ``StringLookup`` and ``TextVectorization`` decodes bytes by ``encoding``,
#    but lookups compare bytes with UTF-8. A layer made from that list no longer
#    knows the bytes. So decode your words before ``adapt``, and leave
#    ``encoding`` as it is.

in_bytes = np.array([b"cat", b"\xe9mu"])
latin = StringLookup(encoding="latin-1")
latin.adapt(in_bytes)
again = StringLookup(vocabulary=latin.get_vocabulary(), encoding="latin-1")
places = [keras.ops.convert_to_numpy(each(in_bytes)) for each in (latin, again)]
print("right:", places[0], "wrong, from its vocabulary:", places[1])
np.testing.assert_array_equal(places, [[2, 1], [2, 0]])

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(range(2, len(vocabulary)), [counts[word] for word in by_frequency[2:]])
axis.set(title="The more often a word is seen, the smaller its index")
names = ["mask", "OOV", *by_frequency[2:]]
labels = [f"{index}\n{name}" for index, name in enumerate(names)]
axis.set(ylabel="times seen", xticks=range(len(labels)), xticklabels=labels)
plt.show()
