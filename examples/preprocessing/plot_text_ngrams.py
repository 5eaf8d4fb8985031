r"""
TextVectorization(ngrams): pairs of words, counted and weighted
===============================================================

With ``ngrams=2``, ``TextVectorization`` also takes pairs of neighbouring words
as tokens, after the single words. A tuple names the lengths. With the other
output modes, it returns a vector for each text instead of a sequence.

.. math::

   &w_1, \ldots, w_T, \; w_1 w_2, \ldots, w_{T-1} w_T \\
   &\text{tf-idf}_t = \text{count}_t \, \log \left(
   1 + \frac{N}{1 + N_t} \right)

:math:`N` is the number of texts that ``adapt`` saw; :math:`N_t` of them have
the token. An unknown token gets the mean weight of the others.
"""

import collections
import importlib.util
import string

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import TextVectorization

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: it splits the text")

# %%
# Build it
# --------

texts = ["the cat sat", "The cat saw the dog.", "A dog!"]
layer = TextVectorization(ngrams=2, output_mode="tf_idf")
layer.adapt(texts)
vocabulary = list(map(str, layer.get_vocabulary()))
print(*vocabulary, sep=", ")
y = keras.ops.convert_to_numpy(layer(texts))  # (batch, vocabulary)

# %%
# Compute it
# ----------


def join_ngrams(words, ngrams):
    """All runs of 1, 2, ..., ngrams words, or of each length in a tuple."""
    if ngrams is None:
        return list(words)
    lengths = range(1, ngrams + 1) if isinstance(ngrams, int) else ngrams
    return [
        " ".join(words[start : start + length])
        for length in lengths
        for start in range(len(words) - length + 1)
    ]


def learn_idf(documents, tokens):
    """The idf weights that ``adapt`` learns; documents: lists of tokens."""
    seen = collections.Counter(token for row in documents for token in set(row))
    frequency = np.array([seen[token] for token in tokens])
    return np.log(1 + len(documents) / (1 + frequency))


# %%
# From other pages
# ----------------


def text_vectorization(
    inputs,
    *,
    max_tokens=None,
    standardize="lower_and_strip_punctuation",
    split="whitespace",
    ngrams=None,
    output_mode="int",
    output_sequence_length=None,
    pad_to_max_tokens=False,
    vocabulary,
    idf_weights=None,
    ragged=False,
):
    """TextVectorization (Keras documentation).

    inputs: texts, (batch,) or (batch, 1); any words if split is None. Returns
    integers (batch, length), a list of arrays if ragged, or (batch, depth).
    vocabulary: list of words, as ``get_vocabulary`` returns it. What ``adapt``
    learned is not in the config of a file, but in its vocabulary.txt.
    standardize, split: as in Keras, or functions of one text.
    """
    texts = as_text(inputs)
    flat = [standardize_text(t, standardize) for t in texts.ravel().tolist()]
    rows = [split_text(text, split) for text in flat]
    shape = texts.shape if split and texts.ndim < 2 else texts.shape[:-1]
    if split is None:
        rows = np.reshape(flat, (-1, texts.shape[-1])).tolist()
    rows = [join_ngrams(row, ngrams)[:output_sequence_length] for row in rows]
    length = output_sequence_length or max(map(len, rows), default=0)
    padded = [row + [""] * (length - len(row)) for row in rows]
    words = np.array(padded, dtype=str).reshape(len(rows), length)
    special = list_special("", "[UNK]", 1, output_mode)
    tokens = list_tokens(vocabulary, special)
    y = find_indices(words, tokens, special, "", 1, buckets=0)
    depth = max_tokens if pad_to_max_tokens else len(tokens)
    y = encode_indices(y, len(tokens), depth, output_mode, idf_weights)
    if ragged:
        return [places[: len(row)] for places, row in zip(y, rows)]
    return y.reshape(*shape, y.shape[-1])


def standardize_text(text, standardize):
    """A text without ASCII punctuation, and with A to Z in lowercase."""
    if standardize is None:
        return text
    if not isinstance(standardize, str):
        return standardize(text)
    if "lower" in standardize:
        text = text.encode().lower().decode()  # in bytes: A to Z alone
    if "strip_punctuation" in standardize:
        text = "".join(c for c in text if c not in string.punctuation)
    return text


def split_text(text, split):
    """The words of a text, its characters, or the text itself."""
    if split is None:
        return [text]
    if split == "whitespace":
        return [word.decode() for word in text.encode().split()]  # ASCII alone
    return list(text if split == "character" else split(text))


def as_text(texts):
    """An array of str, from an array of str or of bytes in UTF-8."""
    flat = [
        text.decode(errors="replace") if isinstance(text, bytes) else text
        for text in np.ravel(texts).tolist()
    ]
    return np.array(flat, dtype=str).reshape(np.shape(texts))


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


# %%
# Check it
# --------
# The weights that ``adapt`` learns, in float32; then whole numbers, to the bit.

rows = [join_ngrams(t.lower().strip(".!").split(), 2) for t in texts]
weights = learn_idf(rows, vocabulary[1:])
options = {"ngrams": 2, "output_mode": "tf_idf", "vocabulary": vocabulary[1:]}
expected = text_vectorization(texts, idf_weights=weights, **options)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(y, expected, tolerance, tolerance)

known = {"vocabulary": ["the", "cat", "the cat", "cat the cat"]}
padding = {"max_tokens": 7, "pad_to_max_tokens": True}
new = ["the cat, the cat", "no", ""]
cases = [
    {"ngrams": 3},
    {"ngrams": (3, 1), "output_sequence_length": 5},
    {"ngrams": (2,), "output_mode": "multi_hot"},
    {"output_mode": "count"},
    {"ngrams": 2, "output_mode": "count", **padding},
    {"output_mode": "tf_idf", "idf_weights": [0.5, 1, 2, 4.5]},
]
for options in cases:
    y_case = np.array(TextVectorization(**known, **options)(new))
    expected = text_vectorization(new, **known, **options)
    np.testing.assert_array_equal(y_case, expected)

if keras.backend.backend() == "tensorflow":  # others have no ragged tensors
    ragged = TextVectorization(**known, ragged=True)(new).to_list()
    expected = text_vectorization(new, **known, ragged=True)
    for row, places in zip(ragged, expected):
        np.testing.assert_array_equal(row, places)

# %%
# Break it
# --------
# Would you take the weights of scikit-learn's ``TfidfVectorizer``?

number = [sum(token in row for row in rows) for token in vocabulary[1:]]
of_sklearn = np.log((1 + len(texts)) / (1 + np.array(number))) + 1
print(f'"the": {weights[0]:.3f}, not {of_sklearn[0]:.3f}')
assert not np.allclose(weights, of_sklearn)

# %%
# See it
# ------
# The opening of "Alice's Adventures in Wonderland".

alice = """Alice was beginning to get very tired of sitting by her sister on the
bank, and of having nothing to do: once or twice she had peeped into the book
her sister was reading, but it had no pictures or conversations in it, 'and what
is the use of a book,' thought Alice 'without pictures or conversations?'"""
words = standardize_text(alice, "lower_and_strip_punctuation").split()
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
for length in (1, 2, 3):
    found = join_ngrams(words, (length,))
    often = sum(found.count(token) > 1 for token in set(found))
    axis.bar_label(axis.bar([length, length + 4], [len(set(found)), often]))
axis.set(xticks=[1, 2, 3, 5, 6, 7], xticklabels=2 * ["1 word", "2", "3"])
axis.set(xlabel="different n-grams: all, and those found again", ylim=(0, 62))
axis.set(title="The longer an n-gram, the less often it is found again")
plt.show()
