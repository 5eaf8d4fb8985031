"""How embeddings are called in a model, and where masks begin."""

from collections.abc import Sequence

from keras_by_hand.layers.embedding import (
    embedding,
    masking,
    reversible_embedding,
)
from keras_by_hand.models.layers.layer import Layer, LayerTable
from keras_by_hand.models.tensors import Tensor, arrays_of, in_dtype


class Embedding(Layer):
    """An Embedding: token 0 is padding if mask_zero."""

    reads: Sequence[str] = ("mask_zero",)

    def mask_after(self, x, mask):
        return x != 0 if self.config.get("mask_zero") else None


class ReversibleEmbedding(Embedding):
    """A ReversibleEmbedding; logits have no mask."""

    places = ("reverse",)

    def apply(
        self, x, mask=None, **keywords
    ):  # in reverse_dtype, if it has one
        return self.function(x, **self.arrays, **self.options, **keywords)

    def compute(self, x, reverse=False, **keywords):
        if reverse:
            x = in_dtype(x, self.dtype, "biu")
        y = super().compute(x, reverse=reverse, **keywords)
        return Tensor(y.array) if reverse else y


class Masking(Layer):
    """A Masking, whose function returns the mask, too."""

    reads = ("mask_value",)

    def compute(self, x, mask=None, training=None):
        x = in_dtype(arrays_of(x), "int32", "b")  # of booleans, with its zeros
        return Tensor(*self.apply(x))


EMBEDDING_LAYERS: LayerTable = {
    "Embedding": (embedding, Embedding),
    "Masking": (masking, Masking),
    "ReversibleEmbedding": (reversible_embedding, ReversibleEmbedding),
}
