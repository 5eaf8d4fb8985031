"""Text: lookups and TextVectorization, to numbers and back."""

import collections
import string

import numpy as np


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


def integer_lookup(
    inputs,
    *,
    max_tokens=None,
    num_oov_indices=1,
    mask_token=None,
    oov_token=-1,
    vocabulary,
    idf_weights=None,
    invert=False,
    output_mode="int",
    pad_to_max_tokens=False,
    oov_method="floormod",
):
    """IntegerLookup (Keras documentation).

    inputs: integers of any shape. Returns integers of this shape; for other
    output modes see ``encode_indices``. Raises ValueError for an unknown number
    if there is no OOV index, and NotImplementedError for "farmhash".
    vocabulary: list of integers, as ``get_vocabulary`` returns it. What
    ``adapt`` learned is not in the config of a file, but in its vocabulary.txt.
    """
    special = list_special(mask_token, oov_token, num_oov_indices, output_mode)
    tokens = list_tokens(vocabulary, special)
    if invert:
        return find_tokens(inputs, tokens, oov_token)
    if num_oov_indices > 1 and oov_method != "floormod":
        raise NotImplementedError("FarmHash64 of unknown numbers")
    inputs = np.asarray(inputs)
    buckets = inputs % max(num_oov_indices, 1)
    given = special, mask_token, num_oov_indices
    indices = find_indices(inputs, tokens, *given, buckets)
    depth = max_tokens if pad_to_max_tokens else len(tokens)
    return encode_indices(indices, len(tokens), depth, output_mode, idf_weights)


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
