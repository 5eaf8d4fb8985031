"""Embeddings: plain and reversible, and the mask of padding."""

import numpy as np

from keras_by_hand.shapes import check_shapes


def embedding(x, embeddings):
    """An Embedding layer (Keras documentation, Embedding).

    x: tokens, of any shape, embeddings: (input_dim, output_dim). Returns
    (*x.shape, output_dim). Tokens that are floats lose their fraction.
    """
    check_shapes("embedding", embeddings=(embeddings, (None, None)))
    return embeddings[np.asarray(x).astype("int32")]


def reversible_embedding(
    x, embeddings, reverse_embeddings=None,
    *, reverse=False, reverse_dtype=None, logit_soft_cap=None,
):  # fmt: skip
    """A ReversibleEmbedding layer (Keras documentation; Press and Wolf, 2017).

    x: tokens, any shape, or, to reverse, vectors, (..., output_dim).
    embeddings: (input_dim, output_dim), reverse_embeddings, unless weights are
    tied: (output_dim, input_dim). Returns vectors or logits, (..., input_dim).
    """
    check_shapes(
        "reversible_embedding",
        embeddings=(embeddings, (None, x.shape[-1] if reverse else None)),
        reverse_embeddings=(reverse_embeddings, np.shape(embeddings)[::-1]),
    )
    if not reverse:
        return embedding(x, embeddings)
    kernel = embeddings.T if reverse_embeddings is None else reverse_embeddings
    if reverse_dtype is not None:
        x, kernel = x.astype(reverse_dtype), kernel.astype(reverse_dtype)
    logits = x @ kernel
    if logit_soft_cap is not None:
        logits = logit_soft_cap * np.tanh(logits / logit_soft_cap)
    return logits


def masking(x, mask_value=0.0):
    """A Masking layer (Keras documentation, Masking).

    x: (..., steps, features), in the layer's dtype. Returns x with zeros in the
    masked steps, and the mask (..., steps), True for the steps to keep.
    """
    mask = np.any(x != mask_value, axis=-1)
    return np.where(mask[..., np.newaxis], x, 0), mask
