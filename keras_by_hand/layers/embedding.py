"""Embeddings: plain and reversible, and the mask of padding."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    as_array,
    as_arrays,
    as_option,
    check_flags,
    check_numbers,
    check_rank,
    check_shapes,
    check_tokens,
)


def embedding(x: ArrayLike, embeddings: ArrayLike) -> np.ndarray:
    """An Embedding layer (Keras documentation, Embedding).

    x: tokens, of any shape, embeddings: (input_dim, output_dim). Returns
    (*x.shape, output_dim). Tokens that are floats lose their fraction.

    Raises ValueError for other shapes, and for tokens that are out of range,
    also below 0, where Keras counts from the end.

    >>> embedding([[2, 0]], embeddings=[[0, 1], [10, 11], [20, 21]])
    array([[[20, 21],
            [ 0,  1]]])
    """
    x, embeddings = as_arrays(embedding, x=x, embeddings=embeddings)
    _check_embeddings(embedding, embeddings)
    check_tokens(embedding, x, len(embeddings))
    return embeddings[x.astype("int32")]


def reversible_embedding(
    x: ArrayLike,
    embeddings: ArrayLike,
    reverse_embeddings: ArrayLike | None = None,
    *,
    reverse_dtype: Literal["float16", "float32", "float64"] | None = None,
    logit_soft_cap: float | None = None,
    reverse: bool = False,
) -> np.ndarray:
    """A ReversibleEmbedding layer (Keras documentation; Press and Wolf, 2017).

    x: tokens, any shape, or, to reverse, vectors, (..., output_dim).
    embeddings: (input_dim, output_dim), reverse_embeddings, unless weights are
    tied: (output_dim, input_dim). Returns vectors or logits, (..., input_dim).

    Raises ValueError for tokens as embedding does, and for other shapes and
    options.

    >>> table = [[0, 1], [10, 11], [20, 21]]
    >>> reversible_embedding([2], table)
    array([[20, 21]])
    >>> reversible_embedding([[1, -1]], table, reverse=True)  # three logits
    array([[-1, -1, -1]])
    """
    x, embeddings, reverse_embeddings = as_arrays(
        reversible_embedding,
        x=x,
        embeddings=embeddings,
        reverse_embeddings=reverse_embeddings,
    )
    reverse_dtype = as_option(reversible_embedding, reverse_dtype=reverse_dtype)
    check_flags(reversible_embedding, reverse=reverse)
    if logit_soft_cap is not None:
        check_numbers(reversible_embedding, logit_soft_cap=logit_soft_cap)
    _check_embeddings(reversible_embedding, embeddings, reverse_embeddings)
    if not reverse:
        check_tokens(reversible_embedding, x, len(embeddings))
        return embedding(x, embeddings)
    _check_vectors(x, embeddings)
    kernel = embeddings.T if reverse_embeddings is None else reverse_embeddings
    if reverse_dtype is not None:
        x, kernel = x.astype(reverse_dtype), kernel.astype(reverse_dtype)
    logits = x @ kernel
    if logit_soft_cap is not None:
        logits = logit_soft_cap * np.tanh(logits / logit_soft_cap)
    return logits


def _check_embeddings(function, embeddings, reverse_embeddings=None):
    """The table, and what it is multiplied by, must have two axes."""
    check_shapes(function, embeddings=(embeddings, ("input_dim", "output_dim")))
    shape = embeddings.shape[::-1]
    check_shapes(function, reverse_embeddings=(reverse_embeddings, shape))


def _check_vectors(x, embeddings):
    """Vectors must be as long as those of the table."""
    check_rank(reversible_embedding, 1, x=x)
    shape = *x.shape[:-1], embeddings.shape[1]
    check_shapes(reversible_embedding, x=(x, shape))


def masking(
    x: ArrayLike, *, mask_value: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """A Masking layer (Keras documentation, Masking).

    x: (..., steps, features), in the layer's dtype. Returns x with zeros in the
    masked steps, and the mask (..., steps), True for the steps to keep.

    Raises TypeError for a mask_value that is no number.

    >>> y, mask = masking([[[1, 2], [9, 9], [9, 0]]], mask_value=9)
    >>> y
    array([[[1, 2],
            [0, 0],
            [9, 0]]])
    >>> mask
    array([[ True, False,  True]])
    """
    x = as_array(masking, x=x)
    check_numbers(masking, mask_value=mask_value)
    check_rank(masking, 1, x=x)
    mask = np.any(x != mask_value, axis=-1)
    return np.where(mask[..., np.newaxis], x, 0), mask
