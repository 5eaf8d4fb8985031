"""Text: lookups and TextVectorization, to numbers and back."""

import collections
import string
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    as_array,
    as_array_or_texts,
    as_option,
    check_flags,
    check_rank,
    check_shapes,
    check_sizes,
    check_sparse,
    entries_of,
    quoted,
)

OutputMode = Literal["int", "one_hot", "multi_hot", "count", "tf_idf"]
Standardize = (
    Literal["lower_and_strip_punctuation", "lower", "strip_punctuation"]
    | Callable[[str], str]
    | None
)
Split = (
    Literal["whitespace", "character"] | Callable[[str], Sequence[str]] | None
)
Texts = Any  # str or bytes, in an array or in nested lists


def string_lookup(
    inputs: Texts,
    *,
    max_tokens: int | None = None,
    num_oov_indices: int = 1,
    mask_token: str | None = None,
    oov_token: str | None = "[UNK]",
    vocabulary: Sequence[str],
    idf_weights: ArrayLike | None = None,
    invert: bool = False,
    output_mode: OutputMode = "int",
    pad_to_max_tokens: bool = False,
    sparse: Literal[False] = False,
) -> np.ndarray:
    """StringLookup (Keras documentation, StringLookup).

    inputs: str or bytes, of any shape; integers with ``invert``. Returns
    integers of this shape, or str with ``invert``; for other output modes see
    ``encode_indices``. vocabulary: list of words, as ``get_vocabulary`` returns
    it. What ``adapt`` learned is not in the config of a file, but in its
    vocabulary.txt.

    Raises ValueError for an unknown word if there is no OOV index, for a
    vocabulary that has a word twice, for options that do not fit together, for
    sparse=True, and for several OOV indices: Keras hashes then; TypeError for
    what is no text.

    >>> string_lookup(["bee", "cat", "ant"], vocabulary=["ant", "bee"])
    array([2, 0, 1])
    >>> string_lookup([2, 0], vocabulary=["ant", "bee"], invert=True).tolist()
    ['bee', '[UNK]']
    """
    output_mode = as_option(string_lookup, output_mode=output_mode)
    check_flags(
        string_lookup, invert=invert, pad_to_max_tokens=pad_to_max_tokens
    )
    check_sparse(string_lookup, sparse)
    _check_special(string_lookup, str, mask_token, oov_token, num_oov_indices)
    _check_kind(string_lookup, str, vocabulary)
    special = list_special(mask_token, oov_token, num_oov_indices, output_mode)
    tokens = list_tokens(vocabulary, special)
    depth = len(tokens)
    if pad_to_max_tokens and max_tokens:
        depth = max_tokens
    _check_tokens(string_lookup, tokens, special, mask_token)
    _check_depth(string_lookup, tokens, max_tokens, pad_to_max_tokens)
    _check_idf(string_lookup, idf_weights, output_mode, vocabulary)
    if invert:
        inputs = as_array(string_lookup, inputs=inputs)
        _check_invert(string_lookup, tokens, special, oov_token, output_mode)
        return find_tokens(inputs, tokens, oov_token)
    _check_texts(string_lookup, inputs=inputs)
    _check_hash(string_lookup, num_oov_indices)
    inputs = as_text(inputs)
    _check_known(string_lookup, inputs, tokens, mask_token, num_oov_indices)
    given = special, mask_token, num_oov_indices
    indices = find_indices(inputs, tokens, *given, buckets=0)
    return encode_indices(indices, len(tokens), depth, output_mode, idf_weights)


def integer_lookup(
    inputs: ArrayLike,
    *,
    max_tokens: int | None = None,
    num_oov_indices: int = 1,
    mask_token: int | None = None,
    oov_token: int | None = -1,
    vocabulary: Sequence[int],
    idf_weights: ArrayLike | None = None,
    invert: bool = False,
    output_mode: OutputMode = "int",
    pad_to_max_tokens: bool = False,
    sparse: Literal[False] = False,
    oov_method: Literal["floormod", "farmhash"] = "floormod",
) -> np.ndarray:
    """IntegerLookup (Keras documentation, IntegerLookup).

    inputs: integers of any shape; of other numbers, the whole part is taken.
    Returns integers of this shape; for other output modes see
    ``encode_indices``. vocabulary: list of integers, as ``get_vocabulary``
    returns it. What ``adapt`` learned is not in the config of a file, but in
    its vocabulary.txt.

    Raises ValueError for an unknown number if there is no OOV index, for a
    vocabulary that has a number twice, for options that do not fit together,
    for sparse=True, and for several OOV indices with "farmhash"; TypeError for
    what is no number.

    >>> integer_lookup([20, 7, 10], vocabulary=[10, 20])
    array([2, 0, 1])
    >>> integer_lookup([2, 0], vocabulary=[10, 20], invert=True)
    array([20, -1])
    """
    inputs = as_array(integer_lookup, inputs=inputs)
    output_mode = as_option(integer_lookup, output_mode=output_mode)
    oov_method = as_option(integer_lookup, oov_method=oov_method)
    check_flags(
        integer_lookup, invert=invert, pad_to_max_tokens=pad_to_max_tokens
    )
    check_sparse(integer_lookup, sparse)
    _check_special(
        integer_lookup, Integral, mask_token, oov_token, num_oov_indices
    )
    _check_kind(integer_lookup, Integral, vocabulary)
    special = list_special(mask_token, oov_token, num_oov_indices, output_mode)
    tokens = list_tokens(vocabulary, special)
    depth = len(tokens)
    if pad_to_max_tokens and max_tokens:
        depth = max_tokens
    _check_tokens(integer_lookup, tokens, special, mask_token)
    _check_depth(integer_lookup, tokens, max_tokens, pad_to_max_tokens)
    _check_idf(integer_lookup, idf_weights, output_mode, vocabulary)
    if invert:
        _check_invert(integer_lookup, tokens, special, oov_token, output_mode)
        return find_tokens(inputs, tokens, oov_token)
    if oov_method != "floormod":
        _check_hash(integer_lookup, num_oov_indices)
    inputs = np.asarray(inputs).astype("int64")
    _check_known(integer_lookup, inputs, tokens, mask_token, num_oov_indices)
    buckets = inputs % max(num_oov_indices, 1)
    given = special, mask_token, num_oov_indices
    indices = find_indices(inputs, tokens, *given, buckets)
    return encode_indices(indices, len(tokens), depth, output_mode, idf_weights)


def _check_special(function, kind, mask_token, oov_token, num_oov_indices):
    """Special tokens must be of the kind of the others, or None."""
    check_sizes(function, least=0, num_oov_indices=num_oov_indices)
    what = "a text" if kind is str else "a whole number"
    for name, token in [("mask_token", mask_token), ("oov_token", oov_token)]:
        if not isinstance(token, kind | None) or isinstance(token, bool):
            raise TypeError(
                f"{function.__name__}: {name} must be {what} or None, not "
                f"{quoted(token)}"
            )


def _check_hash(function, num_oov_indices):
    """FarmHash64, which chooses among several OOV indices, is not here."""
    if num_oov_indices > 1:
        raise ValueError(
            f"{function.__name__}: num_oov_indices must be 0 or 1 where Keras "
            f"hashes with FarmHash64, not {num_oov_indices}"
        )


def _check_list(function, **given):
    for name, tokens in given.items():
        if entries_of(tokens) is None:
            raise TypeError(
                f"{function.__name__}: {name} must be a list, "
                f"not {quoted(tokens)}"
            )


def _check_kind(function, kind, vocabulary):
    """A vocabulary must be a list of tokens of one kind."""
    _check_list(function, vocabulary=vocabulary)
    if not all(isinstance(token, kind) for token in vocabulary):
        what = "texts" if kind is str else "whole numbers"
        raise TypeError(
            f"{function.__name__}: vocabulary must be a list of {what}, not "
            "of others"
        )


def _check_tokens(function, tokens, special, mask_token):
    """There must be tokens, each once, and none that stands for a mask."""
    others = tokens[len(special) :]
    if not others or len({*others}) < len(others):
        raise ValueError(
            f"{function.__name__}: vocabulary must have tokens beside the "
            "special ones, and each once"
        )
    if mask_token is not None and mask_token in others:
        raise ValueError(
            f"{function.__name__}: vocabulary must not have mask_token, "
            f"{mask_token!r}, but at its start, before the OOV tokens"
        )


def _check_depth(function, tokens, max_tokens, pad_to_max_tokens):
    """There must be room for all tokens."""
    if pad_to_max_tokens and max_tokens is None:
        raise ValueError(
            f"{function.__name__}: max_tokens must be given for "
            "pad_to_max_tokens"
        )
    if max_tokens is not None:
        check_sizes(function, least=2, max_tokens=max_tokens)
        if max_tokens < len(tokens):
            raise ValueError(
                f"{function.__name__}: max_tokens must be at least "
                f"{len(tokens)}, as many as there are with the special ones, "
                f"not {max_tokens}"
            )


def _check_idf(function, idf_weights, output_mode, vocabulary):
    """There must be a weight for each token if output_mode needs weights."""
    if (idf_weights is None) == (output_mode == "tf_idf"):
        wanted = "be given" if idf_weights is None else "be None"
        raise ValueError(
            f"{function.__name__}: idf_weights must {wanted} for "
            f"output_mode={output_mode!r}"
        )
    idf_weights = as_array(function, idf_weights=idf_weights)
    check_shapes(function, idf_weights=(idf_weights, (len(vocabulary),)))


def _check_invert(function, tokens, special, oov_token, output_mode):
    """All places must have another token, and be handed in one by one."""
    if output_mode != "int":
        raise ValueError(
            f"{function.__name__}: output_mode must be 'int' for invert, not "
            f"{output_mode!r}"
        )
    if oov_token is None or oov_token in tokens[len(special) :]:
        raise ValueError(
            f"{function.__name__}: oov_token must be a token that is not in "
            f"the vocabulary for invert, not {oov_token!r}"
        )


def _check_known(function, inputs, tokens, mask_token, num_oov_indices):
    """Without OOV indices, all inputs must be in the vocabulary."""
    if num_oov_indices == 0:
        for token in {*inputs.ravel().tolist()} - {*tokens, mask_token}:
            raise ValueError(
                f"{function.__name__}: inputs must be in the vocabulary for "
                f"num_oov_indices=0, which {token!r} is not"
            )


def _check_texts(function, **given):
    """Raise TypeError for anything but texts."""
    for name, texts in given.items():
        found = np.asarray(texts, object)  # of a tensor, too
        if not found.size:
            raise ValueError(
                f"{function.__name__}: {name} must have at least one text, "
                f"not the shape {found.shape}"
            )
        for text in found.ravel():
            if not isinstance(text, str | bytes):
                raise TypeError(
                    f"{function.__name__}: {name} must be an array of texts, "
                    f"not of {text!r}"
                )


def _check_text(function, text):
    """It must be one text."""
    if not isinstance(text, str):
        raise TypeError(
            f"{function.__name__}: text must be a text, not {quoted(text)}"
        )


def find_tokens(
    indices: ArrayLike, tokens: Sequence[Any], oov_token: Any
) -> np.ndarray:
    """The token at each index, the OOV token where there is none.

    Raises TypeError for indices that are no numbers.

    >>> find_tokens([1, 0, 9], ["ant", "bee"], "?").tolist()
    ['bee', 'ant', '?']
    """
    indices = as_array(find_tokens, indices=indices)
    _check_list(find_tokens, tokens=tokens)
    indices = np.asarray(indices).astype("int64")
    inside = (indices >= 0) & (indices < len(tokens))
    return np.array([*tokens, oov_token])[np.where(inside, indices, -1)]


def as_text(texts: Texts) -> np.ndarray:
    """An array of str, from an array of str or of bytes in UTF-8.

    Raises TypeError for what is no text.

    >>> as_text([b"ant", "bee"]).tolist()
    ['ant', 'bee']
    """
    _check_texts(as_text, texts=texts)
    flat = [
        text.decode(errors="replace") if isinstance(text, bytes) else text
        for text in np.ravel(texts).tolist()
    ]
    return np.array(flat, dtype=str).reshape(np.shape(texts))


def list_special(
    mask_token: Any,
    oov_token: Any,
    num_oov_indices: int,
    output_mode: OutputMode = "int",
) -> list:
    """The special tokens, which come before all others.

    Raises ValueError for fewer OOV tokens than none, and another output_mode.

    >>> list_special("", "[UNK]", 2), list_special("", "[UNK]", 2, "count")
    (['', '[UNK]', '[UNK]'], ['[UNK]', '[UNK]'])
    """
    check_sizes(list_special, least=0, num_oov_indices=num_oov_indices)
    output_mode = as_option(list_special, output_mode=output_mode)
    masks = [mask_token] if output_mode == "int" else []
    oov = [oov_token] * num_oov_indices
    return oov if mask_token is None else masks + oov


def learn_tokens(
    tokens: ArrayLike, mask_token: Any, oov_token: Any, most: int | None = None
) -> list:
    """The tokens that ``adapt`` learns, not special ones; at most so many.

    Raises ValueError for most below 0.

    >>> learn_tokens(["bee", "ant", "bee", "cat", ""], "", "[UNK]")
    ['bee', 'cat', 'ant']
    """
    tokens = as_array_or_texts(learn_tokens, tokens=tokens)
    if most is not None:
        check_sizes(learn_tokens, least=0, most=most)
    tokens, counts = np.unique(tokens, return_counts=True)  # from a to z
    order = np.argsort(counts, kind="stable")[::-1]
    learned = [token for token in tokens[order].tolist() if token != mask_token]
    return [token for token in learned if token != oov_token][:most]


def list_tokens(vocabulary: Sequence[Any], special: Sequence[Any]) -> list:
    """A vocabulary after the special tokens, which it may already have.

    Raises TypeError for what is no list.

    >>> list_tokens(["ant", "bee"], ["", "[UNK]"])
    ['', '[UNK]', 'ant', 'bee']
    """
    _check_list(list_tokens, vocabulary=vocabulary, special=special)
    special, tokens = list(special), list(vocabulary)
    return tokens if tokens[: len(special)] == special else special + tokens


def find_indices(
    inputs: Texts | ArrayLike,
    tokens: Sequence[Any],
    special: Sequence[Any],
    mask_token: Any,
    num_oov_indices: int,
    buckets: ArrayLike,
) -> np.ndarray:
    """The place of each input among the tokens, or -1 for a mask token.

    special: those of the tokens that come first: maybe mask_token, then the OOV
    tokens; buckets: which of these stands for each input if it is unknown.

    Raises ValueError for an unknown input if there are no OOV tokens, and where
    the arguments do not fit to each other; TypeError for what is no list.

    >>> find_indices([20, 7], [-1, 10, 20], [-1], None, 1, buckets=0)
    array([2, 0])
    """
    inputs = as_array_or_texts(find_indices, inputs=inputs)
    buckets = as_array(find_indices, buckets=buckets)
    _check_places(inputs, tokens, special, num_oov_indices, buckets)
    places = {token: place for place, token in enumerate(tokens)}
    flat = inputs.ravel().tolist()
    found = np.array([places.get(token, -1) for token in flat], dtype="int64")
    masked = np.array([token == mask_token for token in flat], dtype=bool)
    unknown = (found < len(special)) & ~masked
    if num_oov_indices == 0 and np.any(unknown):
        raise ValueError(
            "find_indices: inputs must be known for num_oov_indices=0"
        )
    masks = len(special) - num_oov_indices  # 1 or 0
    found = np.where(unknown, masks + np.ravel(buckets), found)
    return np.where(masked, masks - 1, found).reshape(inputs.shape)


def _check_places(inputs, tokens, special, num_oov_indices, buckets):
    """The special tokens must come first, and the buckets be among them."""
    check_sizes(find_indices, least=0, num_oov_indices=num_oov_indices)
    _check_list(find_indices, tokens=tokens, special=special)
    if [*tokens[: len(special)]] != [*special]:
        raise ValueError(
            f"find_indices: tokens must begin with the special ones, {special}"
        )
    if len(special) - num_oov_indices not in (0, 1):
        raise ValueError(
            f"find_indices: special must have {num_oov_indices} tokens, as "
            f"num_oov_indices says, or one more, not {len(special)}"
        )
    if np.shape(buckets) != ():
        check_shapes(find_indices, buckets=(buckets, inputs.shape))
    _check_range(find_indices, 0, max(num_oov_indices, 1) - 1, buckets=buckets)


def _check_range(function, least, most, **given):
    """Numbers must be whole, and from least to most."""
    for name, numbers in given.items():
        found = np.asarray(numbers)
        if found.size and (
            found.dtype.kind not in "iu"
            or not least <= found.min() <= found.max() <= most
        ):
            raise ValueError(
                f"{function.__name__}: {name} must be whole numbers from "
                f"{least} to {most}"
            )


def encode_indices(
    indices: ArrayLike,
    size: int,
    depth: int,
    output_mode: OutputMode,
    idf_weights: ArrayLike | None = None,
) -> np.ndarray:
    """Vectors (..., depth) of integers, of which -1 is left out.

    size: number of tokens; idf_weights: of all, or without the special ones.
    Except for "one_hot", the second axis of ``indices`` is summed over.

    Raises ValueError for another output_mode, indices and sizes that do not fit
    to depth, and "tf_idf" without weights.

    >>> encode_indices([[1, 1, -1], [0, 2, 0]], 3, 3, "count")
    array([[0, 2, 0],
           [2, 0, 1]])
    """
    indices = as_array_or_texts(encode_indices, indices=indices)
    output_mode = as_option(encode_indices, output_mode=output_mode)
    _check_encoding(indices, size, depth, output_mode, idf_weights)
    if output_mode == "int":
        return indices
    indices = np.atleast_1d(indices)
    if output_mode != "one_hot":
        indices = np.moveaxis(indices, min(indices.ndim, 2) - 1, -1)
    elif indices.ndim == 1 or indices.shape[-1] != 1:
        indices = indices[..., np.newaxis]
    counts = np.zeros((*indices.shape[:-1], depth + 1), dtype="int64")
    rows = np.indices(indices.shape, sparse=True)[:-1]
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


def _check_encoding(indices, size, depth, output_mode, idf_weights):
    """There must be room for all indices, and weights if they are needed."""
    check_sizes(encode_indices, depth=depth)
    check_sizes(encode_indices, size=size)
    if size > depth:
        raise ValueError(
            f"encode_indices: depth must be at least {size}, as size is, "
            f"not {depth}"
        )
    _check_range(encode_indices, -1, depth - 1, indices=indices)
    if output_mode == "tf_idf":
        weights = as_array(encode_indices, idf_weights=idf_weights)
        if np.ndim(weights) != 1 or not 0 < len(weights) <= size:
            raise ValueError(
                f"encode_indices: idf_weights must be 1 to {size} numbers for "
                f"output_mode='tf_idf', not of the shape {np.shape(weights)}"
            )


def text_vectorization(
    inputs: Texts,
    *,
    max_tokens: int | None = None,
    standardize: Standardize = "lower_and_strip_punctuation",
    split: Split = "whitespace",
    ngrams: int | Sequence[int] | None = None,
    output_mode: Literal["int", "multi_hot", "count", "tf_idf"] = "int",
    output_sequence_length: int | None = None,
    pad_to_max_tokens: bool = False,
    vocabulary: Sequence[str],
    idf_weights: ArrayLike | None = None,
    sparse: Literal[False] = False,
    ragged: bool = False,
) -> Any:
    """TextVectorization (Keras documentation, TextVectorization).

    inputs: texts, (batch,) or (batch, 1); any words if split is None. Returns
    integers (batch, length), a list of arrays if ragged, or (batch, depth).
    vocabulary: list of words, as ``get_vocabulary`` returns it. What ``adapt``
    learned is not in the config of a file, but in its vocabulary.txt.
    standardize, split: as in Keras, or functions of one text.

    Raises ValueError for other shapes and options, for options that do not fit
    together, and for sparse=True; TypeError for what is no text.

    >>> text_vectorization(["A bee!", "bee"], vocabulary=["bee", "ant"])
    array([[1, 2],
           [2, 0]])
    """
    output_mode = as_option(text_vectorization, output_mode=output_mode)
    if not callable(standardize):
        standardize = as_option(text_vectorization, standardize=standardize)
    if not callable(split):
        split = as_option(text_vectorization, split=split)
    check_flags(
        text_vectorization, pad_to_max_tokens=pad_to_max_tokens, ragged=ragged
    )
    check_sparse(text_vectorization, sparse)
    _check_texts(text_vectorization, inputs=inputs)
    _check_words(inputs, split, ngrams)
    _check_length(output_sequence_length, ragged, output_mode)
    _check_kind(text_vectorization, str, vocabulary)
    special = list_special("", "[UNK]", 1, output_mode)
    tokens = list_tokens(vocabulary, special)
    depth = len(tokens)
    if pad_to_max_tokens and max_tokens:
        depth = max_tokens
    _check_tokens(text_vectorization, tokens, special, "")
    _check_depth(text_vectorization, tokens, max_tokens, pad_to_max_tokens)
    _check_idf(text_vectorization, idf_weights, output_mode, vocabulary)
    texts = as_text(inputs)
    flat = [standardize_text(t, standardize) for t in texts.ravel().tolist()]
    rows = [split_text(text, split) for text in flat]
    shape = texts.shape if split and texts.ndim < 2 else texts.shape[:-1]
    if split is None:
        rows = np.reshape(flat, (-1, texts.shape[-1])).tolist()
    rows = [join_ngrams(row, ngrams)[:output_sequence_length] for row in rows]
    length = output_sequence_length
    if length is None:
        length = max(map(len, rows), default=0)
    padded = [row + [""] * (length - len(row)) for row in rows]
    words = np.array(padded, dtype=str).reshape(len(rows), length)
    y = find_indices(words, tokens, special, "", 1, buckets=0)
    y = encode_indices(y, len(tokens), depth, output_mode, idf_weights)
    if ragged:
        return [places[: len(row)] for places, row in zip(y, rows)]
    return y.reshape(*shape, y.shape[-1])


def _check_words(inputs, split, ngrams):
    """Each text must stand alone if it is split, and runs have one word or
    more."""
    shape = np.shape(inputs)
    if split is None:
        check_rank(text_vectorization, 1, inputs=inputs)
    elif len(shape) > 1 and shape[-1] != 1:
        raise ValueError(
            "text_vectorization: inputs must have the shape (batch,) or "
            f"(batch, 1) if split is {split!r}, not {shape}"
        )
    _check_ngrams(text_vectorization, ngrams)


def _check_ngrams(function, ngrams):
    """There must be a length, or several, or None."""
    if ngrams is not None:
        for length in ngrams if isinstance(ngrams, list | tuple) else [ngrams]:
            check_sizes(function, ngrams=length)


def _check_length(output_sequence_length, ragged, output_mode):
    """Rows have a length, or their own, if they are indices."""
    if output_sequence_length is not None:
        check_sizes(
            text_vectorization,
            least=0,
            output_sequence_length=output_sequence_length,
        )
    if output_mode != "int" and (output_sequence_length is not None or ragged):
        raise ValueError(
            "text_vectorization: output_mode must be 'int' for "
            f"output_sequence_length or ragged, not {output_mode!r}"
        )


def standardize_text(text: str, standardize: Standardize) -> str:
    """A text without ASCII punctuation, and with A to Z in lowercase.

    Raises ValueError for another text than Keras has.

    >>> standardize_text("It's ANT!", "lower_and_strip_punctuation")
    'its ant'
    """
    _check_text(standardize_text, text)
    if not callable(standardize):
        standardize = as_option(standardize_text, standardize=standardize)
    if standardize is None:
        return text
    if not isinstance(standardize, str):
        return standardize(text)
    if "lower" in standardize:
        text = text.encode().lower().decode()  # in bytes: A to Z alone
    if "strip_punctuation" in standardize:
        text = "".join(c for c in text if c not in string.punctuation)
    return text


def split_text(text: str, split: Split) -> list:
    """The words of a text, its characters, or the text itself.

    Raises ValueError for another text than Keras has.

    >>> split_text(" an  ant", "whitespace"), split_text("ant", "character")
    (['an', 'ant'], ['a', 'n', 't'])
    """
    _check_text(split_text, text)
    if not callable(split):
        split = as_option(split_text, split=split)
    if split is None:
        return [text]
    if split == "whitespace":
        return [word.decode() for word in text.encode().split()]  # ASCII alone
    return list(text if split == "character" else split(text))


def join_ngrams(
    words: Sequence[str], ngrams: int | Sequence[int] | None
) -> list[str]:
    """All runs of 1, 2, ..., ngrams words, or of each length in a tuple.

    Raises ValueError for a length below 1, and TypeError for what is no list.

    >>> join_ngrams(["an", "old", "ant"], 2)
    ['an', 'old', 'ant', 'an old', 'old ant']
    """
    _check_list(join_ngrams, words=words)
    _check_ngrams(join_ngrams, ngrams)
    if ngrams is None:
        return list(words)
    lengths = range(1, ngrams + 1) if isinstance(ngrams, int) else ngrams
    return [
        " ".join(words[start : start + length])
        for length in lengths
        for start in range(len(words) - length + 1)
    ]


def learn_idf(
    documents: Sequence[Sequence[Any]], tokens: Sequence[Any]
) -> np.ndarray:
    """The idf weights that ``adapt`` learns; documents: lists of tokens.

    Raises TypeError for a document that is no list.

    >>> learn_idf([["ant", "bee"], ["bee"], ["bee"]], ["ant", "bee"]).round(3)
    array([0.916, 0.56 ])
    """
    _check_list(learn_idf, documents=documents, tokens=tokens)
    for tokens_of_one in documents:
        _check_list(learn_idf, documents=tokens_of_one)
    seen = collections.Counter(token for row in documents for token in set(row))
    frequency = np.array([seen[token] for token in tokens])
    return np.log(1 + len(documents) / (1 + frequency))
