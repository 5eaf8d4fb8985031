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


def string_lookup(
    inputs,
    *,
    max_tokens=None,
    num_oov_indices=1,
    mask_token=None,
    oov_token="[UNK]",
    vocabulary,
    idf_weights=None,
    invert=False,
    output_mode="int",
    pad_to_max_tokens=False,
):
    """StringLookup (Keras documentation).

    inputs: str or bytes, of any shape; integers with ``invert``. Returns
    integers of this shape, or str with ``invert``; for other output modes see
    ``encode_indices``. Raises ValueError for an unknown word if there is no OOV
    index, and NotImplementedError if there are several: Keras hashes then.
    vocabulary: list of words, as ``get_vocabulary`` returns it. What ``adapt``
    learned is not in the config of a file, but in its vocabulary.txt.
    """
    special = list_special(mask_token, oov_token, num_oov_indices, output_mode)
    tokens = list_tokens(vocabulary, special)
    if invert:
        return find_tokens(inputs, tokens, oov_token)
    if num_oov_indices > 1:
        raise NotImplementedError("FarmHash64, for num_oov_indices > 1")
    given = special, mask_token, num_oov_indices
    indices = find_indices(as_text(inputs), tokens, *given, buckets=0)
    depth = max_tokens if pad_to_max_tokens else len(tokens)
    return encode_indices(indices, len(tokens), depth, output_mode, idf_weights)


# %%
# From other pages
# ----------------


def list_special(mask_token, oov_token, num_oov_indices, output_mode="int"):
    """The special tokens, which come before all others."""
    masks = [mask_token] if output_mode == "int" else []
    oov = [oov_token] * num_oov_indices
    return oov if mask_token is None else masks + oov


def list_tokens(vocabulary, special):
    """A vocabulary after the special tokens, which it may already have."""
    tokens = list(vocabulary)
    return tokens if tokens[: len(special)] == special else special + tokens


def find_indices(inputs, tokens, special, mask_token, num_oov_indices, buckets):
    """The place of each input among the tokens, or -1 for a mask token.

    buckets: which of the OOV tokens stands for each input if it is unknown.
    """
    places = {token: place for place, token in enumerate(tokens)}
    flat = inputs.ravel().tolist()
    found = np.array([places.get(token, -1) for token in flat], dtype="int64")
    masked = np.array([token == mask_token for token in flat], dtype=bool)
    unknown = (found < len(special)) & ~masked
    if num_oov_indices == 0 and np.any(unknown):
        raise ValueError("With num_oov_indices=0, all inputs must be known")
    masks = len(special) - num_oov_indices  # 1 or 0
    found = np.where(unknown, masks + np.ravel(buckets), found)
    return np.where(masked, masks - 1, found).reshape(inputs.shape)


def encode_indices(indices, size, depth, output_mode, idf_weights=None):
    """Vectors (..., depth) of integers, of which -1 is left out.

    size: number of tokens; idf_weights: of all, or without the special ones.
    Except for "one_hot", the second axis of ``indices`` is summed over.
    """
    if output_mode == "int":
        return indices
    indices = np.atleast_1d(indices)
    if output_mode != "one_hot":
        indices = np.moveaxis(indices, min(indices.ndim, 2) - 1, -1)
    elif indices.ndim == 1 or indices.shape[-1] != 1:
        indices = indices[..., np.newaxis]
    counts = np.zeros((*indices.shape[:-1], depth + 1), dtype="int64")
    *rows, _ = np.indices(indices.shape, sparse=True)
    np.add.at(counts, (*rows, indices), 1)
    counts = counts[..., :-1]  # without those at -1
    if output_mode == "multi_hot":
        return np.minimum(counts, 1)
    if output_mode != "tf_idf":
        return counts
    given = np.asarray(idf_weights)[:size]
    weights = np.zeros(depth)
    weights[:size] = np.mean(given)  # for OOV indices
    weights[size - len(given) : size] = given
    return counts * weights


def find_tokens(indices, tokens, oov_token):
    """The token at each index, the OOV token where there is none."""
    indices = np.asarray(indices)
    inside = (indices >= 0) & (indices < len(tokens))
    return np.array([*tokens, oov_token])[np.where(inside, indices, -1)]


def as_text(texts):
    """An array of str, from an array of str or of bytes in UTF-8."""
    flat = [
        text.decode(errors="replace") if isinstance(text, bytes) else text
        for text in np.ravel(texts).tolist()
    ]
    return np.array(flat, dtype=str).reshape(np.shape(texts))


# %%
# Check it
# --------
# A vocabulary may begin with the special tokens, as that of ``get_vocabulary``
# does. Words may be bytes. They are compared as UTF-8, with any ``encoding``.

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
